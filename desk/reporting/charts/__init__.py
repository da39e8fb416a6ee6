"""Charts as SVG: data in, markup out. No script, no colour without a pattern or a word beside it, all text escaped.

Each is drawn 320 units wide, so that its words are as large as the page's on a narrow screen, and the page keeps it
from growing much beyond. What it shows stands in a table beside it, too; its own description says the gist.
"""
