"""Payloads under COMP: section 18 of the specification."""

from __future__ import annotations

import gzip
import zlib

from .errors import Kind, VstpError
from .frame import MAX_FRAME

THRESHOLD = 1024  # a shorter payload is never compressed [CMP-5]
_STEP = 65_536


def compress(payload: bytes) -> bytes | None:
    """One gzip member of the payload [CMP-1], or None where it is better sent as it is."""
    if len(payload) < THRESHOLD:
        return None
    member = gzip.compress(payload, mtime=0)
    return member if len(member) < len(payload) else None


def decompress(member: bytes, limit: int = MAX_FRAME) -> bytes:
    """What exactly one gzip member holds.

    BadCompression for anything else [CMP-6] [CMP-7]; FrameTooLarge as soon as more than `limit` octets come out,
    of which never more than one are produced [CMP-8].
    """
    inflater = zlib.decompressobj(wbits=31)
    plain = bytearray()
    rest = member
    while not inflater.eof:
        try:
            piece = inflater.decompress(rest, min(_STEP, limit - len(plain) + 1))
        except zlib.error:
            raise VstpError(Kind.BadCompression, "payload is not gzip") from None
        rest = inflater.unconsumed_tail
        plain += piece
        if len(plain) > limit:
            raise VstpError(Kind.FrameTooLarge, "decompressed payload too large")
        if not piece and not rest and not inflater.eof:
            raise VstpError(Kind.BadCompression, "the gzip member is cut short")
    if inflater.unused_data or rest:
        raise VstpError(Kind.BadCompression, "octets follow the gzip member")
    return bytes(plain)
