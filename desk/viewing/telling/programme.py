"""The programme's own people, programs and library, in words."""

from typing import Final

from desk.viewing.telling.told import Data, Sentences, Tell, Teller, Told, names_in, text_in, with_reason
from desk.words import listed
from models.enums import EventName


def _reason_set(teller: Teller, data: Data) -> Told:
    del teller
    changed = [part.replace("_", " ") for part in names_in(data, "changed")]
    what = f"; changed: {listed(changed)}" if changed else ""
    version = data.get("version")
    return Told(f"wrote the reason {text_in(data, 'key')}{f', version {version}' if version else ''}{what}")


def _reason_retired(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"retired the reason {text_in(data, 'key')}")


def _person_added(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"added {text_in(data, 'email')} as {listed(names_in(data, 'roles'))}")


def _person_changed(teller: Teller, data: Data) -> Told:
    del teller
    was, now = (_stood(data.get(when)) for when in ("was", "now"))
    return Told(f"changed {text_in(data, 'email')}: now {now}, was {was}", text_in(data, "because"))


def _stood(kept: object) -> str:
    """Such as "lead and reviewer"; "inactive" in front for who may no longer act."""
    if not isinstance(kept, dict):
        return "?"
    roles = listed(names_in(kept, "roles")) or "without a role"
    return roles if kept.get("active", True) else f"inactive, {roles}"


def _about_a_person(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        name = text_in(data, "name")
        return Told(f"{did} {text_in(data, 'email')}{f' ({name})' if name else ''}")

    return tell


def _link_asked(_teller: Teller, data: Data) -> Told:
    return Told(f"mailed {text_in(data, 'email') or 'somebody'} a link to sign in")


def _endpoint_disabled(_teller: Teller, data: Data) -> Told:
    return Told(
        f"stopped sending to the webhook endpoint at {text_in(data, 'host') or 'an address'}", text_in(data, "because")
    )


OF_THE_PROGRAMME: Final[Sentences] = {
    EventName.REASON_SET: _reason_set,
    EventName.REASON_RETIRED: _reason_retired,
    EventName.PERSON_ADDED: _person_added,
    EventName.PERSON_CHANGED: _person_changed,
    EventName.PERSON_SIGNED_OUT: _about_a_person("signed out everywhere:"),
    EventName.TOKEN_ISSUED: _about_a_person("issued a token for"),
    EventName.TOKEN_REVOKED: _about_a_person("revoked a token of"),
    EventName.SIGN_IN_ASKED: _link_asked,
    EventName.DIGEST_JOINED: with_reason("made one message of what waited for a person"),
    EventName.WEBHOOK_DISABLED: _endpoint_disabled,
}
