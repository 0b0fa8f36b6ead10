"""TCP connections over asyncio: sockets, timers and queues around `tcp_session`."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from typing import Awaitable, Callable

from .errors import Kind, VstpError
from .frame import MAX_FRAME, Frame
from .message import Action, Close, Deliver, EndSending, Finished, Message, Report, Transmit
from .tcp_session import ClientSession, Phase, ServerSession, TcpSession
from .timing import Timers
from .tls import TlsLayer, layered

log = logging.getLogger("vstp")

Handler = Callable[[Frame], Awaitable[Message | None]]

# How much may wait for the application before its connection is read no further.
QUEUE_MESSAGES = 1_000
QUEUE_OCTETS = 16_777_216

BACKLOG = 1024


class _Connection(asyncio.Protocol):
    """Carries out what a session asks for."""

    session: TcpSession

    def __init__(self, timers: Timers, limit: int):
        self.timers = timers
        self.limit = limit
        self.loop = asyncio.get_running_loop()
        self.writable = asyncio.Event()
        self.writable.set()
        self._timer: asyncio.TimerHandle | None = None
        self._reading = True
        self.lost = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peer = transport.get_extra_info("peername")
        log.info("%s: connected", self.peer)
        self.session = self._new_session(self.loop.time())
        self.run()

    def data_received(self, data: bytes) -> None:
        self.session.receive(data, self.loop.time())
        self.run()

    def eof_received(self) -> bool:
        self.session.end_of_stream(self.loop.time())
        self.run()
        return True  # this direction stays open

    def connection_lost(self, error: Exception | None) -> None:
        log.info("%s: closed%s", self.peer, f", {error}" if error else "")
        self.session.broken()
        self.writable.set()
        self.run()
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        self.writable.clear()
        self.regulate()

    def resume_writing(self) -> None:
        self.writable.set()
        self.regulate()

    def run(self) -> None:
        """Does what the session has asked for and sets its timer."""
        for action in self.session.take_actions():
            if isinstance(action, Transmit):
                self.transport.write(action.octets)
            elif isinstance(action, EndSending):
                try:
                    self.transport.write_eof()
                except OSError:
                    self.transport.abort()
            elif isinstance(action, Close):
                self.transport.close()
                self._abort_unless_it_moves(self.transport.get_write_buffer_size())
            else:
                self._handle(action)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.session.next_timeout()
        if due is not None:
            self._timer = self.loop.call_at(due, self._advance)
        self.regulate()

    def _advance(self) -> None:
        self._timer = None
        self.session.advance(self.loop.time())
        self.run()

    def regulate(self) -> None:
        """Stops reading while there is no room for what would come of it; what is discarded needs none."""
        reading = self.session.phase is not Phase.OPEN or self._has_room()
        if reading != self._reading:
            self._reading = reading
            self.session.pause(not reading, self.loop.time())
            if reading:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _abort_unless_it_moves(self, unsent: int) -> None:
        """Gives up a closed connection whose peer takes nothing of what is left for it."""
        if unsent == 0 or self.lost.done():
            return

        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if left >= unsent:
                self.transport.abort()
            else:
                self._abort_unless_it_moves(left)

        self.loop.call_later(self.timers.stalled_frame, look)

    def _new_session(self, now: float) -> TcpSession:
        raise NotImplementedError

    def _handle(self, action: Action) -> None:
        raise NotImplementedError

    def _has_room(self) -> bool:
        raise NotImplementedError


class _ServerConnection(_Connection):
    """One connection of a server. The application's answers leave in the order of the messages."""

    session: ServerSession

    def __init__(self, handler: Handler, connections: set[_ServerConnection], timers: Timers, limit: int):
        super().__init__(timers, limit)
        self._handler = handler
        self._connections = connections
        self._queue: deque[Frame] = deque()
        self._octets = 0
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        super().connection_made(transport)

    def _new_session(self, now: float) -> ServerSession:
        return ServerSession(now, self.timers, self.limit)

    def _handle(self, action: Action) -> None:
        assert isinstance(action, Deliver)
        self._queue.append(action.frame)
        self._octets += len(action.frame.payload)
        if self._task is None:
            self._task = self.loop.create_task(self._serve())

    def _has_room(self) -> bool:
        return self.writable.is_set() and len(self._queue) < QUEUE_MESSAGES and self._octets < QUEUE_OCTETS

    async def _serve(self) -> None:
        while self._queue and not self.lost.done():
            message = self._queue.popleft()
            answer = await self._handler(message)
            self._octets -= len(message.payload)
            await self.writable.wait()
            self.session.answer(answer, self.loop.time())
            self.run()
        self._task = None

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()
            self._task = None


class TcpServer:
    """A listener; `serve` makes one."""

    def __init__(self, listener: asyncio.AbstractServer, connections: set[_ServerConnection]):
        self._listener = listener
        self._connections = connections

    @classmethod
    async def serve(
        cls,
        handler: Handler,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        timers: Timers = Timers(),
        limit: int = MAX_FRAME,
    ) -> TcpServer:
        """Listens and calls `handler` for each message; what it returns is sent back, None is no answer."""
        connections: set[_ServerConnection] = set()
        loop = asyncio.get_running_loop()
        make = layered(lambda: _ServerConnection(handler, connections, timers, limit), tls, timers.tls_handshake)
        if host == "::":  # for IPv4 as well
            both = socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=True)
            return cls(await loop.create_server(make, sock=both, backlog=BACKLOG), connections)
        return cls(await loop.create_server(make, host, port, backlog=BACKLOG), connections)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port on which the server listens [OBS-1]."""
        return self._listener.sockets[0].getsockname()[:2]  # type: ignore[attr-defined]

    def close(self) -> None:
        """Stops listening and says BYE on every connection."""
        self._listener.close()
        for connection in list(self._connections):
            connection.session.close(connection.loop.time())
            connection.run()


class Inbox:
    """Messages and errors for an application that asks for them one by one."""

    def __init__(self) -> None:
        self._items: deque[object] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._over = False
        self.octets = 0

    def put(self, item: object, octets: int = 0) -> None:
        self.octets += octets
        self._items.append((item, octets))
        self._wake()

    def end(self) -> None:
        """From now on there is ConnectionClosed behind what is left [TCP-26]."""
        self._over = True
        while self._waiting:
            self._wake()

    async def get(self, timeout: float | None) -> object:
        """The next item; an error is raised. Timeout after so many seconds, and then nothing is lost."""
        loop = asyncio.get_running_loop()
        end = None if timeout is None else loop.time() + timeout
        while not self._items:
            if self._over:
                raise VstpError(Kind.ConnectionClosed, "the connection has ended")
            turn = loop.create_future()
            self._waiting.append(turn)
            try:
                await asyncio.wait_for(turn, None if end is None else end - loop.time())
            except asyncio.TimeoutError:
                if not self._items:
                    raise VstpError(Kind.Timeout, "nothing has arrived") from None
            finally:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        item, octets = self._items.popleft()  # type: ignore[misc]
        self.octets -= octets
        if isinstance(item, VstpError):
            raise item
        return item

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


class _ClientConnection(_Connection):
    session: ClientSession

    def __init__(self, timers: Timers, limit: int, first_msg_id: int | None):
        super().__init__(timers, limit)
        self._first_msg_id = first_msg_id
        self.inbox = Inbox()
        self.sends: dict[int, asyncio.Future[None]] = {}

    def _new_session(self, now: float) -> ClientSession:
        return ClientSession(now, self.timers, self.limit, self._first_msg_id)

    def _handle(self, action: Action) -> None:
        if isinstance(action, Deliver):
            self.inbox.put(action.frame, len(action.frame.payload))
        elif isinstance(action, Report):
            if action.error.kind is not Kind.ConnectionClosed or action.error.remote:
                self.inbox.put(action.error)
            if not action.error.remote:
                self.inbox.end()
        elif isinstance(action, Finished):
            settle(self.sends.pop(action.msg_id, None), action.error)

    def _has_room(self) -> bool:
        return self.inbox.octets < QUEUE_OCTETS or bool(self.sends)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.inbox.end()


def settle(future: asyncio.Future[None] | None, error: VstpError | None) -> None:
    """Ends a wait, unless the one who waited has gone."""
    if future is not None and not future.done():
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class TcpClient:
    """A client; `connect` makes one. Sends and receives do not wait for each other [TCP-31]."""

    def __init__(self, connection: _ClientConnection):
        self._connection = connection
        self._lock = asyncio.Lock()

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        timers: Timers = Timers(),
        limit: int = MAX_FRAME,
        first_msg_id: int | None = None,
    ) -> TcpClient:
        """Opens a connection, and TLS on it where there is a context. Io if that fails."""
        loop = asyncio.get_running_loop()
        connection = _ClientConnection(timers, limit, first_msg_id)
        try:
            if tls is None:
                await loop.create_connection(lambda: connection, host, port)
            else:
                ready = loop.create_future()
                layer = TlsLayer(connection, tls, timers.tls_handshake, host, ready)
                await loop.create_connection(lambda: layer, host, port)
                await ready
        except socket.gaierror as error:
            raise VstpError(Kind.InvalidAddress, str(error)) from error
        except (OSError, asyncio.TimeoutError) as error:  # a certificate that does not verify is one of these
            raise VstpError(Kind.Io, str(error)) from error
        return cls(connection)

    @property
    def local_address(self) -> tuple[str, int]:
        return self._connection.transport.get_extra_info("sockname")[:2]

    async def send(self, message: Message, *, compress: bool = False) -> None:
        """Sends a message and returns when its octets are handed to the operating system."""
        async with self._lock:
            self._connection.session.send(message, compress=compress)
            self._connection.run()
            await self._connection.writable.wait()

    async def send_acknowledged(self, message: Message, *, compress: bool = False) -> None:
        """The same, and returns when the ACK has come; Timeout if it does not, and ERR of the peer's are raised."""
        connection = self._connection
        async with self._lock:
            msg_id = connection.session.send_acknowledged(message, connection.loop.time(), compress=compress)
            done = connection.sends[msg_id] = connection.loop.create_future()
            connection.run()
        await done

    async def receive(self, timeout: float | None = None) -> Frame:
        """The next message; errors that the peer reports are raised in their place [ERR-7]."""
        try:
            return await self._connection.inbox.get(timeout)  # type: ignore[return-value]
        finally:
            self._connection.regulate()

    async def close(self, wait: float = 2.0) -> None:
        """Says BYE and waits up to `wait` seconds for the end of the stream [TCP-10]."""
        connection = self._connection
        connection.session.close(connection.loop.time())
        connection.run()
        connection.inbox.end()
        closed = VstpError(Kind.ConnectionClosed, "the connection has ended")
        for msg_id in list(connection.sends):
            settle(connection.sends.pop(msg_id), closed)
        await asyncio.wait([connection.lost], timeout=wait)
        connection.session.broken()
        connection.run()
