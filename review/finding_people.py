"""Finding who is meant: a person by e-mail, by id, or by a name that only one has; a partner by its name."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.people import Partner, Person


class PersonUnknown(LookupError):
    """Nobody, or more than one, answers to what was given."""


class PartnerUnknown(LookupError):
    """No partner, or more than one, answers to what was given."""


def person_called(session: Session, called: str) -> Person:
    """The person with that e-mail, id or unique name; PersonUnknown says what was tried."""
    text = called.strip()
    if text.isdecimal() and len(text) < 18:
        found = [person] if (person := session.get(Person, int(text))) is not None else []
    else:
        found = list(session.scalars(select(Person).where(Person.email == text.lower())))
        if not found:
            name = func.lower(Person.name)
            first_name = name.startswith(f"{text.lower()} ", autoescape=True)
            found = list(session.scalars(select(Person).where((name == text.lower()) | first_name)))
    if len(found) == 1:
        return found[0]
    if not found:
        raise PersonUnknown(f"nobody is called {called!r}; give an e-mail address that `people list` shows")
    names = ", ".join(person.email for person in found)
    raise PersonUnknown(f"{called!r} could be {names}; give the e-mail address")


def partner_called(session: Session, called: str) -> Partner:
    """The partner of that name, whatever its capitals unless they tell two apart; PartnerUnknown otherwise."""
    text = called.strip()
    exact = session.scalar(select(Partner).where(Partner.name == text))
    if exact is not None:
        return exact
    found = list(session.scalars(select(Partner).where(func.lower(Partner.name) == text.lower())))
    if len(found) == 1:
        return found[0]
    if not found:
        raise PartnerUnknown(f"no partner is called {called!r}; `partners list` shows those that have submitted")
    names = ", ".join(repr(partner.name) for partner in found)
    raise PartnerUnknown(f"{called!r} could be {names}; give the name as it is written")
