"""The families of vectors that need no time: octets in, values out, and back."""

import dataclasses
import functools
import random
import re
import unittest
import zlib

from tests.vectors import DIRECTORY, frame, headers, load, octets
from vstp import compression, encodings
from vstp.errors import Incomplete, VstpError
from vstp.fragment import must_split, split
from vstp.frame import DEFINED_FLAGS, MAX_FRAME, Flags, Frame, Type, decode_section, encode_section
from vstp.tcp_session import ServerSession

SPECIFICATION = DIRECTORY.parent / "spec" / "vstp.md"


def cleared(value):
    return dataclasses.replace(value, flags=value.flags & DEFINED_FLAGS)


def over(*families):
    """Makes a test of one vector a test of every vector of the families."""

    def decorate(test):
        @functools.wraps(test)
        def run(self):
            for family in families:
                for vector in load(family):
                    with self.subTest(f"{family}/{vector['name']}"):
                        test(self, vector)

        return run

    return decorate


class VectorTest(unittest.TestCase):
    def rejects(self, vector, function, *arguments):
        with self.assertRaises(VstpError) as caught:
            function(*arguments)
        if "error" in vector["expect"]:
            self.assertEqual(vector["expect"]["error"], caught.exception.kind.name)


class FrameVectors(VectorTest):
    @over("frame", "generated", "gofuzz")
    def test_decode(self, v):
        data, limit, expect = octets(v["octets"]), v.get("limit", MAX_FRAME), v["expect"]
        if expect["result"] == "accept":
            got, consumed = Frame.decode(data, limit)
            self.assertEqual(cleared(frame(expect["frame"])), got)
            self.assertEqual(expect["consumed"], consumed)
        elif expect["result"] == "incomplete":
            with self.assertRaises(Incomplete) as caught:
                Frame.decode(data, limit)
            self.assertEqual(expect["needed"], caught.exception.needed)
        else:
            self.rejects(v, Frame.decode, data, limit)

    @over("frame")
    def test_every_prefix_is_incomplete(self, v):
        if v["expect"]["result"] != "accept" or v["expect"]["consumed"] > 4096:
            return
        data = octets(v["octets"])[: v["expect"]["consumed"]]
        for end in range(len(data)):
            with self.assertRaises(Incomplete) as caught:
                Frame.decode(data[:end], v.get("limit", MAX_FRAME))
            self.assertEqual(len(data) if end >= 11 else 11, caught.exception.needed)

    @over("frame", "generated", "gofuzz")
    def test_encode(self, v):
        if v["expect"]["result"] == "accept" and "decode-only" not in v.get("tags", ()):
            want = octets(v["octets"])[: v["expect"]["consumed"]]
            self.assertEqual(want, frame(v["expect"]["frame"]).encode())

    @over("refuse")
    def test_refuse(self, v):
        self.rejects(v, frame(v["frame"]).encode, v.get("limit", MAX_FRAME))

    @over("header")
    def test_header(self, v):
        if "encode-only" in v.get("tags", ()):
            self.rejects(v, encode_section, headers(v["expect"]["headers"]))
        elif v["expect"]["result"] == "accept":
            section = octets(v["octets"])
            self.assertEqual(headers(v["expect"]["headers"]), decode_section(section))
            self.assertEqual(section, encode_section(headers(v["expect"]["headers"])))
        else:
            self.rejects(v, decode_section, octets(v["octets"]))

    @over("crc")
    def test_crc(self, v):
        self.assertEqual(v["expect"]["crc"], f"{zlib.crc32(octets(v['octets'])):08x}")

    @over("priority")
    def test_priority(self, v):
        value = octets(v["octets"])[0]
        if v["expect"]["result"] == "accept":
            kind = Type(value)
            got = {"result": "accept", "name": kind.name, "priority": kind.priority, "control": kind.control}
            self.assertEqual(v["expect"], got)
        else:
            self.assertRaises(ValueError, Type, value)

    @over("flags")
    def test_flags(self, v):
        value = octets(v["octets"])[0]
        if "names" in v["expect"]:
            self.assertEqual(v["expect"]["names"], [f.name for f in Flags if value & f])
            self.assertEqual(v["expect"]["reserved"], value & ~DEFINED_FLAGS)

    @over("stream")
    def test_stream(self, v):
        data, expect = octets(v["octets"]), v["expect"]
        got, at, end = [], 0, {"result": "accept"}
        while at < len(data):
            try:
                value, consumed = Frame.decode(data[at:], v.get("limit", MAX_FRAME))
                got.append(value)
                at += consumed
            except Incomplete as error:
                end = {"result": "incomplete", "needed": error.needed}
                break
            except VstpError as error:
                if error.kind.name != "InvalidFrameType":
                    end = {"result": "reject", "error": error.kind.name}
                    break
                got.append(error.kind.name)
                at += 15 + int.from_bytes(data[at + 5 : at + 7], "little") + int.from_bytes(
                    data[at + 7 : at + 11], "big"
                )
        want = [f["error"] if "error" in f else cleared(frame(f)) for f in expect["frames"]]
        self.assertEqual(want, got)
        self.assertEqual(expect["consumed"], at)
        self.assertEqual({k: x for k, x in expect.items() if k not in ("frames", "consumed")}, end)


class StreamVectors(VectorTest):
    @over("stream")
    def test_every_cut(self, v):
        """However a stream is cut, a session does the same [TCP-5]."""
        data = octets(v["octets"])
        cuts = [[data], [data[i : i + 1] for i in range(len(data))]]
        cuts += [[data[:i], data[i:]] for i in range(0, len(data), max(1, len(data) // 200))]
        outcomes = set()
        for pieces in cuts:
            session = ServerSession(0, limit=v.get("limit", MAX_FRAME))
            session.session_id = 1
            for piece in pieces:
                session.receive(piece, 0)
            outcomes.add(tuple(session.take_actions()))
        self.assertEqual(1, len(outcomes))


class OtherVectors(VectorTest):
    @over("gzip")
    def test_gzip(self, v):
        data, limit = octets(v["octets"]), v.get("limit", MAX_FRAME)
        if v["expect"]["result"] == "accept":
            self.assertEqual(octets(v["expect"]["plain"]), compression.decompress(data, limit))
        else:
            self.rejects(v, compression.decompress, data, limit)

    def test_compress_round_trip(self):
        self.assertIsNone(compression.compress(b"A" * 1023))
        self.assertIsNone(compression.compress(random.Random(1).randbytes(1024)))
        member = compression.compress(b"A" * 1024)
        self.assertLess(len(member), 1024)
        self.assertEqual(b"A" * 1024, compression.decompress(member))

    @over("split")
    def test_split(self, v):
        message, expect = frame(v["message"]), v["expect"]
        if "msg_id" in v:
            message = dataclasses.replace(
                message, headers=(*message.headers, (b"msg-id", v["msg_id"].encode()))
            )
        try:
            if must_split(message):
                datagrams = split(message, int(v.get("frag_id", 0)))
            else:
                datagrams = [message.encode()]
        except VstpError as error:
            self.assertIn(expect["result"], ("reject", "either"))
            self.assertEqual("FrameTooLarge", error.kind.name)
            return
        self.assertNotEqual("reject", expect["result"])
        self.assertTrue(expect["count"][0] <= len(datagrams) <= expect["count"][1], len(datagrams))
        for want, got in zip(expect.get("datagrams", ()), datagrams):
            self.assertEqual(octets(want), got)
        self.assertLessEqual(max(map(len, datagrams)), 1200)

    @over("varint")
    def test_varint(self, v):
        if v["expect"]["result"] == "accept":
            data, value = octets(v["octets"]), int(v["expect"]["value"])
            self.assertEqual((value, v["expect"]["consumed"]), encodings.decode_varint(data))
            if "decode-only" not in v.get("tags", ()):
                self.assertEqual(data[: v["expect"]["consumed"]], encodings.encode_varint(value))
        else:
            self.rejects(v, encodings.decode_varint, octets(v["octets"]))

    @over("string")
    def test_string(self, v):
        expect = v["expect"]
        if "text" not in expect:
            self.rejects(v, encodings.decode_string, octets(v["octets"]))
            return
        text = expect["text"] * expect.get("repeat", 1)
        if "encode-only" in v.get("tags", ()):
            self.rejects(v, encodings.encode_string, text)
        else:
            data = octets(v["octets"])
            self.assertEqual((text, expect["consumed"]), encodings.decode_string(data))
            self.assertEqual(data[: expect["consumed"]], encodings.encode_string(text))


class Examples(unittest.TestCase):
    def test_every_block_of_the_specification(self):
        """The frames that the specification takes apart, section 24 and Annex F."""
        blocks = re.findall(r"```vstp-hex (\w+)([^\n]*)\n(.*?)```", SPECIFICATION.read_text(), re.S)
        self.assertGreater(len(blocks), 60)
        for verdict, rest, body in blocks:
            data = b"".join(bytes.fromhex(line.partition("  ")[0]) for line in body.splitlines())
            with self.subTest(verdict + rest):
                if verdict == "accept":
                    got, consumed = Frame.decode(data)
                    self.assertEqual(len(data), consumed)
                else:
                    with self.assertRaises(VstpError) as caught:
                        Frame.decode(data)
                    want = "Incomplete" if verdict == "incomplete" else rest.split()[0]
                    self.assertEqual(want, caught.exception.kind.name)
