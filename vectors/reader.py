#!/usr/bin/env python3
"""Reads the vectors and does what they ask for, with Python's standard library.

A second reading of the specification, and an example for whoever wants to use
the vectors from another language: it shares no code with the rest of the
repository. Of the family trace it plays the machine udp-server.

    python3 reader.py [DIRECTORY]
"""

import json
import pathlib
import struct
import sys
import zlib

DEFAULT_LIMIT = 8388608
HELLO, WELCOME, DATA, PING, PONG, BYE, ACK, ERR = range(1, 9)
REQ_ACK, CRC, FRAG, COMP = 0x01, 0x02, 0x10, 0x20
DEFINED = REQ_ACK | CRC | FRAG | COMP
FLAG_NAMES = {REQ_ACK: "REQ_ACK", CRC: "CRC", FRAG: "FRAG", COMP: "COMP"}
TYPES = {  # name and priority
    HELLO: ("HELLO", 150), WELCOME: ("WELCOME", 150), DATA: ("DATA", 50), PING: ("PING", 100),
    PONG: ("PONG", 100), BYE: ("BYE", 150), ACK: ("ACK", 200), ERR: ("ERR", 255),
}


# --- the notation


def octets(text):
    """Octets out of groups of hex digits, some of them repeated."""
    out = b""
    for group in text.split():
        digits, _, times = group.partition("*")
        out += bytes.fromhex(digits) * int(times or 1)
    return out


def headers(rows):
    """Headers out of [KEY, VALUE] and [KEY, VALUE, TIMES]."""
    out = []
    for key, value, *times in rows:
        out += [(octets(key), octets(value))] * (times[0] if times else 1)
    return out


def frame_of(fields):
    """The frame that a vector shows, or the message, which is DATA."""
    return (fields.get("version", 1), fields.get("type", DATA), fields["flags"], headers(fields["headers"]), octets(fields["payload"]))


# --- the codec


class Refused(Exception):
    """What a decoder or an encoder refuses; the argument is the error's name."""


class Incomplete(Exception):
    """More octets are needed; the argument is how many in all."""


def section_of(section):
    found = []
    while section:
        if len(section) < 2:
            raise Refused("Protocol")  # HDR-7
        key, value = section[0], section[1]
        if len(section) - 2 < key + value:
            raise Refused("Protocol")  # HDR-6
        found.append((section[2 : 2 + key], section[2 + key : 2 + key + value]))
        section = section[2 + key + value :]
    return found


def encode_section(rows):
    out = b""
    for key, value in rows:
        if len(key) > 255 or len(value) > 255:
            raise Refused("Protocol")  # HDR-2
        out += bytes([len(key), len(value)]) + key + value
    if len(out) > 65535:
        raise Refused("FrameTooLarge")  # FRM-8
    return out


def decode(data, limit=DEFAULT_LIMIT):
    """The first frame and the octets that it takes. FRM-9 gives the order."""
    if data[:2] != b"VT"[: len(data)]:
        raise Refused("InvalidMagic")
    if data[2:3] not in (b"\x01", b""):
        raise Refused("InvalidVersion")
    if len(data) < 11:
        raise Incomplete(11)
    (section,) = struct.unpack("<H", data[5:7])
    (payload,) = struct.unpack(">I", data[7:11])
    total = 15 + section + payload
    if total > limit:
        raise Refused("FrameTooLarge")
    if len(data) < total:
        raise Incomplete(total)
    if struct.pack(">I", zlib.crc32(data[: total - 4])) != data[total - 4 : total]:
        raise Refused("CrcMismatch")
    if data[3] not in TYPES:
        raise Refused("InvalidFrameType")
    found = section_of(data[11 : 11 + section])
    return (data[2], data[3], data[4], found, data[11 + section : total - 4]), total


def encode(frame, limit=DEFAULT_LIMIT):
    version, kind, flags, rows, payload = frame
    if version != 1 or kind not in TYPES:
        raise Refused("Protocol")  # FRM-2, TYP-2
    section = encode_section(rows)
    body = b"VT" + bytes([version, kind, flags]) + struct.pack("<H", len(section)) + struct.pack(">I", len(payload)) + section + payload
    if len(body) + 4 > limit:
        raise Refused("FrameTooLarge")  # LIM-4
    return body + struct.pack(">I", zlib.crc32(body))


def gunzip(data, limit=DEFAULT_LIMIT):
    """The content of exactly one gzip member."""
    member = zlib.decompressobj(31)
    try:
        plain = member.decompress(data, limit + 1)
    except zlib.error:
        raise Refused("BadCompression") from None
    if len(plain) > limit:
        raise Refused("FrameTooLarge")  # CMP-8
    if not member.eof or member.unused_data:
        raise Refused("BadCompression")  # CMP-6, CMP-7
    return plain


def decimal(text, limit):
    """A canonical decimal up to a limit, else None."""
    if not text or not text.isdigit() or (text[0:1] == b"0" and text != b"0") or int(text) > limit:
        return None
    return int(text)


def msg_id(rows):
    """The valid msg-id among headers, as text, else None. The first one counts."""
    for key, value in rows:
        if key == b"msg-id":
            return None if decimal(value, 2**64 - 1) is None else value
    return None


# --- a UDP server


class Server:
    """A UDP server: reassembly, acknowledgement, suppression of copies."""

    FRAGMENT = (b"frag-id", b"frag-index", b"frag-total")

    def __init__(self, limit, compression):
        self.limit, self.compression = limit, compression
        self.sessions = {}  # by source, frag-id and msg-id
        self.records = {}  # of messages delivered: when
        self.sources = []  # of messages delivered, in order

    def datagram(self, now, data, source):
        try:
            frame, total = decode(data, self.limit)
        except (Refused, Incomplete):
            return []
        if total != len(data):
            return []
        _, kind, flags, rows, payload = frame
        if flags & FRAG:
            return self.fragment(now, frame, source)
        out = []
        if kind == DATA:
            return self.message(now, flags & DEFINED, rows, payload, source)
        if kind in (HELLO, PING, BYE) and flags & REQ_ACK and msg_id(rows):
            out.append(("ack", msg_id(rows), source))
        if kind == PING and len(data) <= 1200:
            out.append(("pong", payload, source))
        return out

    def fragment(self, now, frame, source):
        _, kind, flags, rows, payload = frame
        values = {key: [v for k, v in rows if k == key] for key in self.FRAGMENT}
        numbers = [decimal(v[0], 255) if len(v) == 1 else None for v in values.values()]
        if kind != DATA or None in numbers:
            return []  # FLG-5
        name, index, total = numbers
        if index >= total or len(payload) > 1200:
            return []  # RAS-6, RAS-18
        own = [(k, v) for k, v in rows if k not in self.FRAGMENT]
        flags &= DEFINED
        key = (source, name, msg_id(rows))
        session = self.sessions.get(key)
        if session and now >= session["deadline"]:
            session = None  # RAS-8
        if session:
            known = session["parts"].get(index)
            if known == payload and session["same"] == (total, flags, own):
                return []  # RAS-4
            if known is not None or session["same"] != (total, flags, own):
                session = None  # RAS-5
        if not session:
            session = {"deadline": now + 30000, "same": (total, flags, own), "parts": {}}
            self.sessions[key] = session
        session["parts"][index] = payload
        if len(session["parts"]) < total:
            return []
        del self.sessions[key]
        whole = b"".join(session["parts"][i] for i in range(total))
        return self.message(now, flags & ~FRAG, own, whole, source)

    def message(self, now, flags, rows, payload, source):
        out = []
        plain = payload
        if flags & COMP:
            if not self.compression:
                return []  # CMP-11
            try:
                plain = gunzip(payload, self.limit)
            except Refused:
                return []
        name = msg_id(rows)
        if flags & REQ_ACK and name:
            out.append(("ack", name, source))
        record = (source, name, flags, tuple(rows), payload)
        if name and now - self.records.get(record, -30000) < 30000:
            return out  # ACK-6
        self.records[record] = now
        self.sources.append(source)
        return out + [("deliver", flags & ~COMP, rows, plain, source)]


# --- the families


def outcome(v, decoder):
    """Compares what a decoder makes of the octets with what is expected."""
    expect = v["expect"]
    try:
        found = decoder(octets(v["octets"]))
    except Refused as refused:
        assert expect["result"] == "reject" and expect.get("error", refused.args[0]) == refused.args[0], refused
    except Incomplete as incomplete:
        assert expect["result"] == "incomplete" and expect["needed"] == incomplete.args[0], incomplete
    else:
        assert expect["result"] == "accept", found
        return found
    return None


def refuses(encoder):
    try:
        encoder()
    except Refused:
        return
    raise AssertionError("was not refused")


def frame(v):
    found = outcome(v, lambda data: decode(data, v.get("limit", DEFAULT_LIMIT)))
    if found:
        assert found == (frame_of(v["expect"]["frame"]), v["expect"]["consumed"])
        if "decode-only" not in v.get("tags", []):
            assert encode(found[0]) == octets(v["octets"])[: found[1]]


def refuse(v):
    refuses(lambda: encode(frame_of(v["frame"]), v.get("limit", DEFAULT_LIMIT)))


def header(v):
    if "encode-only" in v.get("tags", []):
        refuses(lambda: encode_section(headers(v["expect"]["headers"])))
        return
    found = outcome(v, section_of)
    if found is not None:
        assert found == headers(v["expect"]["headers"])
        assert encode_section(found) == octets(v["octets"])


def crc(v):
    assert "%08x" % zlib.crc32(octets(v["octets"])) == v["expect"]["crc"]


def flags(v):
    (bits,) = octets(v["octets"])
    expect = v["expect"]
    if "transport" in v and bits & FRAG and (v["type"] != DATA or v["transport"] == "tcp"):
        assert expect == {"result": "reject", "error": "BadFragment"}  # FLG-5, FLG-6
        return
    assert expect["names"] == [FLAG_NAMES[bit] for bit in FLAG_NAMES if bits & bit]
    assert expect["reserved"] == bits & ~DEFINED
    if "transport" in v:
        honoured = REQ_ACK | FRAG | COMP if v["type"] == DATA else REQ_ACK if v["type"] in (HELLO, PING, BYE) else 0
        assert expect["honoured"] == [FLAG_NAMES[bit] for bit in FLAG_NAMES if bits & bit & honoured]


def priority(v):
    (kind,) = octets(v["octets"])
    if kind in TYPES:
        name, number = TYPES[kind]
        assert v["expect"] == {"result": "accept", "name": name, "priority": number, "control": kind != DATA}
    else:
        assert v["expect"] == {"result": "reject", "error": "InvalidFrameType"}


def gzip(v):
    plain = outcome(v, lambda data: gunzip(data, v.get("limit", DEFAULT_LIMIT)))
    assert plain is None or plain == octets(v["expect"]["plain"])


def stream(v):
    data, expect, limit = octets(v["octets"]), v["expect"], v.get("limit", DEFAULT_LIMIT)
    cuts = range(len(data) + 1) if len(data) < 1000 else (0, 1, len(data) // 2, len(data))
    for cut in cuts:
        found, rest, consumed, fault = [], b"", 0, None
        for piece in (data[:cut], data[cut:]):
            rest += piece
            while rest and not fault:
                try:
                    item, size = decode(rest, limit)
                    found.append(item)
                except Refused as refused:
                    if refused.args[0] != "InvalidFrameType":
                        fault = refused.args[0]
                        break
                    found.append(None)  # TYP-4: the next frame follows
                    size = 15 + struct.unpack("<H", rest[5:7])[0] + struct.unpack(">I", rest[7:11])[0]
                except Incomplete:
                    break
                consumed, rest = consumed + size, rest[size:]
        want = [None if "error" in f else frame_of(f) for f in expect["frames"]]
        assert (found, consumed, fault) == (want, expect["consumed"], expect.get("error")), cut
        result = "reject" if fault else "incomplete" if rest else "accept"
        assert expect["result"] == result, cut


def split(v):
    _, kind, bits, rows, payload = frame_of(v["message"])
    own = rows + ([(b"msg-id", v["msg_id"].encode())] if "msg_id" in v else [])
    whole = 15 + len(encode_section(own)) + len(payload) <= 1200
    expect = v["expect"]
    if expect["result"] == "reject":
        assert not whole and expect["error"] == "FrameTooLarge"
        return
    least, most = expect["count"]
    assert (most == 1) == whole and least <= most
    joined = b""
    for i, text in enumerate(expect.get("datagrams", [])):
        data = octets(text)
        (_, k, f, found, piece), size = decode(data)
        assert size == len(data) <= 1200 and len(piece) <= 1200 and k == kind
        joined += piece
        total = str(len(expect["datagrams"])).encode()
        extra = [] if whole else [(b"frag-id", v["frag_id"].encode()), (b"frag-index", b"%d" % i), (b"frag-total", total)]
        assert found == own + extra and f == bits | (0 if whole else FRAG)
    if "datagrams" in expect:
        assert joined == payload and least <= len(expect["datagrams"]) <= most


def shown(out):
    """An output as the class Server writes it."""
    if "deliver" in out:
        _, _, bits, rows, payload = frame_of(out["deliver"])
        return ("deliver", bits, rows, payload, out["from"])
    if "data" in out:
        return ("data", frame_of(out["data"])[2:], out["to"])
    if "ack" in out:
        return ("ack", out["ack"].encode(), out["to"])
    return ("pong", octets(out["pong"]), out["to"])


def reassembly(v):
    server = Server(v.get("limit", DEFAULT_LIMIT), "no-compression" not in v.get("tags", []))
    for event in v["events"]:
        came = event.get("in", {})
        found = []
        if "datagram" in came:
            found = server.datagram(event["at_ms"], octets(came["datagram"]), came["from"])
        elif "answer" in came:
            found = [("data", frame_of(came["answer"])[2:], server.sources[came["of"] - 1])]
        # A free output may be missing, and this server leaves it out.
        want = [shown(out) for out in event["out"] if "free" not in out]
        assert sorted(map(repr, found)) == sorted(map(repr, want)), (event["at_ms"], found)


def trace(v):
    if v["machine"] != "udp-server":
        return False
    return reassembly(v)


def easy(v):
    def constant(name):
        raise ValueError(name)  # NaN and Infinity, which Python would take

    try:
        value = json.loads(octets(v["octets"]).decode("utf-8"), parse_constant=constant)
    except ValueError:
        assert v["expect"] == {"result": "reject", "error": "DeserializationError"}
    else:
        assert v["expect"] == {"result": "accept", "json": value}


def varint_of(data):
    value = 0
    for i, octet in enumerate(data[:10]):
        if i == 9 and octet > 1:
            break
        value |= (octet & 0x7F) << (7 * i)
        if octet < 0x80:
            return value, i + 1
    raise Refused("Protocol")


def varint(v):
    found = outcome(v, varint_of)
    assert not found or found == (int(v["expect"]["value"]), v["expect"]["consumed"])


def string_of(data):
    if len(data) < 2 or len(data) - 2 < struct.unpack("<H", data[:2])[0]:
        raise Refused("Protocol")
    size = 2 + struct.unpack("<H", data[:2])[0]
    try:
        return data[2:size].decode("utf-8"), size
    except UnicodeDecodeError:
        raise Refused("Protocol") from None


def string(v):
    expect = v["expect"]
    text = expect.get("text", "") * expect.get("repeat", 1)
    if "encode-only" in v.get("tags", []):
        assert len(text.encode("utf-8")) > 65535
        return
    found = outcome(v, string_of)
    assert not found or found == (text, expect["consumed"])


FAMILIES = {f.__name__: f for f in (crc, easy, flags, frame, gzip, header, priority, reassembly, refuse, split, stream, string, trace, varint)}
FAMILIES["generated"] = FAMILIES["gofuzz"] = frame


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    files = [f for f in sorted(directory.glob("*.json")) if not f.name.endswith(".schema.json")]
    faults = 0
    for file in files:
        family = json.loads(file.read_text(encoding="utf-8"))
        done = 0
        for v in family["vectors"]:
            try:
                done += FAMILIES[family["family"]](v) is not False
            except AssertionError as fault:
                faults += 1
                print(f"{family['family']}/{v['name']}: {fault}")
        print(f"{family['family']}: {done} of {len(family['vectors'])}")
    sys.exit(1 if faults or not files else 0)


if __name__ == "__main__":
    main()
