"""A UDP endpoint: section 13 of the specification and the receiver of section 16.2."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from .duplicates import DuplicateWindow
from .errors import VstpError
from .fragment import MAX_DATAGRAM, Reassembler
from .frame import MAX_FRAME, MSG_ID, SESSION_ID, Flags, Frame, Type, reported_error
from .message import Action, Address, Datagram, Deliver, Message, Report, plain
from .outgoing import Outbox
from .timing import Timers

log = logging.getLogger("vstp")

AMPLIFICATION = 3
_WELCOME_DIGITS = 18  # what a HELLO without headers leaves room for


@dataclass(frozen=True)
class Room:
    """How much the application may have before it, in messages and octets, until messages are discarded."""

    messages: int = 10_000
    octets: int = 67_108_864


class UdpEndpoint:
    """Datagrams and the time in, actions out; a server and a client differ in two frame types only.

    Whoever has taken a delivered message from the queue says so with `taken`.
    """

    def __init__(
        self,
        *,
        server: bool,
        timers: Timers = Timers(),
        limit: int = MAX_FRAME,
        first_msg_id: int | None = None,
        room: Room = Room(),
    ):
        self.server = server
        self.timers = timers
        self.limit = limit
        self.room = room
        self._actions: list[Action] = []
        self._reassembler = Reassembler(timers)
        self._window = DuplicateWindow(timers)
        self._outbox = Outbox(self._actions, timers, secrets.randbits(63) if first_msg_id is None else first_msg_id)
        self._queued_messages = 0
        self._queued_octets = 0

    @property
    def sessions(self) -> int:
        """How many incomplete messages are held [OBS-1]."""
        return len(self._reassembler)

    def take_actions(self) -> list[Action]:
        actions = self._actions[:]
        self._actions.clear()
        return actions

    def receive(self, datagram: bytes, source: Address, now: float, via: Any = None) -> None:
        """A datagram has arrived, at the local address `via` if that is known. Invalid ones are dropped without a word.

        [UDP-2] [UDP-3] [UDP-4] [UDP-5]
        """
        try:
            frame, length = Frame.decode(datagram, self.limit)
        except VstpError as error:
            log.debug("UDP: a datagram of %s is dropped: %s", source, error)
            return
        log.debug("UDP: %s from %s", frame, source)
        if length != len(datagram):
            return
        if frame.type == Type.DATA:
            message: Frame | None = frame
            if frame.has(Flags.FRAG):  # by the flag alone [FLG-4]
                message = self._reassembler.add(frame, source, now)
            if message is not None:
                self._message(message, source, now, via)
        elif not frame.has(Flags.FRAG):  # [FLG-5]
            self._control(frame, len(datagram), source, now, via)

    def send(self, message: Message, destination: Address, now: float, *, compress: bool = False, **how: Any) -> int:
        """Sends a message; `how` is passed on to `Outbox.send`, which says what comes back and what is refused."""
        return self._outbox.send(message.frame(compress=compress), destination, now, **how)

    def taken(self, message: Frame) -> None:
        """The application has done with a delivered message."""
        self._queued_messages -= 1
        self._queued_octets -= len(message.payload)

    def advance(self, now: float) -> None:
        self._reassembler.advance(now)
        self._window.advance(now)
        self._outbox.advance(now)

    def next_timeout(self) -> float | None:
        parts = (self._reassembler, self._window, self._outbox)
        return min((t for t in (p.next_timeout() for p in parts) if t is not None), default=None)

    # --- inside

    def _message(self, message: Frame, source: Address, now: float, via: Any) -> None:
        """A complete message, still compressed: the steps of section 16.2."""
        if len(message.payload) > self.limit:
            return
        if not self._window.seen(message, source, now):
            try:
                delivered = plain(message, self.limit)
            except VstpError:
                return  # [CMP-6] [CMP-8]
            if (
                self._queued_messages >= self.room.messages
                or self._queued_octets + len(delivered.payload) > self.room.octets
            ):
                return  # the sender will try again
            self._window.record(message, source, now)
            self._queued_messages += 1
            self._queued_octets += len(delivered.payload)
            self._acknowledge(message, source, via)
            self._actions.append(Deliver(delivered, source, via))
        else:
            self._acknowledge(message, source, via)  # every copy, for an ACK may have been lost [ACK-5]

    def _control(self, frame: Frame, length: int, source: Address, now: float, via: Any) -> None:
        """Everything but DATA. WELCOME, PONG, and HELLO at a client draw nothing [UDP-18] [ACK-7]."""
        if frame.type == Type.PING:
            self._acknowledge(frame, source, via)
            if length <= MAX_DATAGRAM:
                self._transmit(Frame(Type.PONG, payload=frame.payload), source, via)  # [UDP-8] [UDP-13]
        elif frame.type == Type.BYE:
            self._acknowledge(frame, source, via)  # and that is all it does [UDP-15]
        elif frame.type == Type.HELLO and self.server:
            spent = self._acknowledge(frame, source, via)
            number = 10 ** (_WELCOME_DIGITS - 1) + secrets.randbelow(9 * 10 ** (_WELCOME_DIGITS - 1))
            welcome = Frame(Type.WELCOME, 0, ((SESSION_ID, b"%d" % number),))
            if spent + len(welcome.encode()) <= AMPLIFICATION * length:  # [UDP-11]
                self._transmit(welcome, source, via)
        elif frame.type in (Type.ACK, Type.ERR):
            error = reported_error(frame) if frame.type == Type.ERR else None
            ended = frame.msg_id is not None and self._outbox.acknowledged(int(frame.msg_id), source, error, now)
            if error is not None and not ended and not self.server:
                self._actions.append(Report(error, source))  # [ERR-7]

    def _acknowledge(self, frame: Frame, source: Address, via: Any) -> int:
        """Sends the ACK, if one is asked for and can be named; yields its octets [ACK-1] [ACK-3] [ACK-4] [ACK-15]."""
        if not frame.has(Flags.REQ_ACK) or frame.msg_id is None:
            return 0
        return self._transmit(Frame(Type.ACK, 0, ((MSG_ID, frame.msg_id),)), source, via)

    def _transmit(self, frame: Frame, destination: Address, via: Any) -> int:
        octets = frame.encode()
        self._actions.append(Datagram(octets, destination, via))
        return len(octets)
