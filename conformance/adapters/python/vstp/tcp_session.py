"""One TCP connection, seen from either end: sections 10 and 11 and the tables 22.1 and 22.2 of the specification."""

from __future__ import annotations

import enum
import logging
import secrets
from dataclasses import replace

from .errors import Kind, VstpError
from .frame import MAX_FRAME, MSG_ID, SESSION_ID, Flags, Frame, Type, decimal, error_frame, measure, reported_error
from .message import Action, Close, Deliver, EndSending, Finished, Message, Report, Transmit, plain
from .timing import Timers


log = logging.getLogger("vstp")


class Phase(enum.Enum):
    """How far a connection has come; a client's `OPEN` is the specification's Connected and Greeted."""

    OPEN = enum.auto()
    DRAINING = enum.auto()  # nothing more is interpreted; responses are still owed
    LINGERING = enum.auto()  # nothing more is sent; input is discarded
    CLOSED = enum.auto()


class TcpSession:
    """What both ends have in common: the way from octets to frames, the faults, the end.

    All times are those of one monotonic clock, in seconds. `take_actions` yields what is to be done.
    """

    def __init__(self, now: float, timers: Timers = Timers(), limit: int = MAX_FRAME):
        self.timers = timers
        self.limit = limit
        self.phase = Phase.OPEN
        self._actions: list[Action] = []
        self._buffer = bytearray()  # grows with what has arrived, not with what is declared [LIM-5]
        self._last_octet = now
        self._paused = False
        self._linger_until = 0.0
        self._sending_over = False
        self._stream_over = False
        self._fault: VstpError | None = None

    def take_actions(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    # --- what happens to the connection

    def receive(self, octets: bytes, now: float) -> None:
        """Octets have arrived."""
        if self.phase is not Phase.OPEN:
            return
        self._last_octet = now
        self._buffer += octets
        while self.phase is Phase.OPEN:
            try:
                total = measure(self._buffer, self.limit)
                if total is None or len(self._buffer) < total:
                    return
                octets = bytes(self._buffer[:total])
                del self._buffer[:total]
                self._frame(Frame.decode(octets, self.limit)[0], now)
            except VstpError as error:
                if error.kind is Kind.InvalidFrameType:
                    self._transmit(error_frame(error))  # its end is known, so the stream goes on [TYP-4]
                else:
                    self._fail(error, now)

    def end_of_stream(self, now: float) -> None:
        """The peer has shut down its sending direction.

        A partial frame is discarded [TCP-12]; the responses owed are still sent [TCP-11].
        """
        self._stream_over = True
        if self.phase is Phase.OPEN:
            self._input_over(now)
        elif self.phase is Phase.LINGERING:
            self._closed()

    def broken(self) -> None:
        """The connection was reset, or a write failed."""
        if self.phase is not Phase.CLOSED:
            self._closed()

    def pause(self, paused: bool, now: float) -> None:
        """Reading stops or goes on for want of room. A peer that is not read from has not stalled."""
        self._paused = paused
        self._last_octet = now

    def next_timeout(self) -> float | None:
        """When `advance` has something to do, if nothing happens before."""
        if self.phase is Phase.LINGERING:
            return self._linger_until
        if self.phase is Phase.OPEN and self._buffer and not self._paused:
            return self._last_octet + self.timers.stalled_frame
        return None

    def advance(self, now: float) -> None:
        """Time has passed."""
        due = self.next_timeout()
        if due is None or now < due:
            return
        if self.phase is Phase.LINGERING:
            self._closed()
        else:
            self._fail(VstpError(Kind.Timeout, "a frame was begun and not continued"), now)  # [TCP-18]

    # --- inside

    def _frame(self, frame: Frame, now: float) -> None:
        """A frame that has passed the checks 1 to 7."""
        log.debug("TCP: %s", frame)
        if frame.has(Flags.FRAG):  # discarded, and said so unless that would answer an answer [FLG-6] [ERR-3]
            if frame.type not in (Type.ERR, Type.ACK, Type.PONG):
                self._transmit(error_frame(VstpError(Kind.BadFragment, "no fragments over TCP"), frame))
            return
        if frame.type == Type.DATA:
            try:
                message = plain(frame, self.limit)
            except VstpError as error:
                self._transmit(error_frame(error, frame))  # [CMP-8] [CMP-9] [CMP-10]
                return
            if frame.has(Flags.REQ_ACK):  # ahead of what the application answers [ACK-13] [ACK-14]
                self._acknowledge(frame)
            self._deliver(message)
        elif frame.type == Type.PING:
            self._transmit(Frame(Type.PONG, payload=frame.payload))  # [TCP-7]
        elif frame.type == Type.BYE:
            self._input_over(now)
        else:
            self._control(frame)

    def _acknowledge(self, frame: Frame) -> None:
        named = () if frame.msg_id is None else ((MSG_ID, frame.msg_id),)
        self._transmit(Frame(Type.ACK, 0, named))

    def _deliver(self, message: Frame) -> None:
        self._actions.append(Deliver(message))

    def _control(self, frame: Frame) -> None:
        """What the two ends see differently: HELLO, WELCOME, ACK, ERR; a PONG is ignored."""
        raise NotImplementedError

    def _transmit(self, frame: Frame) -> None:
        """Sends a frame of the protocol's own, unless sending is over. The frame limit is for messages."""
        if not self._sending_over:
            self._actions.append(Transmit(frame.encode()))

    def _fail(self, error: VstpError, now: float) -> None:
        """A fatal fault: what came before it is answered, then it is reported, then the connection ends [TCP-15]."""
        log.info("the connection ends: %s", error)
        self._fault = error
        self._input_over(now)

    def _input_over(self, now: float) -> None:
        """Nothing more that arrives is interpreted [TCP-9]."""
        self._buffer.clear()
        self.phase = Phase.DRAINING
        self._drain(now)

    def _drain(self, now: float) -> None:
        """Ends the connection if nothing is owed any more. The ERR of a fault is its last frame [TCP-16]."""
        if self._fault is not None and self._fault.kind is not Kind.InvalidMagic:
            self._transmit(error_frame(self._fault))
        self._end_sending(now)

    def _end_sending(self, now: float) -> None:
        """Shuts down one direction and discards what the other brings, lest a reset destroy the answers [TCP-29]."""
        if not self._sending_over:
            self._sending_over = True
            self._actions.append(EndSending())
        if self._stream_over:
            self._closed()
        else:
            self._linger_until = now + self.timers.linger
            self.phase = Phase.LINGERING

    def _closed(self) -> None:
        self._buffer.clear()
        self.phase = Phase.CLOSED
        self._actions.append(Close())


class ServerSession(TcpSession):
    """The end that accepted the connection."""

    def __init__(self, now: float, timers: Timers = Timers(), limit: int = MAX_FRAME):
        super().__init__(now, timers, limit)
        self.session_id = secrets.randbits(128)  # no two live connections share one [SES-1] [SES-4]
        self._owed = 0

    @property
    def owed(self) -> int:
        """How many messages the application has not answered yet."""
        return self._owed

    def answer(self, answer: Message | None, now: float) -> None:
        """The application's answer to the oldest message it has not answered yet, or None for no answer.

        An answer that is too large is dropped.
        """
        self._owed -= 1
        if answer is not None and not self._sending_over:
            try:
                self._actions.append(Transmit(answer.frame().encode(self.limit)))
            except VstpError:
                pass
        if self.phase is Phase.DRAINING:
            self._drain(now)

    def close(self, now: float) -> None:
        """The application ends the connection; BYE is the last frame [PRI-3]."""
        if self.phase is Phase.OPEN:
            self._buffer.clear()
            self._transmit(Frame(Type.BYE))
            self._end_sending(now)

    def _deliver(self, message: Frame) -> None:
        self._owed += 1
        super()._deliver(message)

    def _control(self, frame: Frame) -> None:
        if frame.type == Type.HELLO:
            self._transmit(Frame(Type.WELCOME, 0, ((SESSION_ID, b"%d" % self.session_id),)))  # [TCP-1] [SES-3]
        elif frame.type == Type.WELCOME:
            self._transmit(error_frame(VstpError(Kind.UnexpectedFrameType, "WELCOME at a server")))  # [ERR-5]

    def _drain(self, now: float) -> None:
        if self._owed == 0:
            super()._drain(now)


class ClientSession(TcpSession):
    """The end that opened the connection. It sends HELLO at once [TCP-2]."""

    def __init__(self, now: float, timers: Timers = Timers(), limit: int = MAX_FRAME, first_msg_id: int | None = None):
        super().__init__(now, timers, limit)
        self.session_id: int | None = None
        self._next_msg_id = secrets.randbits(63) if first_msg_id is None else first_msg_id
        self._waiting: dict[int, float] = {}  # acknowledged sends and when they time out
        self._transmit(Frame(Type.HELLO))

    def send(self, message: Message, *, compress: bool = False) -> None:
        """Sends the message; refusals are raised, and then nothing is sent [HDR-2] [HDR-11] [FRM-8] [LIM-4]."""
        octets = message.frame(compress=compress).encode(self.limit)
        self._require_open()
        self._actions.append(Transmit(octets))

    def send_acknowledged(self, message: Message, now: float, *, compress: bool = False) -> int:
        """The same with REQ_ACK. The msg-id returned names the `Finished` that ends the send [ACK-11] [RTX-12]."""
        frame = message.frame(compress=compress)
        msg_id = self._next_msg_id
        frame = replace(frame, flags=frame.flags | Flags.REQ_ACK, headers=(*frame.headers, (MSG_ID, b"%d" % msg_id)))
        octets = frame.encode(self.limit)
        self._require_open()
        self._actions.append(Transmit(octets))
        self._next_msg_id = (msg_id + 1) % 2**64
        self._waiting[msg_id] = now + self.timers.ack_timeout
        return msg_id

    def close(self, now: float) -> None:
        """The application ends the connection: BYE, and then nothing more [TCP-10].

        What the server still sends is taken in. Whoever waits no longer for the end of the stream says `broken`.
        """
        if self.phase is Phase.OPEN:
            self._transmit(Frame(Type.BYE))
            self._sending_over = True
            self._actions.append(EndSending())

    def next_timeout(self) -> float | None:
        times = [t for t in (super().next_timeout(), *self._waiting.values()) if t is not None]
        return min(times, default=None)

    def advance(self, now: float) -> None:
        for msg_id in [m for m, due in self._waiting.items() if due <= now]:
            del self._waiting[msg_id]
            self._actions.append(Finished(msg_id, VstpError(Kind.Timeout, "no ACK")))
        super().advance(now)

    def _require_open(self) -> None:
        if self._sending_over:
            raise VstpError(Kind.ConnectionClosed, "the connection has ended")

    def _control(self, frame: Frame) -> None:
        if frame.type == Type.WELCOME:
            self.session_id = decimal(frame.first(SESSION_ID) or b"", 2**128 - 1)
        elif frame.type == Type.HELLO:
            self._transmit(error_frame(VstpError(Kind.UnexpectedFrameType, "HELLO at a client")))  # [ERR-8]
        elif frame.type in (Type.ACK, Type.ERR):
            msg_id = None if frame.msg_id is None else int(frame.msg_id)
            error = reported_error(frame) if frame.type == Type.ERR else None
            if msg_id in self._waiting:
                del self._waiting[msg_id]
                self._actions.append(Finished(msg_id, error))  # [ACK-8] [ACK-17]
            elif error is not None:
                self._actions.append(Report(error))  # [ERR-7]

    def _drain(self, now: float) -> None:
        self._ended()
        super()._drain(now)

    def _closed(self) -> None:
        if self.phase is Phase.OPEN:
            self._ended()
        super()._closed()

    def _ended(self) -> None:
        """Reports what ended the connection, once, and fails what waits [TCP-26]."""
        closed = VstpError(Kind.ConnectionClosed, "the connection has ended")
        for msg_id in self._waiting:
            self._actions.append(Finished(msg_id, closed))
        self._waiting.clear()
        self._actions.append(Report(self._fault or closed))
