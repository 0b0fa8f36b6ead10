"""The nineteen kinds of error, by the names and codes of the specification."""

from __future__ import annotations

import enum


class Kind(enum.IntEnum):
    """A kind of error; its value is the code that an ERR carries [ERR-1]."""

    Io = 1
    Protocol = 2
    InvalidVersion = 3
    InvalidFrameType = 4
    InvalidMagic = 5
    CrcMismatch = 6
    Incomplete = 7
    FrameTooLarge = 8
    Timeout = 9
    InvalidAddress = 10
    SerializationError = 11
    DeserializationError = 12
    UnexpectedFrameType = 13
    ConnectionClosed = 14
    ServerError = 15
    RateLimited = 16
    BadFragment = 17
    BadCompression = 18
    Unsupported = 19


class VstpError(Exception):
    """An error with its kind.

    `remote` tells an error that the peer reported in an ERR from one that arose here [ERR-7].
    """

    def __init__(self, kind: Kind, text: str = "", *, remote: bool = False):
        super().__init__(f"{kind.name}: {text}" if text else kind.name)
        self.kind = kind
        self.text = text
        self.remote = remote


class Incomplete(VstpError):
    """The octets are the beginning of a frame; `needed` is how many it has in all, as far as is known [FRM-7]."""

    def __init__(self, needed: int):
        super().__init__(Kind.Incomplete, f"{needed} octets are needed")
        self.needed = needed
