"""A body's bytes, its content coding removed under a bound: libraries let 3.5 KB grow to 4 GB."""

import zlib
from typing import Final

from checklist.fetch.failure import Refused, Unknown
from checklist.fetch.limits import Limits

OFFERED: Final = "gzip"
_STEP: Final = 256 * 1024  # decoded at once, so that a bomb is met with little memory
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
_MEMBERS: Final = 1_000  # gzip files in a row; empty ones cost time and never reach the size bound
_GZIP_START: Final = b"\x1f\x8b"


class Body:
    """Takes the pieces of one body. `coding` is the Content-Encoding header, `first_only` stops at `most` quietly.

    Raises Refused (coding) at once for a coding we did not offer, stacked ones included.
    """

    def __init__(self, coding: str, limits: Limits, *, most: int, first_only: bool = False) -> None:
        name = coding.strip().lower()
        if name not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise Refused("coding", f"the answer is coded as {name[:40]}, which was not offered")
        self._deflate = name == "deflate"
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB) if name not in {"", "identity"} else None
        self._limits = limits
        self._most = most
        self._first_only = first_only
        self._whole = bytearray()  # not a list of pieces: a million tiny ones weigh ten times their bytes
        self._members = 1
        self.wire_bytes = 0

    @property
    def is_full(self) -> bool:
        return self._first_only and len(self._whole) >= self._most

    def feed(self, piece: bytes) -> None:
        """Raises Refused (size, ratio) at a bound and Unknown (decode) for bytes that are not what they say."""
        first = self.wire_bytes == 0
        self.wire_bytes += len(piece)
        if self.wire_bytes > self._limits.wire_bytes:
            raise Refused("size", f"the body has more than {self._limits.wire_bytes} bytes")
        if self._inflate is None:
            self._keep(piece)
            return
        if first and self._deflate and not _looks_like_zlib(piece):
            self._inflate = zlib.decompressobj(_RAW_DEFLATE)
        self._decode(piece)

    def whole(self) -> bytes:
        """Everything that was fed, decoded. Raises Unknown (incomplete) when the coding's end is missing."""
        if self._inflate is not None and self.wire_bytes and not self._inflate.eof and not self.is_full:
            raise Unknown("incomplete", "the compressed body ends too early", passing=True)
        return bytes(memoryview(self._whole)[: self._most])

    def _decode(self, data: bytes) -> None:
        assert self._inflate is not None
        pending = True  # decoded bytes that zlib still holds back
        while (data or pending) and not self.is_full:
            if self._inflate.eof:
                if not data or not _GZIP_START.startswith(data[:2]):
                    return  # padding after the end, which everybody ignores
                self._next_member()
            try:
                decoded = self._inflate.decompress(data, _STEP)
            except zlib.error:
                raise Unknown("decode", "the body is not compressed the way its header says") from None
            self._keep(decoded)
            pending = len(decoded) == _STEP
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MEMBERS:
            raise Refused("coding", f"the body consists of more than {_MEMBERS} gzip files in a row")
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)

    def _keep(self, decoded: bytes) -> None:
        self._whole += decoded
        size = len(self._whole)
        if size > self._most and not self._first_only:
            raise Refused("size", f"the body has more than {self._most} bytes once decoded")
        limits = self._limits
        if size > limits.ratio_from_bytes and size > limits.decoded_ratio * self.wire_bytes:
            raise Refused("ratio", f"the body grows more than {limits.decoded_ratio:g} times when decoded")


def _looks_like_zlib(piece: bytes) -> bool:
    # RFC 1950: method 8, and the first two bytes are a multiple of 31. Many servers send the bare stream instead.
    return piece[0] & 0x0F == 8 and (len(piece) < 2 or int.from_bytes(piece[:2], "big") % 31 == 0)
