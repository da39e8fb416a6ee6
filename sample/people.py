"""The people of the sample programme: three of the team to sign in as, and each partner's contact."""

from dataclasses import dataclass
from typing import Final

from models.enums import Role
from sample.partners import NAMES, document


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """`partner` is empty for the team; `time_zone` is an IANA zone."""

    name: str
    email: str
    role: Role
    time_zone: str = "Etc/UTC"
    partner: str = ""


REVIEWER: Final = SamplePerson("Rosa Lindqvist", "rosa@marketplace.example", Role.REVIEWER, "America/Los_Angeles")
LEAD: Final = SamplePerson("Idris Falkenrath", "idris@marketplace.example", Role.LEAD, "America/Los_Angeles")
MANAGER: Final = SamplePerson("Naomi Okafor", "naomi@marketplace.example", Role.MANAGER, "America/New_York")
PEOPLE: Final = (REVIEWER, LEAD, MANAGER)


def _contacts() -> dict[str, SamplePerson]:
    """By partner, as the partners' documents name them."""
    partners = [document(name)["partner"] for name in NAMES]
    return {
        partner["name"]: SamplePerson(
            partner["contact_name"], partner["contact_email"], Role.PARTNER, partner=partner["name"]
        )
        for partner in partners
    }


CONTACTS: Final = _contacts()
