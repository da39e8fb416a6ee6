"""A picture of the browser made small: a PNG with a palette, as a page of flat colours and grey text needs no more."""

import base64
import json
import struct
import zlib
from typing import Final

from tests.journeys.chromium import Browser

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
DEPTH, PALETTE = 8, 3

# The browser decodes its own picture. Colours are told apart by fewer of their bits until a palette of 256 holds them
# all; of those that look alike the most frequent one stands, so that grounds keep theirs.
INDEXED: Final = """
(async () => {
  const image = new Image();
  image.src = "data:image/png;base64,%s";
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height).data;
  const text = bytes => bytes.reduce((said, byte) => said + String.fromCharCode(byte), "");
  const colour = at => (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += 4) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  const often = [...counts].sort(([, one], [, other]) => other - one);
  for (let lost = 0; lost < 8; lost++) {
    const alike = new Map(), places = new Map(), colours = [];
    for (const [seen] of often) {
      const parts = [seen >> 16, (seen >> 8) & 255, seen & 255];
      const key = parts.map(part => part >> lost).join();
      if (!alike.has(key)) { alike.set(key, alike.size); colours.push(...parts); }
      places.set(seen, alike.get(key));
    }
    if (alike.size <= 256) {
      const indices = new Uint8Array(pixels.length / 4).map((_, number) => places.get(colour(4 * number)));
      const said = {width: image.width, height: image.height, colours: btoa(text(colours)), indices: btoa(text(indices))};
      return JSON.stringify(said);
    }
  }
})()
"""


def small(browser: Browser, picture: bytes) -> bytes:
    """The PNG `picture` with a palette of at most 256 colours."""
    question = INDEXED % base64.b64encode(picture).decode()
    said = browser.call("Runtime.evaluate", expression=question, awaitPromise=True, returnByValue=True)
    assert "exceptionDetails" not in said, said
    return _encoded(said["result"]["value"])


def _encoded(said: str) -> bytes:
    answer = json.loads(said)
    width, height = answer["width"], answer["height"]
    indices = base64.b64decode(answer["indices"])
    rows = b"".join(b"\x00" + indices[width * row : width * (row + 1)] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, DEPTH, PALETTE, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", base64.b64decode(answer["colours"])),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
