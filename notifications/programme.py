"""What notifications need to know of the installation they speak for."""

from dataclasses import dataclass, field

from models.enums import ChannelName
from notifications.rhythm import MAILS_A_DAY


@dataclass(frozen=True, slots=True)
class ProgrammeSettings:
    """Given by the entry point. `base_url` is where people reach the desk, without a slash at its end."""

    base_url: str
    channels: frozenset[ChannelName]
    """What is configured. MAIL absent and FILE present: mails become files."""
    slack_channel: str = ""
    """The reviewers' channel; needed when `channels` has SLACK."""
    slack_acts: bool = False
    """Whether somebody listens to what people press in Slack; without, cards carry no buttons that act."""
    mails_a_day: int = MAILS_A_DAY
    """What each person of a partner gets in a day of theirs at most, urgent mails apart."""
    links_key: bytes = field(default=b"", repr=False)
    """Signs the addresses at which a click switches something off; without it, digests have none."""
    name: str = "Launch Review"
    """How the programme signs."""
    time_zone: str = "Etc/UTC"
    """IANA zone of what is shown to a group; a person reads instants in their own."""
