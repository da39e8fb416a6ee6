"""A browser for pages that scripts fill, closed off from everything but the open internet.

async with SystemBrowser(find_program("system"), own_hosts=["review.example"]) as browser:
    rendered = await browser.look("https://partner.example/integrations")

It shows only what the fetcher could read before: robots.txt is asked there. Nothing a page or the network does raises
here. Playwright is imported when the first page is looked at.
"""

from checklist.browser.bounds import Bounds
from checklist.browser.canned import CannedBrowser
from checklist.browser.program import BrowserUnusable, find_program
from checklist.browser.protocol import Browser, opened
from checklist.browser.rendered import Rendered, is_picture, picture_type
from checklist.browser.system import SystemBrowser

__all__ = [
    "Bounds",
    "Browser",
    "BrowserUnusable",
    "CannedBrowser",
    "Rendered",
    "SystemBrowser",
    "find_program",
    "is_picture",
    "opened",
    "picture_type",
]
