"""Frames and their octets: sections 3 to 7 of the specification.

Octets in, frames out and back again; nothing here knows a socket or the time.
"""

from __future__ import annotations

import enum
import re
import zlib
from dataclasses import dataclass

from .errors import Incomplete, Kind, VstpError

MAGIC = b"VT"
VERSION = 1
FIXED = 11  # octets from MAGIC to PAY_LEN
TRAILER = 4
OVERHEAD = FIXED + TRAILER
MAX_FRAME = 8_388_608
MAX_SECTION = 65_535

Header = tuple[bytes, bytes]
Headers = tuple[Header, ...]


class Type(enum.IntEnum):
    """The eight frame types [TYP-1]."""

    HELLO = 1
    WELCOME = 2
    DATA = 3
    PING = 4
    PONG = 5
    BYE = 6
    ACK = 7
    ERR = 8

    @property
    def priority(self) -> int:
        """How urgent a frame of this type is, 0 to 255 [PRI-1]."""
        return _PRIORITY[self]

    @property
    def control(self) -> bool:
        """Whether such frames are the protocol's own affair, never a message to the application."""
        return self is not Type.DATA


_PRIORITY = {
    Type.HELLO: 150,
    Type.WELCOME: 150,
    Type.DATA: 50,
    Type.PING: 100,
    Type.PONG: 100,
    Type.BYE: 150,
    Type.ACK: 200,
    Type.ERR: 255,
}


class Flags(enum.IntFlag):
    """The bits of FLAGS that have a meaning [FLG-1]."""

    REQ_ACK = 0x01
    CRC = 0x02
    FRAG = 0x10
    COMP = 0x20


DEFINED_FLAGS = 0x33

MSG_ID = b"msg-id"
FRAG_ID = b"frag-id"
FRAG_INDEX = b"frag-index"
FRAG_TOTAL = b"frag-total"
SESSION_ID = b"session-id"
ERR_CODE = b"err-code"
FRAGMENT_KEYS = frozenset((FRAG_ID, FRAG_INDEX, FRAG_TOTAL))
PROTOCOL_KEYS = FRAGMENT_KEYS | {MSG_ID, SESSION_ID, ERR_CODE}

_CANONICAL = re.compile(rb"(?:0|[1-9][0-9]*)\Z")


def decimal(value: bytes, largest: int) -> int | None:
    """The number that a canonical decimal stands for, or None if it is none or above `largest` [HDR-9]."""
    if len(value) > 40 or not _CANONICAL.match(value) or int(value) > largest:
        return None
    return int(value)


@dataclass(frozen=True)
class Frame:
    """One frame. Headers are pairs of octet strings in their order, repeated keys included [HDR-4] [HDR-5].

    `flags` is the octet as it travelled; reserved bits are cleared by `Frame.decode` already [FLG-3].
    """

    type: int
    flags: int = 0
    headers: Headers = ()
    payload: bytes = b""
    version: int = VERSION

    def has(self, flag: Flags) -> bool:
        return bool(self.flags & flag)

    def first(self, key: bytes) -> bytes | None:
        """The value of the first header with the key."""
        return next((v for k, v in self.headers if k == key), None)

    @property
    def msg_id(self) -> bytes | None:
        """The digits of the valid msg-id, or None: the first such header counts, even if it is malformed."""
        value = self.first(MSG_ID)
        return value if value is not None and decimal(value, 2**64 - 1) is not None else None

    def encode(self, limit: int = MAX_FRAME) -> bytes:
        """The octets of the frame; a frame that must not be sent is refused with Protocol or FrameTooLarge.

        [FRM-2] [FRM-8] [HDR-2] [TYP-2] [LIM-4] [CRC-4]
        """
        if self.version != VERSION:
            raise VstpError(Kind.Protocol, f"VERSION {self.version} is not spoken here")
        if self.type not in _PRIORITY:
            raise VstpError(Kind.Protocol, f"TYPE {self.type} is not allocated")
        section = encode_section(self.headers)
        if OVERHEAD + len(section) + len(self.payload) > limit:
            raise VstpError(Kind.FrameTooLarge, f"the frame has more than {limit} octets")
        body = b"".join(
            (
                MAGIC,
                bytes((self.version, self.type, self.flags)),
                len(section).to_bytes(2, "little"),
                len(self.payload).to_bytes(4, "big"),
                section,
                self.payload,
            )
        )
        return body + zlib.crc32(body).to_bytes(TRAILER, "big")

    @classmethod
    def decode(cls, data: bytes, limit: int = MAX_FRAME) -> tuple[Frame, int]:
        """The frame at the beginning of `data` and the number of octets that it takes.

        Faults are reported in the order of [FRM-9], as VstpError; Incomplete if the frame goes on behind `data`.
        """
        total = measure(data, limit)
        if total is None or len(data) < total:
            raise Incomplete(FIXED if total is None else total)
        end = total - TRAILER
        if zlib.crc32(memoryview(data)[:end]) != int.from_bytes(data[end:total], "big"):
            raise VstpError(Kind.CrcMismatch, "CRC32 differs")
        if data[3] not in _PRIORITY:
            raise VstpError(Kind.InvalidFrameType, "unknown type")
        payload = FIXED + int.from_bytes(data[5:7], "little")
        return cls(
            type=data[3],
            flags=data[4] & DEFINED_FLAGS,
            headers=decode_section(bytes(data[FIXED:payload])),
            payload=bytes(data[payload:end]),
        ), total


def measure(data: bytes | bytearray, limit: int = MAX_FRAME) -> int | None:
    """How many octets the frame at the beginning of `data` has, or None while its fixed part is not whole.

    MAGIC, VERSION and the size are judged as soon as they can be [TCP-17] [TCP-28] [LIM-2].
    """
    if data[:2] != MAGIC[: len(data)]:
        raise VstpError(Kind.InvalidMagic, "not a VSTP frame")
    if len(data) >= 3 and data[2] != VERSION:
        raise VstpError(Kind.InvalidVersion, "unsupported version")
    if len(data) < FIXED:
        return None
    total = OVERHEAD + int.from_bytes(data[5:7], "little") + int.from_bytes(data[7:11], "big")
    if total > limit:
        raise VstpError(Kind.FrameTooLarge, "frame too large")
    return total


def encode_section(headers: Headers) -> bytes:
    """The header section [HDR-1]; headers that do not fit are refused [HDR-2] [FRM-8]."""
    parts = []
    for key, value in headers:
        if len(key) > 255 or len(value) > 255:
            raise VstpError(Kind.Protocol, "a header key or value has more than 255 octets")
        parts += (bytes((len(key), len(value))), key, value)
    section = b"".join(parts)
    if len(section) > MAX_SECTION:
        raise VstpError(Kind.FrameTooLarge, f"the header section has more than {MAX_SECTION} octets")
    return section


def decode_section(section: bytes) -> Headers:
    """The headers of a section; Protocol unless it is a sequence of whole headers [HDR-6] [HDR-7]."""
    headers = []
    at = 0
    while at < len(section):
        if at + 2 > len(section):
            raise VstpError(Kind.Protocol, "malformed header section")
        key = at + 2 + section[at]
        value = key + section[at + 1]
        if value > len(section):
            raise VstpError(Kind.Protocol, "malformed header section")
        headers.append((section[at + 2 : key], section[key:value]))
        at = value
    return tuple(headers)


def error_frame(error: VstpError, answered: Frame | None = None) -> Frame:
    """The ERR for an error, with the msg-id of the DATA frame that it answers, if any [ERR-1] [ERR-2] [ERR-9]."""
    headers = [(ERR_CODE, b"%d" % error.kind)]
    if answered is not None and answered.type == Type.DATA and answered.msg_id is not None:
        headers.append((MSG_ID, answered.msg_id))
    if error.kind is Kind.InvalidVersion:
        headers.append((b"version", b"%d" % VERSION))
    return Frame(Type.ERR, 0, tuple(headers), error.text.encode()[:1024])


def reported_error(frame: Frame) -> VstpError:
    """The error that a received ERR reports: ServerError unless its code is known [ERR-7]."""
    code = decimal(frame.first(ERR_CODE) or b"", 255)
    kind = Kind(code) if code in Kind.__members__.values() else Kind.ServerError
    return VstpError(kind, frame.payload[:1024].decode(errors="replace"), remote=True)
