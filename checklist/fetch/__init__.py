"""The only door to the web: safe, polite, bounded. Nothing the network does raises here.

async with Fetcher(at=clock, own_hosts=["review.example"], user_agent=honest_user_agent(base_url)) as fetcher:
    page = await fetcher.get("https://partner.example/integrations")            # redirects, robots, retries
    logo = await fetcher.get("https://partner.example/logo.svg", accept=SVG)
    answer = await fetcher.request("POST", endpoint, headers={...}, content=b"{}")   # exactly one exchange
"""

from checklist.fetch.door import WrongPair
from checklist.fetch.fetched import Answer, Fetched, Hop, Kind
from checklist.fetch.fetcher import Fetcher, honest_user_agent
from checklist.fetch.limits import Limits
from checklist.fetch.media import HTML, IMAGES, JSON, PAGES, PLAIN, SVG, XML
from checklist.fetch.politeness import AmongWorkers
from checklist.fetch.records import NameServers, Texts, TextsOf
from checklist.fetch.validators import Validators

__all__ = [
    "HTML",
    "IMAGES",
    "JSON",
    "PAGES",
    "PLAIN",
    "SVG",
    "XML",
    "AmongWorkers",
    "Answer",
    "Fetched",
    "Fetcher",
    "Hop",
    "Kind",
    "Limits",
    "NameServers",
    "Texts",
    "TextsOf",
    "Validators",
    "WrongPair",
    "honest_user_agent",
]
