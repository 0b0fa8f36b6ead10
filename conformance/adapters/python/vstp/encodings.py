"""Variable-length integers and binary strings: Annex A and Annex B. No frame contains either [VAR-5]."""

from __future__ import annotations

from .errors import Incomplete, Kind, VstpError

MAX_VARINT = 2**64 - 1
MAX_STRING = 65_535


def encode_varint(value: int) -> bytes:
    """The shortest encoding of a number from 0 to 2^64 - 1 [VAR-1]."""
    if not 0 <= value <= MAX_VARINT:
        raise VstpError(Kind.Protocol, "a varint is a number from 0 to 2^64 - 1")
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def decode_varint(data: bytes) -> tuple[int, int]:
    """The number at the beginning of `data` and the octets that it takes [VAR-2].

    Rejected are numbers above 2^64 - 1 [VAR-3] [VAR-4] and encodings longer than need be.
    """
    value = 0
    for at, octet in enumerate(data[:10]):
        value |= (octet & 0x7F) << 7 * at
        if octet & 0x80:
            continue
        if value > MAX_VARINT:
            raise VstpError(Kind.Protocol, "the varint is above 2^64 - 1")
        if octet == 0 and at > 0:
            raise VstpError(Kind.Protocol, "the varint is longer than need be")
        return value, at + 1
    if len(data) >= 10:
        raise VstpError(Kind.Protocol, "the varint has more than 10 octets")
    raise Incomplete(len(data) + 1)


def encode_string(text: str) -> bytes:
    """A string of at most 65,535 octets in UTF-8, behind its length [STR-1] [STR-2]."""
    octets = text.encode()
    if len(octets) > MAX_STRING:
        raise VstpError(Kind.FrameTooLarge, f"the string has more than {MAX_STRING} octets")
    return len(octets).to_bytes(2, "little") + octets


def decode_string(data: bytes) -> tuple[str, int]:
    """The string at the beginning of `data` and the octets that it takes [STR-3]."""
    if len(data) < 2:
        raise Incomplete(2)
    end = 2 + int.from_bytes(data[:2], "little")
    if len(data) < end:
        raise Incomplete(end)
    try:
        return data[2:end].decode(), end
    except UnicodeDecodeError:
        raise VstpError(Kind.Protocol, "the string is not UTF-8") from None
