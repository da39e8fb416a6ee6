from datetime import date
from pathlib import Path

from checklist.as_markdown import markdown
from checklist.rulebook import current

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checklist.md"


def test_the_page_is_what_the_newest_rulebook_says():
    assert PAGE.read_text("utf-8") == markdown(current(date.max)), "renew it: make docs"
