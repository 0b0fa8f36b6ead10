"""UDP sockets over asyncio: a socket, a timer and queues around `udp_endpoint`."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
from collections import deque
from typing import Any

from .errors import Kind, VstpError
from .frame import Frame
from .message import Action, Address, Datagram, Deliver, Finished, Message, Report
from .tcp import Handler, Inbox, settle
from .timing import Timers
from .udp_endpoint import UdpEndpoint

RECEIVE_BUFFER = 4_194_304
BATCH = 64  # datagrams that are read before others get their turn
IP_PKTINFO = 8  # Linux; the socket module names only its IPv6 counterpart


class _Socket:
    """Carries out what an endpoint asks for. Actions keep their order, also where the system takes nothing more."""

    def __init__(self, sock: socket.socket, endpoint: UdpEndpoint):
        self.sock = sock
        self.endpoint = endpoint
        self.loop = asyncio.get_running_loop()
        self.family = sock.family
        self.failed: dict[Address, OSError] = {}
        self._buffer = bytearray(65_536)
        self._actions: deque[Action] = deque()
        self._blocked = False
        self._timer: asyncio.TimerHandle | None = None
        self.loop.add_reader(sock, self._readable)

    @classmethod
    async def bind(cls, host: str, port: int, endpoint: UdpEndpoint, **more: Any) -> Any:
        """A socket bound to the address; one bound to a wildcard learns where each datagram arrived [UDP-7]."""
        family, target = await resolve(host, port, passive=True)
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            elif sys.platform == "linux":
                sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            sock.bind(target)
        except OSError as error:
            sock.close()
            raise VstpError(Kind.Io, str(error)) from error
        return cls(sock, endpoint, **more)

    @property
    def address(self) -> tuple[str, int]:
        return self.sock.getsockname()[:2]

    def close(self) -> None:
        self.loop.remove_reader(self.sock)
        self.loop.remove_writer(self.sock)
        if self._timer is not None:
            self._timer.cancel()
        self.sock.close()

    def run(self) -> None:
        """Does what the endpoint has asked for and sets its timer."""
        self._actions += self.endpoint.take_actions()
        while self._actions and not self._blocked:
            action = self._actions.popleft()
            if isinstance(action, Datagram):
                self._send(action)
            else:
                self.handle(action)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.endpoint.next_timeout()
        if due is not None:
            self._timer = self.loop.call_at(due, self._advance)

    def handle(self, action: Action) -> None:
        raise NotImplementedError

    def _advance(self) -> None:
        self._timer = None
        self.endpoint.advance(self.loop.time())
        self.run()

    def _readable(self) -> None:
        for _ in range(BATCH):
            try:
                size, control, _, sender = self.sock.recvmsg_into([self._buffer], 128)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error for something sent earlier [SEC-1] [RTX-13]
            datagram = bytes(memoryview(self._buffer)[:size])
            self.endpoint.receive(datagram, from_system(sender), self.loop.time(), _arrival(control))
        self.run()

    def _send(self, datagram: Datagram) -> None:
        control = [] if datagram.via is None else [datagram.via]
        try:
            self.sock.sendmsg([datagram.octets], control, 0, _to_system(datagram.destination, self.family))
        except BlockingIOError:
            self._actions.appendleft(datagram)
            self._blocked = True
            self.loop.add_writer(self.sock, self._unblocked)
        except OSError as error:
            self.failed[datagram.destination] = error  # a lost datagram; an acknowledged send goes on [RTX-13]

    def _unblocked(self) -> None:
        self.loop.remove_writer(self.sock)
        self._blocked = False
        self.run()


class UdpServer(_Socket):
    """A server; `serve` makes one. Each message is a task of its own, so none waits for another [UDP-16]."""

    def __init__(self, sock: socket.socket, endpoint: UdpEndpoint, handler: Handler):
        super().__init__(sock, endpoint)
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def serve(cls, handler: Handler, host: str, port: int, *, timers: Timers = Timers()) -> UdpServer:
        """Listens and calls `handler` for each message; what it returns is sent back, None is no answer."""
        return await cls.bind(host, port, UdpEndpoint(server=True, timers=timers), handler=handler)

    def handle(self, action: Action) -> None:
        if isinstance(action, Deliver):
            task = self.loop.create_task(self._serve(action))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.failed.clear()

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        super().close()

    async def _serve(self, asked: Deliver) -> None:
        try:
            answer = await self._handler(asked.frame)
        finally:
            self.endpoint.taken(asked.frame)
        if answer is not None:
            try:
                self.endpoint.send(answer, asked.source, self.loop.time(), via=asked.via)
            except VstpError:
                return  # an answer that cannot be sent is dropped
            self.run()


class UdpClient(_Socket):
    """A client; `open` makes one. All its messages leave from one socket, to wherever they are sent [UDP-17]."""

    def __init__(self, sock: socket.socket, endpoint: UdpEndpoint, destination: Address):
        super().__init__(sock, endpoint)
        self.destination = destination
        self._inbox = Inbox()
        self._sends: dict[int, asyncio.Future[None]] = {}

    @classmethod
    async def open(
        cls, host: str, port: int, *, timers: Timers = Timers(), first_msg_id: int | None = None
    ) -> UdpClient:
        """A client whose messages go to this address unless they say otherwise. Nothing is sent yet."""
        family, target = await resolve(host, port)
        wildcard = "::" if family == socket.AF_INET6 else "0.0.0.0"
        endpoint = UdpEndpoint(server=False, timers=timers, first_msg_id=first_msg_id)
        return await cls.bind(wildcard, 0, endpoint, destination=from_system(target))

    @property
    def local_address(self) -> tuple[str, int]:
        """Where messages from the destination reach the client."""
        with socket.socket(self.family, socket.SOCK_DGRAM) as probe:
            probe.connect(_to_system(self.destination, self.family))
            return probe.getsockname()[0], self.address[1]

    async def send(self, message: Message, destination: Address | None = None, *, compress: bool = False) -> None:
        """Sends a message and returns when all its datagrams are handed to the operating system."""
        to = destination or self.destination
        self.failed.pop(to, None)
        await self._sent(message, to, compress=compress)
        if to in self.failed:
            raise VstpError(Kind.Io, str(self.failed.pop(to)))

    async def send_acknowledged(
        self, message: Message, destination: Address | None = None, *, compress: bool = False
    ) -> None:
        """Sends and repeats a message until its ACK has come; Timeout if it does not [RTX-5]."""
        await self._sent(message, destination or self.destination, compress=compress, acknowledged=True)

    async def receive(self, timeout: float | None = None) -> tuple[Frame, Address]:
        """The next message and its source; errors that a peer reports are raised in their place."""
        item = await self._inbox.get(timeout)
        assert isinstance(item, Deliver) and item.source is not None
        self.endpoint.taken(item.frame)
        return item.frame, item.source

    def close(self) -> None:
        closed = VstpError(Kind.ConnectionClosed, "the client is closed")
        for done in self._sends.values():
            settle(done, closed)
        self._inbox.end()
        super().close()

    async def _sent(self, message: Message, to: Address, **how: Any) -> None:
        done = self.loop.create_future()
        self._sends[self.endpoint.send(message, to, self.loop.time(), **how)] = done
        self.run()
        await done

    def handle(self, action: Action) -> None:
        if isinstance(action, Deliver):
            self._inbox.put(action)
        elif isinstance(action, Report):
            self._inbox.put(action.error)
        elif isinstance(action, Finished):
            settle(self._sends.pop(action.msg_id, None), action.error)


async def resolve(host: str, port: int, *, passive: bool = False) -> tuple[int, tuple]:
    """Family and system address of a host name or literal; InvalidAddress if there is none."""
    flags = socket.AI_PASSIVE if passive else 0
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=flags)
    except (OSError, UnicodeError) as error:
        raise VstpError(Kind.InvalidAddress, f"{host}: {error}") from error
    return found[0][0], found[0][4]


def from_system(address: tuple) -> Address:
    host = address[0]
    if ":" in host and "%" not in host:
        mapped = ipaddress.IPv6Address(host).ipv4_mapped
        host = host if mapped is None else str(mapped)
    return Address(host, address[1])


def _to_system(address: Address, family: int) -> tuple[str, int]:
    if family == socket.AF_INET6 and ":" not in address.host:
        return f"::ffff:{address.host}", address.port
    return address.host, address.port


def _arrival(control: list) -> tuple[int, int, bytes] | None:
    """The control message that makes a reply leave from the address at which the request arrived."""
    for level, kind, data in control:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO):
            return level, kind, struct.pack("=I4s4x", 0, data[4:8])
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return level, kind, data
    return None
