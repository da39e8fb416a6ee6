"""Facts of a page: what it says, links to and declares, and whether it is the page at all.

`facts_of` reads, the checks judge. `PageFacts` is all they see. Who reads for the checks, and where, is in
`checklist.pages.reader`; nothing here knows the web, so that a process that only reads starts quickly.
"""

from checklist.pages.facts import Control, Link, PageFacts, PageState, Published
from checklist.pages.reading import Saved, facts_of, saved_from

__all__ = ["Control", "Link", "PageFacts", "PageState", "Published", "Saved", "facts_of", "saved_from"]
