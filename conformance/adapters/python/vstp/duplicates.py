"""Which messages have been delivered already: section 16.2 of the specification."""

from __future__ import annotations

import hashlib

from .frame import Frame, encode_section
from .message import Address
from .timing import Timers

MAX_RECORDS = 65_536


class DuplicateWindow:
    """Remembers source, msg-id and content of what was delivered within 30 s, the 65,536 newest [ACK-6]."""

    def __init__(self, timers: Timers = Timers()):
        self._window = timers.duplicate
        self._records: dict[tuple[Address, bytes], float] = {}  # in the order of their ends

    def seen(self, message: Frame, source: Address, now: float) -> bool:
        """Whether the message, as it travelled but without FRAG and fragment headers, is a copy."""
        self.advance(now)
        return message.msg_id is not None and (source, _digest(message)) in self._records

    def record(self, message: Frame, source: Address, now: float) -> None:
        """Notes that the message is being delivered. One without a valid msg-id is never taken for a copy."""
        if message.msg_id is None:
            return
        self._records[source, _digest(message)] = now + self._window
        if len(self._records) > MAX_RECORDS:
            del self._records[next(iter(self._records))]

    def advance(self, now: float) -> None:
        while self._records and next(iter(self._records.values())) <= now:
            del self._records[next(iter(self._records))]

    def next_timeout(self) -> float | None:
        return next(iter(self._records.values()), None)


def _digest(message: Frame) -> bytes:
    section = encode_section(message.headers)  # msg-id is one of these headers
    digest = hashlib.blake2b(digest_size=32)
    digest.update(bytes((message.type, message.flags)) + len(section).to_bytes(2, "little") + section)
    digest.update(message.payload)
    return digest.digest()
