"""The families reassembly and trace: the cores of the endpoints against time lines, in virtual time."""

import unittest

from tests.vectors import frame, load, octets
from vstp.errors import VstpError
from vstp.frame import ERR_CODE, FRAGMENT_KEYS, MAX_FRAME, MSG_ID, SESSION_ID, Flags, Frame, Type, decimal
from vstp.message import Address, Close, Datagram, Deliver, EndSending, Finished, Message, Report, Transmit
from vstp.tcp_session import ClientSession, ServerSession
from vstp.udp_endpoint import UdpEndpoint

STEP = 0.001


def address(label):
    return Address(label[0], int(label[1:] or 0))


def message(value):
    """A message as it is compared, on either side."""
    headers = tuple(h for h in value.headers if h[0] not in FRAGMENT_KEYS)
    return ("message", value.flags & 0x33, headers, value.payload)


def without_crc(value):
    return (value[0], value[1] & ~Flags.CRC, *value[2:])


class Machine:
    """One endpoint under a trace. What it does is put down as tuples, the notation of the vectors as well."""

    def __init__(self, vector):
        self.kind = vector.get("machine", "udp-server")
        self.limit = vector.get("limit", MAX_FRAME)
        self.core = None
        self.delivered = []
        self.clock = 0.0
        self.labels = {}

    @property
    def server(self):
        return self.kind.endswith("server")

    @property
    def udp(self):
        return "udp" in self.kind

    def start(self):
        if self.udp:
            self.core = UdpEndpoint(server=self.server, limit=self.limit, first_msg_id=1)
        elif self.server:
            self.core = ServerSession(0, limit=self.limit)
        else:
            self.core = ClientSession(0, limit=self.limit, first_msg_id=1)

    def until(self, end):
        """Lets time pass; yields what comes of it with its times."""
        if self.core is None:
            return []
        found = []
        while (due := self.core.next_timeout()) is not None and due <= end:
            self.clock = max(self.clock, due)
            self.core.advance(self.clock)
            found += [(self.clock, shown) for shown in self.did()]
        self.clock = end
        return found

    def feed(self, event):
        """One input; yields what comes of it."""
        if self.core is None:
            self.start()
        now, core, refused = self.clock, self.core, []
        try:
            if "octets" in event:
                core.receive(octets(event["octets"]), now)
            elif "end" in event:
                core.end_of_stream(now)
            elif "reset" in event:
                core.broken()
            elif "datagram" in event:
                core.receive(octets(event["datagram"]), address(event["from"]), now)
            elif "answer" in event:
                self.answer(event, now)
            elif "send" in event or "send_ack" in event:
                self.send(event, now)
            elif "close" in event:
                core.close(now)
            else:
                assert event.keys() & {"connected", "receive", "unreachable"}, event
        except VstpError as error:
            refused = [("report", error.kind.name, False, None)]
        return self.did() + refused

    def answer(self, event, now):
        fields = frame(event["answer"])
        reply = Message(fields.headers, fields.payload)
        if not self.udp:
            self.core.answer(reply, now)
            return
        asked = self.delivered[event["of"] - 1]
        self.core.taken(asked.frame)
        try:
            self.core.send(reply, asked.source, now)
        except VstpError:
            pass  # an answer that cannot be sent is dropped

    def send(self, event, now):
        fields = frame(event.get("send") or event["send_ack"])
        value = Message(fields.headers, fields.payload)
        if self.udp:
            how = {"msg_id": int(event["msg_id"])} if "msg_id" in event else {}
            if "frag_id" in event:
                how["frag_id"] = int(event["frag_id"])
            how["compress"] = bool(fields.flags & Flags.COMP)
            self.core.send(value, address(event["to"]), now, acknowledged="send_ack" in event, **how)
        elif "send_ack" in event:
            self.core._next_msg_id = int(event["msg_id"])
            self.core.send_acknowledged(value, now)
        else:
            self.core.send(value)

    def did(self):
        return [shown for action in self.core.take_actions() if (shown := self.show(action)) is not None]

    def show(self, action):
        if isinstance(action, Transmit):
            return self.sent(Frame.decode(action.octets)[0], action.octets, None)
        if isinstance(action, Datagram):
            return self.sent(Frame.decode(action.octets)[0], action.octets, action.destination)
        if isinstance(action, Deliver):
            self.delivered.append(action)
            return ("deliver", message(action.frame), action.source)
        if isinstance(action, Report):
            return ("report", action.error.kind.name, action.error.remote, action.source)
        if isinstance(action, Finished):
            if action.error is None:
                return ("success", action.msg_id)
            return ("failure", action.msg_id, action.error.kind.name, action.error.remote)
        if isinstance(action, EndSending):
            return ("end",)
        assert isinstance(action, Close)
        return ("close",)

    def sent(self, value, data, to):
        if value.type == Type.WELCOME:
            number = value.first(SESSION_ID)
            assert decimal(number, 2**128 - 1) is not None
            return ("welcome", number, to)
        if value.type == Type.ACK:
            assert (value.flags, value.payload) == (0, b"") and len(value.headers) <= 1
            return ("ack", value.msg_id or b"", to)
        if value.type == Type.PONG:
            assert (value.flags, value.headers) == (0, ())
            return ("pong", value.payload, to)
        if value.type == Type.ERR:
            return ("err", int(value.first(ERR_CODE)), value.first(MSG_ID), to)
        if value.type == Type.HELLO:
            return ("hello",)
        if value.type == Type.BYE:
            return ("bye",)
        if to is not None and not self.server:
            return ("datagram", data, to)
        if value.has(Flags.FRAG):
            return ("fragment", data, to)
        return ("data", without_crc(message(value)), to)

    def wanted(self, out):
        """An output of a vector, in the same notation."""
        to = address(out["to"]) if "to" in out else None
        source = address(out["from"]) if "from" in out else None
        if "deliver" in out:
            return ("deliver", message(frame(out["deliver"])), source)
        if "welcome" in out:
            return ("welcome", out["welcome"], to)
        if "ack" in out:
            return ("ack", out["ack"].encode(), to)
        if "pong" in out:
            return ("pong", octets(out["pong"]), to)
        if "data" in out:
            return ("data", without_crc(message(frame(out["data"]))), to)
        if "err" in out:
            named = out.get("msg_id")
            return ("err", out["err"], None if named is None else named.encode(), to)
        if "datagram" in out:
            return ("datagram", octets(out["datagram"]), to)
        if "success" in out:
            return ("success", int(out["success"]))
        if "failure" in out:
            return ("failure", int(out["failure"]), out["error"], out.get("remote", False))
        if "report" in out:
            return ("report", out["report"], out.get("remote", False), source)
        (kind,) = out.keys() & {"hello", "bye", "end", "close"}
        return (kind,)


class TraceVectors(unittest.TestCase):
    def play(self, vector):
        machine = Machine(vector)
        if machine.udp:
            machine.start()
        loose = []  # what time brought about and no event has asked for yet
        for event in vector["events"]:
            at = event["at_ms"] / 1000
            early = event.get("early_ms", 0) / 1000
            late = event.get("late_ms", 0) / 1000
            if "in" in event:
                loose += machine.until(at)
                loose += [(at, shown) for shown in machine.feed(event["in"])]
            else:
                loose += machine.until(at + late + STEP)
            loose = [x for x in loose if not self.ignored(x[1], vector, event)]
            for out in event["out"]:
                self.take(machine, loose, out, at - early - STEP, vector)
            self.assertEqual([], [shown for _, shown in loose], f"at {event['at_ms']} ms nothing else is done")
        machine.until(machine.clock)

    def ignored(self, shown, vector, event):
        """A close of the socket shows only where a vector says so; an application may learn more than is asked."""
        if shown == ("close",):
            return not any("close" in out for out in event["out"])
        if shown[0] == "success":  # of a send without acknowledgement
            asked = {e["in"]["msg_id"] for e in vector["events"] if "send_ack" in e.get("in", ())}
            return str(shown[1]) not in asked
        return False

    def take(self, machine, loose, out, earliest, vector):
        want = machine.wanted(out)
        for i, (at, shown) in enumerate(loose):
            if want[0] == shown[0] == "welcome":
                label = machine.labels.setdefault(want[1], shown[1])
                if label != shown[1]:
                    continue
                want = ("welcome", shown[1], want[2])
            if shown == want:
                self.assertGreaterEqual(at, earliest, want)
                del loose[i]
                return
        if "free" not in out:
            self.fail(f"{want} is missing among {[s for _, s in loose]}")

    def each(self, family):
        for vector in load(family):
            if "easy" in vector.get("machine", "") or "no-compression" in vector.get("tags", ()):
                continue  # this package has no Easy endpoints, and compression
            with self.subTest(f"{family}/{vector['name']}"):
                self.play(vector)

    def test_reassembly(self):
        self.each("reassembly")

    def test_trace(self):
        self.each("trace")
