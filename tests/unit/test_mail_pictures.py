"""The pictures of the mails in `docs/mails`: all there, each small, none of a mail that is no more."""

from pathlib import Path

from tests.journeys.mail_pictures import SCHEMES, WIDTH, index, mails, picture_name

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "mails"
LARGEST = 60_000
ALL_TOGETHER = 3_000_000
AGAIN = "run `make screenshots`"


def test_every_mail_has_its_picture_in_light_and_in_dark():
    wanted = {picture_name(mail, scheme) for mail in mails() for scheme in SCHEMES}
    assert {path.name for path in FOLDER.glob("*.png")} == wanted, AGAIN


def test_the_page_shows_each_of_them():
    assert (FOLDER / "README.md").read_text("utf-8") == index(), AGAIN


def test_pictures_are_small_enough_for_a_repository():
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.png")}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < ALL_TOGETHER


def test_pictures_are_as_wide_as_a_mail_is_read():
    widths = {path.name: int.from_bytes(path.read_bytes()[16:20], "big") for path in FOLDER.glob("*.png")}
    assert set(widths.values()) == {WIDTH}
