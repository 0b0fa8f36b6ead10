"""What applications exchange, and what the core of an endpoint tells the code around it.

The cores (`tcp_session`, `udp_endpoint`) touch neither sockets nor clocks: octets and the time go in, actions come
out. An action is one of the classes below, in the order in which it is to be carried out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from . import compression
from .errors import Kind, VstpError
from .frame import MAX_FRAME, PROTOCOL_KEYS, Flags, Frame, Headers, Type


class Address(NamedTuple):
    """The source or destination of a datagram. An IPv4-mapped IPv6 address is written as the IPv4 address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Message:
    """Headers and a payload: what an application hands over to be sent."""

    headers: Headers = ()
    payload: bytes = b""

    def frame(self, *, compress: bool = False) -> Frame:
        """The DATA frame of the message; Protocol if a header has a key of the protocol's own [HDR-11].

        With `compress` the payload is compressed where that is allowed and saves octets [CMP-1] [CMP-2] [CMP-5].
        """
        for key, _ in self.headers:
            if key in PROTOCOL_KEYS:
                raise VstpError(Kind.Protocol, f"the header {key.decode()} belongs to the protocol")
        member = compression.compress(self.payload) if compress else None
        if member is None:
            return Frame(Type.DATA, 0, self.headers, self.payload)
        return Frame(Type.DATA, Flags.COMP, self.headers, member)


def plain(frame: Frame, limit: int = MAX_FRAME) -> Frame:
    """The DATA message as the application sees it: decompressed, without COMP [CMP-4]."""
    if not frame.has(Flags.COMP):
        return frame
    return replace(frame, flags=frame.flags & ~Flags.COMP, payload=compression.decompress(frame.payload, limit))


@dataclass(frozen=True)
class Transmit:
    """These octets go into the TCP stream."""

    octets: bytes


@dataclass(frozen=True)
class Datagram:
    """These octets are one datagram. It leaves from the local address `via`, where that is known [UDP-7]."""

    octets: bytes
    destination: Address
    via: Any = None


@dataclass(frozen=True)
class Deliver:
    """A message for the application, decompressed and reassembled; over UDP with its source [UDP-17]."""

    frame: Frame
    source: Address | None = None
    via: Any = None


@dataclass(frozen=True)
class Report:
    """An error for the application."""

    error: VstpError
    source: Address | None = None


@dataclass(frozen=True)
class Finished:
    """The send with this msg-id is over: handed to the network or acknowledged, or failed with an error."""

    msg_id: int
    error: VstpError | None = None


@dataclass(frozen=True)
class EndSending:
    """The sending direction of the connection is to be shut down once all octets have left."""


@dataclass(frozen=True)
class Close:
    """The connection is to be closed; nothing more is read."""


Action = Transmit | Datagram | Deliver | Report | Finished | EndSending | Close
