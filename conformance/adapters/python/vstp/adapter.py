"""The adapter of the test contract, T-4: one JSON object a line in, one a line out, as codec and as client."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import threading
from typing import Any, Callable

from . import __version__, compression, encodings
from .errors import Incomplete, Kind, VstpError
from .frame import MAX_FRAME, Frame, Type
from .message import Address, Message
from .tcp import TcpClient
from .timing import Timers
from .tls import client_context
from .udp import UdpClient, from_system, resolve

LONGEST_LINE = 33_554_432
CAPABILITIES = ["tcp", "udp", "tls", "compression", "varint", "string", "time-scale"]


def parse_address(text: str) -> tuple[str, int]:
    """host:port, an IPv6 host in brackets; InvalidAddress for anything else."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise VstpError(Kind.InvalidAddress, f"{text!r} is not host:port")
    return host, int(port)


def format_address(address: tuple[str, int]) -> str:
    return str(Address(*address))


def frame_in(fields: dict) -> Frame:
    """A frame of the adapter protocol; what is absent has its default."""
    return Frame(
        type=fields.get("type", Type.DATA),
        flags=fields.get("flags", 0),
        headers=tuple((bytes.fromhex(k), bytes.fromhex(v)) for k, v in fields.get("headers", ())),
        payload=bytes.fromhex(fields.get("payload", "")),
        version=fields.get("version", 1),
    )


def frame_out(frame: Frame) -> dict:
    return {
        "version": frame.version,
        "type": int(frame.type),
        "flags": int(frame.flags),
        "headers": [[k.hex(), v.hex()] for k, v in frame.headers],
        "payload": frame.payload.hex(),
    }


# --- the codec


def decode(request: dict) -> dict:
    frame, consumed = Frame.decode(bytes.fromhex(request["hex"]), request.get("limit", MAX_FRAME))
    return {"frame": frame_out(frame), "consumed": consumed}


def encode(request: dict) -> dict:
    if "type" not in request["frame"]:
        raise VstpError(Kind.Protocol, "the frame has no type")
    return {"hex": frame_in(request["frame"]).encode().hex()}


def decompress(request: dict) -> dict:
    return {"hex": compression.decompress(bytes.fromhex(request["hex"]), request.get("limit", MAX_FRAME)).hex()}


def varint_encode(request: dict) -> dict:
    return {"hex": encodings.encode_varint(int(request["value"])).hex()}


def varint_decode(request: dict) -> dict:
    value, consumed = encodings.decode_varint(bytes.fromhex(request["hex"]))
    return {"value": str(value), "consumed": consumed}


def string_encode(request: dict) -> dict:
    try:
        text = bytes.fromhex(request["value"]).decode()
    except UnicodeDecodeError:
        raise VstpError(Kind.Protocol, "the string is not UTF-8") from None
    return {"hex": encodings.encode_string(text).hex()}


def string_decode(request: dict) -> dict:
    text, consumed = encodings.decode_string(bytes.fromhex(request["hex"]))
    return {"value": text.encode().hex(), "consumed": consumed}


CODEC: dict[str, Callable[[dict], dict]] = {
    f.__name__: f
    for f in (decode, encode, decompress, varint_encode, varint_decode, string_encode, string_decode)
}


# --- the clients


class Clients:
    """The connections of an adapter, by their numbers."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.random = random.Random()
        self._open: dict[int, TcpClient | UdpClient] = {}
        self._last = 0

    def start(self, request: dict) -> dict:
        if request["protocol"] != 1:
            raise VstpError(Kind.Unsupported, "only protocol 1 is spoken")
        self.timers = Timers().scaled(request["time_scale"])
        self.random = random.Random(request["seed"])
        return {
            "name": "vstp for Python",
            "version": __version__,
            "roles": ["client", "codec"],
            "capabilities": CAPABILITIES,
        }

    async def connect(self, request: dict) -> dict:
        host, port = parse_address(request["addr"])
        first = self.random.getrandbits(63)
        client: TcpClient | UdpClient
        if request["transport"] == "udp":
            client = await UdpClient.open(host, port, timers=self.timers, first_msg_id=first)
        elif request["transport"] in ("tcp", "tls"):
            tls = None
            if request["transport"] == "tls":
                try:
                    tls = client_context(request.get("ca"))
                except OSError as error:
                    raise VstpError(Kind.Io, str(error)) from error
            client = await TcpClient.connect(host, port, tls=tls, timers=self.timers, first_msg_id=first)
        else:
            raise VstpError(Kind.Unsupported, f"the transport {request['transport']} is not offered")
        self._last += 1
        self._open[self._last] = client
        return {"conn": self._last}

    async def send(self, request: dict) -> dict:
        client, message, how = await self._sending(request)
        await client.send(message, **how)
        return {}

    async def send_ack(self, request: dict) -> dict:
        client, message, how = await self._sending(request)
        await client.send_acknowledged(message, **how)
        return {}

    async def recv(self, request: dict) -> dict:
        client = self._client(request)
        timeout = request["timeout_ms"] / 1000
        if isinstance(client, TcpClient):
            return {"frame": frame_out(await client.receive(timeout))}
        frame, source = await client.receive(timeout)
        return {"frame": frame_out(frame), "source": str(source)}

    async def close(self, request: dict) -> dict:
        client = self._client(request)
        del self._open[request["conn"]]
        if isinstance(client, TcpClient):
            await client.close()
        else:
            client.close()
        return {}

    async def local_addr(self, request: dict) -> dict:
        return {"addr": format_address(self._client(request).local_address)}

    async def close_all(self) -> None:
        await asyncio.gather(*(self.close({"conn": number}) for number in list(self._open)))

    def _client(self, request: dict) -> TcpClient | UdpClient:
        client = self._open.get(request["conn"])
        if client is None:
            raise VstpError(Kind.Protocol, f"there is no connection {request['conn']}")
        return client

    async def _sending(self, request: dict) -> tuple[Any, Message, dict]:
        client = self._client(request)
        if "frame" not in request:
            raise VstpError(Kind.Unsupported, "no Easy client is offered, which alone sends values")
        frame = frame_in(request["frame"])
        if frame.type != Type.DATA:
            raise VstpError(Kind.Unsupported, "applications send DATA only")
        how: dict[str, Any] = {"compress": request.get("compress", False)}
        if "destination" in request:
            if isinstance(client, TcpClient):
                raise VstpError(Kind.Unsupported, "a TCP connection has one destination")
            how["destination"] = from_system((await resolve(*parse_address(request["destination"])))[1])
        return client, Message(frame.headers, frame.payload), how


CLIENT = ("connect", "send", "send_ack", "recv", "close", "local_addr")


# --- the lines


def answer(request: object, result: dict | VstpError) -> None:
    """Writes one answer."""
    if isinstance(result, VstpError):
        line: dict[str, Any] = {"ok": False, "error": result.kind.name, "message": result.text}
        if result.remote:
            line["remote"] = True
        if isinstance(result, Incomplete):
            line["needed"] = result.needed
    else:
        line = {"ok": True, **result}
    if isinstance(request, dict) and "id" in request:
        line["id"] = request["id"]
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


MALFORMED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


def malformed(error: Exception) -> VstpError:
    return VstpError(Kind.Protocol, f"the request cannot be understood: {type(error).__name__}: {error}")


async def run() -> None:
    """Answers requests until `stop` or the end of standard input."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    threading.Thread(target=read_lines, args=(loop, lines), daemon=True).start()
    clients = Clients()
    tasks: set[asyncio.Task[None]] = set()

    async def carry_out(operation: Callable, request: dict) -> None:
        try:
            answer(request, await operation(request))
        except VstpError as error:
            answer(request, error)
        except MALFORMED as error:
            answer(request, malformed(error))

    while (line := await lines.get()) is not None:
        if not line.strip():
            continue
        request: Any = None
        try:
            if len(line) > LONGEST_LINE:
                raise VstpError(Kind.Protocol, f"the line has more than {LONGEST_LINE} octets")
            request = json.loads(line)
            operation = request["op"]
            if operation == "stop":
                break
            if operation in CLIENT:
                task = loop.create_task(carry_out(getattr(clients, operation), request))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            elif operation == "start":
                answer(request, clients.start(request))
            elif operation in CODEC:
                answer(request, CODEC[operation](request))
            else:
                raise VstpError(Kind.Unsupported, f"the operation {operation!r} is not known")
        except VstpError as error:
            answer(request, error)
        except MALFORMED as error:
            answer(request, malformed(error))
    await clients.close_all()
    if tasks:
        await asyncio.wait(tasks, timeout=1)
    if line is not None:
        answer(request, {})
    sys.stdout.flush()
    os._exit(0)  # the thread that reads may be in the middle of a line


def read_lines(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[bytes | None]) -> None:
    """Hands over the lines of standard input, of an overlong one as much as shows that it is one."""
    skipping = False
    while line := sys.stdin.buffer.readline(LONGEST_LINE + 1):
        if not skipping:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        skipping = not line.endswith(b"\n")
    loop.call_soon_threadsafe(lines.put_nowait, None)
