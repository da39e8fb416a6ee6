"""What a draft would change for one integration or submission, item by item. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from checklist.again import Again, How, Subject, judged_again
from checklist.outcome import CheckResult
from checklist.passed import NEVER
from checklist.rulebook import Item, Rulebook
from checklist.verdict import Verdict, Waiver, verdict
from models.enums import ComponentKind, GateName, GateSays, ItemMode, Outcome, SubmissionKind
from review.results import ready_for_public, watched_verdict


class Effect(StrEnum):
    """What the draft would do to one item of one integration or submission."""

    FAILS = "would_fail"
    PASSES = "would_pass"
    IN_SHADOW = "would_fail_later"
    """It would fail, and is not asked yet: it is in shadow, or kept as it was for what has passed."""
    NEEDS_PERSON = "needs_a_person"
    CANT_TELL = "cant_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One effect. `since` is when what it rests on was seen; None where nothing was.

    `asked_from` is the day on which what is not asked yet would be; None when it is asked, and when it never is.
    """

    item: str
    title: str
    gate: GateName
    effect: Effect
    was: str
    how: How
    seen: str
    since: datetime | None
    asked_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """How the gates to Public Beta and to Public say it stands."""

    launch: Verdict
    public: Verdict

    @property
    def ready(self) -> bool | None:
        return ready_for_public(self.launch, self.public)

    def of(self, gate: GateName) -> Verdict:
        return self.launch if gate is GateName.PUBLIC_BETA else self.public


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of one live integration."""

    lines: tuple[Line, ...]
    before: Gates
    after: Gates


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of now and those of a draft, as they are asked of one subject. `raw` is the draft as written."""

    before: Rulebook
    after: Rulebook
    raw: Rulebook
    today: date
    on: date
    """The day on which the draft is tried."""
    at: datetime


def of_live(rules: Rules, subject: Subject, kinds: Collection[ComponentKind], waivers: Collection[Waiver]) -> Looked:
    """A live integration by what its last audit found, under the rules of now and under the draft."""
    stored = [found.result for found in subject.found.values()]
    before = Gates(
        launch=watched_verdict(rules.before, GateName.PUBLIC_BETA, kinds, stored, waivers, on=rules.today),
        public=watched_verdict(rules.before, GateName.PUBLIC, kinds, stored, waivers, on=rules.today),
    )
    after, again = _gates(rules.after, rules, subject, kinds, waivers, before)
    later = again if rules.raw is rules.after else _gates(rules.raw, rules, subject, kinds, waivers, before)[1]
    lines = tuple(
        line
        for gate in (GateName.PUBLIC_BETA, GateName.PUBLIC)
        for line in _lines(
            rules,
            _watched(rules, gate, kinds),
            _places(rules.before, gate, kinds, before.of(gate), live=True),
            _places(rules.after, gate, kinds, after.of(gate), live=True),
            again,
            later,
        )
    )
    gone = _gone(rules, kinds, before)
    return Looked(lines=(*lines, *gone), before=before, after=after)


def of_open(
    rules: Rules,
    subject: Subject,
    gate: GateName,
    kind: SubmissionKind,
    kinds: Collection[ComponentKind],
    waivers: Collection[Waiver],
    words: Collection[CheckResult],
) -> tuple[Line, ...]:
    """A submission under way, were it sent under the draft: it keeps its version, so this is for who sends anew."""
    stored = [found.result for found in subject.found.values()]
    said = verdict(rules.before, gate, kinds, stored, waivers, words, on=rules.today, submission=kind)
    items = rules.after.items_of(gate, kinds, kind)
    again = judged_again(items, rules.after, subject, at=rules.at)
    results = [one.result for one in again.values()]
    would = verdict(rules.after, gate, kinds, results, waivers, words, on=rules.on, submission=kind)
    was = _places(rules.before, gate, kinds, said, submission=kind)
    now = _places(rules.after, gate, kinds, would, submission=kind)
    gone = (_removed(rules.before.item(name), was[name]) for name in was if name not in now and was[name] == "failed")
    return (*_lines(rules, items, was, now, again, again), *gone)


def _gates(
    book: Rulebook,
    rules: Rules,
    subject: Subject,
    kinds: Collection[ComponentKind],
    waivers: Collection[Waiver],
    before: Gates,
) -> tuple[Gates, dict[str, Again]]:
    launched = judged_again(_live(book, GateName.PUBLIC_BETA, kinds), book, subject, at=rules.at)
    found = [one.result for one in launched.values()]
    launch = watched_verdict(book, GateName.PUBLIC_BETA, kinds, found, waivers, on=rules.on)
    same = (launch.failed, launch.unknown) == (before.launch.failed, before.launch.unknown)
    ahead = judged_again(
        _live(book, GateName.PUBLIC, kinds), book, subject, at=rules.at, launch=None if same else launch
    )
    found += [one.result for one in ahead.values()]
    public = watched_verdict(book, GateName.PUBLIC, kinds, found, waivers, on=rules.on)
    return Gates(launch=launch, public=public), launched | ahead


def _live(book: Rulebook, gate: GateName, kinds: Collection[ComponentKind]) -> list[Item]:
    return [item for item in book.items_of(gate, kinds) if item.live]


def _watched(rules: Rules, gate: GateName, kinds: Collection[ComponentKind]) -> list[Item]:
    """The draft's items that audits look at, each as it is asked of this one, which may be in its older form."""
    asked = {item.id: item for item in rules.after.items}
    written = rules.raw.items_of(gate, kinds)
    return [asked[item.id] for item in written if item.live or asked[item.id].live]


def _places(
    book: Rulebook,
    gate: GateName,
    kinds: Collection[ComponentKind],
    said: Verdict,
    *,
    live: bool = False,
    submission: SubmissionKind | None = None,
) -> dict[str, str]:
    """Where each item stands that is asked there."""
    asked = [item.id for item in book.items_of(gate, kinds, submission) if item.live or not live]
    places = dict.fromkeys(asked, "holds")
    for name in ("failed", "unknown", "waived", "warned", "shadow"):
        places |= {item: name for item in getattr(said, name) if item in places}
    return places


def _lines(
    rules: Rules,
    items: Iterable[Item],
    was: Mapping[str, str],
    now: Mapping[str, str],
    again: Mapping[str, Again],
    later: Mapping[str, Again],
) -> Iterator[Line]:
    for item in items:
        before, after = was.get(item.id, "not asked"), now.get(item.id, "not asked")
        one = again.get(item.id)
        kept = later.get(item.id)
        effect, shown, asked_from = None, one, None
        if before == "failed" and after not in {"failed", "unknown"}:
            effect = Effect.PASSES
        elif after == "failed" and before != "failed":
            effect = Effect.FAILS
        elif after == "unknown" and before not in {"unknown", "failed"} and one is not None:
            effect = _unsettled(item, one)
        elif after == "unknown" and before == "failed" and one is not None and not one.can_be_told:
            effect = Effect.CANT_TELL
        elif after == "shadow" and before != "shadow" and one is not None:
            effect = Effect.IN_SHADOW if one.result.outcome is Outcome.FAILED else _unsettled(item, one)
            asked_from = item.shadow_until
        elif kept is not None and kept is not one and after in {"holds", "not asked"} and _is_worse(kept, one):
            effect, shown = (Effect.IN_SHADOW, kept)
            asked_from = _kept_until(rules.raw, item.id)
        if effect is not None and shown is not None:
            yield _line(item, effect, before, shown, asked_from if asked_from != NEVER else None)
        elif effect is Effect.PASSES:
            yield _removed(item, before)


def _unsettled(item: Item, one: Again) -> Effect:
    return Effect.NEEDS_PERSON if item.mode is not ItemMode.AUTOMATIC or one.can_be_told else Effect.CANT_TELL


def _is_worse(kept: Again, now: Again | None) -> bool:
    """Whether it would fail were it asked as the draft writes it."""
    return kept.result.outcome is Outcome.FAILED and (now is None or now.result.outcome is not Outcome.FAILED)


def _kept_until(raw: Rulebook, item: str) -> date | None:
    policy = raw.item(item).grandfather or raw.grandfather
    return policy if isinstance(policy, date) else None


def _gone(rules: Rules, kinds: Collection[ComponentKind], before: Gates) -> Iterator[Line]:
    """Items that failed and that the draft asks no more."""
    for gate in (GateName.PUBLIC_BETA, GateName.PUBLIC):
        asked = {item.id for item in rules.after.items_of(gate, kinds)}
        for name in before.of(gate).failed:
            if name not in asked:
                yield _removed(rules.before.item(name), "failed")


def _removed(item: Item, was: str) -> Line:
    return Line(
        item=item.id,
        title=item.title,
        gate=item.gate,
        effect=Effect.PASSES,
        was=was,
        how=How.SAME,
        seen="not asked any more",
        since=None,
    )


def _line(item: Item, effect: Effect, was: str, one: Again, asked_from: date | None) -> Line:
    return Line(
        item=item.id,
        title=item.title,
        gate=item.gate,
        effect=effect,
        was=was,
        how=one.how,
        seen=one.result.summary,
        since=one.at,
        asked_from=asked_from,
    )


def falls(looked: Looked, passed: Collection[GateName]) -> bool:
    """Whether nothing that it has passed fails now, and something would."""
    return not _failing(looked.before, passed) and _failing(looked.after, passed)


def recovers(looked: Looked, passed: Collection[GateName]) -> bool:
    """Whether something that it has passed fails now, and all of it would hold."""
    return _failing(looked.before, passed) and all(looked.after.of(gate).says is GateSays.HOLDS for gate in passed)


def _failing(gates: Gates, passed: Collection[GateName]) -> bool:
    return any(gates.of(gate).failed for gate in passed)
