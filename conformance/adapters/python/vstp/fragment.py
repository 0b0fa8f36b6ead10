"""Cutting messages and putting them together: sections 14 and 15 of the specification."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .errors import Kind, VstpError
from .frame import (
    FRAG_ID,
    FRAG_INDEX,
    FRAG_TOTAL,
    FRAGMENT_KEYS,
    OVERHEAD,
    Flags,
    Frame,
    Headers,
    Type,
    decimal,
    encode_section,
)
from .message import Address
from .timing import Timers

log = logging.getLogger("vstp")

MAX_DATAGRAM = 1200
MAX_FRAGMENT_PAYLOAD = 1200
MAX_FRAGMENTS = 255
_FRAGMENT_HEADERS = 42  # octets of the three fragment headers with values of three digits

MAX_SESSIONS = 1000
MAX_SESSIONS_PER_SOURCE = 64
MAX_BYTES = 67_108_864
MAX_DELIVERED = 65_536


def must_split(frame: Frame) -> bool:
    """Whether the frame is too large for one datagram [FRG-2] [UDP-9]."""
    return OVERHEAD + len(encode_section(frame.headers)) + len(frame.payload) > MAX_DATAGRAM


def count_fragments(frame: Frame) -> int:
    """How many fragments the message becomes; FrameTooLarge if there is no way to cut it [FRG-7] [FRG-12]."""
    if frame.type != Type.DATA:
        raise VstpError(Kind.FrameTooLarge, "only DATA is fragmented")
    chunk = _chunk(frame)
    total = -(-len(frame.payload) // chunk) if chunk > 0 else 0
    if not 1 <= total <= MAX_FRAGMENTS:
        raise VstpError(Kind.FrameTooLarge, f"the message does not fit into {MAX_FRAGMENTS} fragments")
    return total


def split(frame: Frame, frag_id: int) -> list[bytes]:
    """The datagrams of a message that has its msg-id already, all but the last of one size.

    [FRG-3] [FRG-4] [FRG-5] [FRG-6] [FRG-10]
    """
    total = count_fragments(frame)
    chunk = _chunk(frame)
    datagrams = []
    for index in range(total):
        placed = ((FRAG_ID, b"%d" % frag_id), (FRAG_INDEX, b"%d" % index), (FRAG_TOTAL, b"%d" % total))
        piece = frame.payload[index * chunk : (index + 1) * chunk]
        fragment = replace(frame, flags=frame.flags | Flags.FRAG, headers=frame.headers + placed, payload=piece)
        datagrams.append(fragment.encode())
    return datagrams


def _chunk(frame: Frame) -> int:
    return MAX_DATAGRAM - OVERHEAD - len(encode_section(frame.headers)) - _FRAGMENT_HEADERS


Key = tuple[Address, int, bytes | None]  # source, frag-id and msg-id [RAS-19]


@dataclass
class _Session:
    """What is held of one incomplete message."""

    total: int
    flags: int
    own: Headers
    deadline: float
    straggler: bool  # of a message delivered already; not counted against its source [RAS-23]
    pieces: dict[int, bytes] = field(default_factory=dict)
    octets: int = 0


T = TypeVar("T")


class Reassembler:
    """Collects fragments; time and identity of the source come from outside.

    `delivered` remembers, for 30 s, which messages have been put together, by their keys.
    """

    def __init__(self, timers: Timers = Timers()):
        self.timers = timers
        self._sessions: dict[Key, _Session] = {}
        self._per_source: Counter[str] = Counter()
        self._octets = 0
        self._delivered: dict[Key, float] = {}  # in the order of their ends

    def __len__(self) -> int:
        """How many sessions are held [OBS-1]."""
        return len(self._sessions)

    def add(self, frame: Frame, source: Address, now: float) -> Frame | None:
        """Takes a frame with FRAG; yields the message that it completes, without fragment headers and FRAG [RAS-3]."""
        self.advance(now)
        place = _place(frame)
        if place is None:
            return None
        frag_id, index, total = place
        own = tuple(h for h in frame.headers if h[0] not in FRAGMENT_KEYS)
        key = (source, frag_id, frame.msg_id)
        session = self._sessions.get(key)
        if session is not None:
            known = session.pieces.get(index)
            same = (session.total, session.flags, session.own) == (total, frame.flags, own)
            if same and known == frame.payload:
                return None  # [RAS-4]
            if not same or known is not None:
                self._drop(key)  # [RAS-5]
                session = None
        if session is None:
            if total == 1:
                return self._complete(key, frame.flags, own, frame.payload, now)  # [RAS-7]
            if not self._room_for_another(key, len(frame.payload)):
                return None
            session = self._open(key, total, frame.flags, own, now)
        completes = len(session.pieces) + 1 == total
        if not completes and self._octets + len(frame.payload) > MAX_BYTES:
            return None  # [RAS-20]
        session.pieces[index] = frame.payload
        session.octets += len(frame.payload)
        self._octets += len(frame.payload)
        if not completes:
            return None
        self._drop(key)
        return self._complete(key, session.flags, own, b"".join(session.pieces[i] for i in range(total)), now)

    def advance(self, now: float) -> None:
        """Releases what has expired [RAS-8] [RAS-16]."""
        while self._sessions and _oldest(self._sessions).deadline <= now:
            log.info("incomplete after its time: message of %s", next(iter(self._sessions)))
            self._drop(next(iter(self._sessions)))
        while self._delivered and _oldest(self._delivered) <= now:
            del self._delivered[next(iter(self._delivered))]

    def next_timeout(self) -> float | None:
        """When `advance` has something to release."""
        times = []
        if self._sessions:
            times.append(_oldest(self._sessions).deadline)
        if self._delivered:
            times.append(_oldest(self._delivered))
        return min(times, default=None)

    def _room_for_another(self, key: Key, octets: int) -> bool:
        """Whether a session may be opened [RAS-12] [RAS-14] [RAS-15] [RAS-20] [RAS-23]."""
        if len(self._sessions) >= MAX_SESSIONS or self._octets + octets > MAX_BYTES:
            return False
        return key in self._delivered or self._per_source[key[0].host] < MAX_SESSIONS_PER_SOURCE

    def _open(self, key: Key, total: int, flags: int, own: Headers, now: float) -> _Session:
        straggler = key in self._delivered
        session = _Session(total, flags, own, now + self.timers.reassembly, straggler)
        self._sessions[key] = session
        if not straggler:
            self._per_source[key[0].host] += 1
        return session

    def _drop(self, key: Key) -> None:
        session = self._sessions.pop(key)
        self._octets -= session.octets
        if not session.straggler:
            host = key[0].host
            self._per_source[host] -= 1
            if not self._per_source[host]:
                del self._per_source[host]

    def _complete(self, key: Key, flags: int, own: Headers, payload: bytes, now: float) -> Frame:
        self._delivered.pop(key, None)
        self._delivered[key] = now + self.timers.duplicate
        if len(self._delivered) > MAX_DELIVERED:
            del self._delivered[next(iter(self._delivered))]
        return Frame(Type.DATA, flags & ~Flags.FRAG, own, payload)


def _place(frame: Frame) -> tuple[int, int, int] | None:
    """frag-id, frag-index and frag-total, or None for a malformed fragment [FLG-5] [RAS-6] [RAS-18]."""
    if frame.type != Type.DATA or len(frame.payload) > MAX_FRAGMENT_PAYLOAD:
        return None
    numbers = []
    for key in (FRAG_ID, FRAG_INDEX, FRAG_TOTAL):
        values = [v for k, v in frame.headers if k == key]
        number = decimal(values[0], 255) if len(values) == 1 else None
        if number is None:
            return None
        numbers.append(number)
    frag_id, index, total = numbers
    return (frag_id, index, total) if index < total else None


def _oldest(table: dict[Key, T]) -> T:
    return next(iter(table.values()))
