"""Messages on their way over UDP: identifiers, pacing and retransmission, sections 14, 16.4 and 17."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import Kind, VstpError
from .fragment import count_fragments, must_split, split
from .frame import MSG_ID, Flags, Frame
from .message import Action, Address, Datagram, Finished
from .timing import Timers

log = logging.getLogger("vstp")

# Fragments in one pacing window. The specification advises at most 64 [FRG-13]; what leaves evenly may arrive in
# heaps, so a quarter is kept in reserve.
PACE = 48


@dataclass
class _Destination:
    """What is remembered of one destination."""

    last_frag_id: int | None = None
    taken: dict[int, float | None] = field(default_factory=dict)  # frag-id and when it is free; None: in use
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=PACE))  # when fragments were sent


@dataclass
class _Message:
    """One message that has not been finished."""

    datagrams: list[bytes]
    destination: Address
    via: Any
    frag_id: int | None
    acknowledged: bool
    due: float
    transmission: int = 1
    position: int = 0  # of the next datagram of this transmission; len(datagrams) while waiting


class Outbox:
    """All that is being sent from one socket. Actions are appended to `actions`."""

    def __init__(self, actions: list[Action], timers: Timers = Timers(), first_msg_id: int = 1):
        self.timers = timers
        self._actions = actions
        self._next_msg_id = first_msg_id
        self._messages: dict[int, _Message] = {}
        self._destinations: dict[Address, _Destination] = {}
        self._forget_at = 0.0

    def send(
        self,
        frame: Frame,
        destination: Address,
        now: float,
        *,
        acknowledged: bool = False,
        via: Any = None,
        msg_id: int | None = None,
        frag_id: int | None = None,
    ) -> int:
        """Sends a DATA frame and returns the msg-id by which its `Finished` names it.

        The frame is split where it has to be, and then or with `acknowledged` it carries the msg-id [FRG-1] [FRG-11].
        What cannot be sent is refused with FrameTooLarge, and nothing of it leaves. Identifiers are chosen here unless
        they are given.
        """
        if msg_id is None:
            msg_id = self._next_msg_id
        named = replace(frame, headers=(*frame.headers, (MSG_ID, b"%d" % msg_id)))
        if acknowledged:
            frame = named = replace(named, flags=named.flags | Flags.REQ_ACK)
        if must_split(frame):
            count_fragments(named)
            state = self._destinations.setdefault(destination, _Destination())
            if frag_id is None:
                frag_id = _choose(state, msg_id, now)
            state.last_frag_id = frag_id
            state.taken[frag_id] = None
            datagrams = split(named, frag_id)
        else:
            frag_id = None
            datagrams = [frame.encode()]
        if msg_id == self._next_msg_id:
            self._next_msg_id = (msg_id + 1) % 2**64  # [ACK-11]
        message = _Message(datagrams, destination, via, frag_id, acknowledged, now)
        self._messages[msg_id] = message
        self._proceed(msg_id, message, now)
        return msg_id

    def acknowledged(self, msg_id: int, source: Address, error: VstpError | None, now: float) -> bool:
        """An ACK, or with `error` an ERR, has come; whether it ended a send [ACK-8] [ACK-17] [RTX-8]."""
        message = self._messages.get(msg_id)
        if message is None or not message.acknowledged or message.destination != source:
            return False
        self._finish(msg_id, message, error, now, free=error is None)
        return True

    def advance(self, now: float) -> None:
        """Sends what is due and gives up what has waited long enough [RTX-5]."""
        for msg_id, message in list(self._messages.items()):
            if message.due <= now:
                self._proceed(msg_id, message, now)
        if now >= self._forget_at:
            self._forget_at = now + self.timers.frag_id / 10
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Drops what is known of destinations that all frag-ids are free for."""
        for address, state in list(self._destinations.items()):
            state.taken = {i: end for i, end in state.taken.items() if end is None or end > now}
            if not state.taken:
                del self._destinations[address]

    def next_timeout(self) -> float | None:
        return min((m.due for m in self._messages.values()), default=None)

    def _proceed(self, msg_id: int, message: _Message, now: float) -> None:
        if message.position == len(message.datagrams):
            if message.transmission > self.timers.retransmissions:
                log.info("no ACK of message %d from %s", msg_id, message.destination)
                self._finish(msg_id, message, VstpError(Kind.Timeout, "no ACK"), now)
                return
            message.transmission += 1
            message.position = 0
        while message.position < len(message.datagrams):
            if message.frag_id is not None:
                recent = self._destinations[message.destination].recent
                if len(recent) == PACE and recent[0] + self.timers.pacing_window > now:
                    message.due = recent[0] + self.timers.pacing_window
                    return
                recent.append(now)
            self._actions.append(Datagram(message.datagrams[message.position], message.destination, message.via))
            message.position += 1
        if message.acknowledged:
            message.due = now + self.timers.wait(message.transmission)
        else:
            self._finish(msg_id, message, None, now)

    def _finish(self, msg_id: int, message: _Message, error: VstpError | None, now: float, free: bool = False) -> None:
        del self._messages[msg_id]
        if message.frag_id is not None:
            taken = self._destinations[message.destination].taken
            taken[message.frag_id] = now if free else now + self.timers.frag_id  # [FRG-9]
        self._actions.append(Finished(msg_id, error))


def _choose(state: _Destination, msg_id: int, now: float) -> int:
    """A frag-id that is free and not the one used last [FRG-8] [FRG-9]."""
    for step in range(256):
        frag_id = (msg_id + step) % 256
        end = state.taken.get(frag_id, now)
        if frag_id != state.last_frag_id and end is not None and end <= now:
            return frag_id
    raise VstpError(Kind.RateLimited, "every frag-id towards the destination is in use")
