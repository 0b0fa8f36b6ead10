"""Clients and servers over real sockets of this host, and the two programs."""

import asyncio
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import warnings

from vstp import Frame, Kind, Message, TcpClient, TcpServer, Timers, Type, UdpClient, UdpServer, VstpError, echo
from vstp.message import Address
from vstp.tls import client_context, server_context

HERE = pathlib.Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
QUICK = Timers().scaled(0.1)
HELLO = Message(((b"test", b"value"),), b"Hello")


class Sockets(unittest.IsolatedAsyncioTestCase):
    async def serve(self, **how):
        server = await TcpServer.serve(echo, HOST, 0, timers=QUICK, **how)
        self.addCleanup(server.close)
        return server.address[1]

    async def serve_udp(self):
        server = await UdpServer.serve(echo, HOST, 0, timers=QUICK)
        self.addCleanup(server.close)
        return server.address[1]

    async def refused(self, kind, awaitable):
        with self.assertRaises(VstpError) as caught:
            await awaitable
        self.assertIs(kind, caught.exception.kind)
        return caught.exception


class Tcp(Sockets):
    async def test_exchange(self):
        client = await TcpClient.connect(HOST, await self.serve())
        await client.send(HELLO)
        await client.send_acknowledged(Message((), b"A" * 5000), compress=True)
        first, second = await client.receive(5), await client.receive(5)
        self.assertEqual((HELLO.headers, HELLO.payload), (first.headers, first.payload))
        self.assertEqual(b"A" * 5000, second.payload)
        await client.close()
        await self.refused(Kind.ConnectionClosed, client.send(HELLO))
        await self.refused(Kind.ConnectionClosed, client.receive(5))

    async def test_refusals_send_nothing(self):
        client = await TcpClient.connect(HOST, await self.serve())
        await self.refused(Kind.Protocol, client.send(Message(((b"msg-id", b"1"),))))
        await self.refused(Kind.Protocol, client.send(Message(((b"k" * 256, b""),))))
        await self.refused(Kind.FrameTooLarge, client.send(Message((), bytes(8_388_608))))
        await client.send(HELLO)
        self.assertEqual(b"Hello", (await client.receive(5)).payload)
        await client.close()

    async def test_receive_times_out_and_loses_nothing(self):
        client = await TcpClient.connect(HOST, await self.serve())
        await client.send(Message(((b"x-delay-ms", b"200"),), b"late"))
        await self.refused(Kind.Timeout, client.receive(0.01))
        self.assertEqual(b"late", (await client.receive(5)).payload)
        await client.close()

    async def test_reported_errors_keep_their_place(self):
        peer = await self.peer(
            Frame(Type.DATA, payload=b"1").encode()
            + Frame(Type.ERR, headers=((b"err-code", b"16"),)).encode()
            + Frame(Type.DATA, payload=b"2").encode()
        )
        client = await TcpClient.connect(HOST, peer)
        self.assertEqual(b"1", (await client.receive(5)).payload)
        self.assertTrue((await self.refused(Kind.RateLimited, client.receive(5))).remote)
        self.assertEqual(b"2", (await client.receive(5)).payload)
        await self.refused(Kind.ConnectionClosed, client.receive(5))
        await client.close()

    async def test_fault_is_reported_once(self):
        client = await TcpClient.connect(HOST, await self.peer(b"VT\x02"))
        self.assertFalse((await self.refused(Kind.InvalidVersion, client.receive(5))).remote)
        await self.refused(Kind.ConnectionClosed, client.receive(5))
        await client.close()

    async def test_no_ack(self):
        client = await TcpClient.connect(HOST, await self.peer(b"", end=False), timers=Timers(ack_timeout=0.05))
        await self.refused(Kind.Timeout, client.send_acknowledged(HELLO))
        await client.close(wait=0)

    async def peer(self, octets, end=True):
        """A server that sends these octets to whoever connects, and then perhaps no more."""

        async def connected(reader, writer):
            writer.write(octets)
            if end:
                writer.write_eof()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(connected, HOST, 0)
        self.addCleanup(server.close)
        return server.sockets[0].getsockname()[1]

    async def test_refused_connection(self):
        with socket.socket() as free:
            free.bind((HOST, 0))
            await self.refused(Kind.Io, TcpClient.connect(HOST, free.getsockname()[1]))


class Udp(Sockets):
    async def test_exchange(self):
        port = await self.serve_udp()
        client = await UdpClient.open(HOST, port, timers=QUICK)
        await client.send(HELLO)
        frame, source = await client.receive(5)
        self.assertEqual((HELLO.headers, HELLO.payload), (frame.headers, frame.payload))
        self.assertEqual(Address(HOST, port), source)
        await client.send_acknowledged(Message((), bytes(284_325)))
        frame, _ = await client.receive(5)
        self.assertEqual(bytes(284_325), frame.payload)
        client.close()

    async def test_another_destination(self):
        client = await UdpClient.open(HOST, await self.serve_udp())
        other = Address(HOST, await self.serve_udp())
        await client.send_acknowledged(HELLO, other)
        self.assertEqual(other, (await client.receive(5))[1])
        client.close()

    async def test_no_ack(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind((HOST, 0))
            client = await UdpClient.open(HOST, silent.getsockname()[1], timers=QUICK)
            await self.refused(Kind.Timeout, client.send_acknowledged(HELLO))
            client.close()
            silent.setblocking(False)
            copies = {silent.recv(2000) for _ in range(4)}  # the original and three more, all the same [RTX-2] [RTX-10]
            self.assertEqual(1, len(copies))
            self.assertRaises(BlockingIOError, silent.recv, 2000)

    async def test_refusals(self):
        client = await UdpClient.open(HOST, 9)
        await self.refused(Kind.FrameTooLarge, client.send(Message((), bytes(306_001))))
        await self.refused(Kind.FrameTooLarge, client.send(Message(((b"k" * 250, b"v" * 250),) * 3)))
        client.close()


@unittest.skipUnless(shutil.which("openssl"), "TLS was not tried: there is no openssl to make certificates with")
class Tls(Sockets):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.certificate, cls.key = f"{cls.directory.name}/cert.pem", f"{cls.directory.name}/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-keyout", cls.key, "-out", cls.certificate, "-subj", "/CN=test", "-days", "2"]
            + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True,
            capture_output=True,
        )

    async def listen(self, client_ca=None):
        return await self.serve(tls=server_context(self.certificate, self.key, client_ca))

    async def test_exchange(self):
        client = await TcpClient.connect(HOST, await self.listen(), tls=client_context(self.certificate))
        await client.send_acknowledged(Message((), bytes(1_000_000)))
        self.assertEqual(1_000_000, len((await client.receive(5)).payload))
        await client.close()

    async def test_unknown_root_is_refused(self):
        port = await self.listen()
        await self.refused(Kind.Io, TcpClient.connect(HOST, port, tls=client_context()))

    async def test_lower_versions_are_refused(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(self.certificate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.maximum_version = ssl.TLSVersion.TLSv1_2
        await self.refused(Kind.Io, TcpClient.connect(HOST, await self.listen(), tls=old))

    async def test_client_without_certificate_is_refused(self):
        port = await self.listen(self.certificate)
        client = await TcpClient.connect(HOST, port, tls=client_context(self.certificate))
        await self.refused(Kind.ConnectionClosed, client.receive(5))
        await client.close()
        known = client_context(self.certificate)
        known.load_cert_chain(self.certificate, self.key)
        client = await TcpClient.connect(HOST, port, tls=known)
        await client.send_acknowledged(HELLO)
        await client.close()

    async def test_answers_after_the_clients_end(self):
        """A client that has said all, with close_notify, still gets its answers [TCP-11]."""
        port = await self.listen()

        def talk():
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = client_context(self.certificate).wrap_bio(incoming, outgoing, server_hostname=HOST)
            with socket.create_connection((HOST, port)) as connection:

                def step(operation, *arguments):
                    while True:
                        try:
                            return operation(*arguments)
                        except ssl.SSLWantReadError:
                            if outgoing.pending:
                                connection.sendall(outgoing.read())
                            data = connection.recv(65_536)
                            incoming.write(data) if data else incoming.write_eof()

                step(tls.do_handshake)
                tls.write(Frame(Type.DATA, 0, ((b"x-delay-ms", b"100"),), b"late").encode())
                try:
                    tls.unwrap()
                except ssl.SSLWantReadError:
                    pass
                connection.sendall(outgoing.read())
                return step(tls.read, 1000)

        answer = await asyncio.to_thread(talk)
        self.assertEqual(b"late", Frame.decode(answer)[0].payload)

    async def test_plaintext_is_no_handshake(self):
        reader, writer = await asyncio.open_connection(HOST, await self.listen())
        writer.write(Frame(Type.HELLO).encode())
        self.assertNotIn(b"VT\x01", await reader.read())
        writer.close()


class Programs(unittest.TestCase):
    def program(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "vstp", *arguments],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        return process

    def test_adapter_against_server(self):
        server = self.program("serve", "--tcp", f"{HOST}:0", "--udp", f"{HOST}:0", "--time-scale", "0.1")
        ready = json.loads(server.stdout.readline())
        adapter = self.program("adapter")

        def ask(**request):
            adapter.stdin.write(json.dumps(request) + "\n")
            adapter.stdin.flush()
            return json.loads(adapter.stdout.readline())

        self.assertTrue(ask(op="start", protocol=1, time_scale=0.1, seed=7)["ok"])
        self.assertEqual("InvalidAddress", ask(op="connect", id=0, transport="udp", addr="nonsense")["error"])
        for number, transport in enumerate(("tcp", "udp"), 1):
            answer = ask(op="connect", id=1, transport=transport, addr=ready[transport])
            self.assertEqual({"ok": True, "id": 1, "conn": number}, answer)
            sent = {"headers": [["74657374", "76616c7565"]], "payload": "48656c6c6f"}
            self.assertEqual({"ok": True, "id": 2}, ask(op="send_ack", id=2, conn=number, frame=sent))
            answer = ask(op="recv", id=3, conn=number, timeout_ms=5000)
            self.assertEqual({**sent, "version": 1, "type": 3, "flags": 0}, answer["frame"])
            self.assertEqual("Timeout", ask(op="recv", id=4, conn=number, timeout_ms=1)["error"])
            self.assertRegex(ask(op="local_addr", id=5, conn=number)["addr"], r"^127\.0\.0\.1:\d+$")
            refused = {"headers": [["6d73672d6964", "31"]]}
            self.assertEqual("Protocol", ask(op="send", id=6, conn=number, frame=refused)["error"])
            self.assertEqual({"ok": True, "id": 7}, ask(op="close", id=7, conn=number))
            self.assertEqual("Protocol", ask(op="close", id=8, conn=number)["error"])
        self.assertEqual("Unsupported", ask(op="nonsense")["error"])
        self.assertEqual({"ok": True}, ask(op="stop"))
        self.assertEqual(0, adapter.wait())
        server.stdin.close()
        self.assertEqual(0, server.wait())
