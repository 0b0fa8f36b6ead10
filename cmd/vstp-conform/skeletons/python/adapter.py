"""An adapter between vstp-conform and an implementation of VSTP in Python.

It reads one request a line on its standard input and writes one answer a line on
its standard output. Replace what decode() and encode() do by calls of your
implementation, and for a client what connect() and the others after it do. What an operation has to answer stands in the test contract
(vstp-conform init wrote its address into README.md).
"""

import json
import sys
import threading

NAME = "my-vstp"
VERSION = "0.0.1"


class Refused(Exception):
    """An error of the protocol, by its name in the specification."""

    def __init__(self, name, message=""):
        super().__init__(name)
        self.name = name
        self.message = message


def start(request):
    if request["protocol"] != 1:
        raise Refused("Unsupported", "this adapter speaks version 1 of the protocol")
    # Add "varint" or "string" to the capabilities once you offer them, and leave out the
    # roles and transports that you do not have.
    return {"name": NAME, "version": VERSION, "roles": ["codec", "client"], "capabilities": ["tcp", "udp"]}


def decode(request):
    octets = bytes.fromhex(request["hex"])
    if octets[:2] != b"VT"[: len(octets)]:
        raise Refused("InvalidMagic")
    if len(octets) >= 3 and octets[2] != 1:
        raise Refused("InvalidVersion")
    if len(octets) < 11:
        raise Refused("Incomplete")
    raise Refused("Unsupported", "decode() in adapter.py stops after the fixed part: call your decoder there")


def encode(request):
    raise Refused("Unsupported", "encode() in adapter.py does nothing yet: call your encoder there")


def connect(request):
    # Keep what you open under a number: return {"conn": number}.
    raise Refused("Unsupported", "connect() in adapter.py does nothing yet: open your client there")


def on_connection(request):
    # send, send_ack, recv, close and local_addr, on the connection request["conn"].
    raise Refused("Unsupported", "on_connection() in adapter.py does nothing yet: call your client there")


OPERATIONS = {"start": start, "decode": decode, "encode": encode}
CLIENT_OPERATIONS = {
    "connect": connect,
    "send": on_connection,
    "send_ack": on_connection,
    "recv": on_connection,
    "close": on_connection,
    "local_addr": on_connection,
}


def answer(request):
    operation = OPERATIONS.get(request.get("op")) or CLIENT_OPERATIONS.get(request.get("op"))
    if request.get("op") == "stop":
        return {"ok": True}
    if operation is None:
        return {"ok": False, "error": "Unsupported", "message": "this adapter does not know the operation %r" % request.get("op")}
    try:
        return {"ok": True, **operation(request)}
    except Refused as refused:
        return {"ok": False, "error": refused.name, "message": refused.message}


writing = threading.Lock()


def respond(request):
    reply = answer(request)
    if "id" in request:
        reply["id"] = request["id"]
    with writing:
        # Without flush the answer stays in a buffer, and that looks like a hang.
        print(json.dumps(reply), flush=True)


def main():
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        if request.get("op") in CLIENT_OPERATIONS:
            # A recv or send_ack that waits must not hold up the requests behind it.
            threading.Thread(target=respond, args=(request,), daemon=True).start()
            continue
        respond(request)
        if request.get("op") == "stop":
            return


if __name__ == "__main__":
    main()
