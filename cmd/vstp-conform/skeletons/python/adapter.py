"""An adapter between vstp-conform and an implementation of VSTP in Python.

It reads one request a line on its standard input and writes one answer a line on
its standard output. Replace what decode() and encode() do by calls of your
implementation. What an operation has to answer stands in the test contract
(vstp-conform init wrote its address into README.md).
"""

import json
import sys

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
    # Add "varint" or "string" to the capabilities once you offer them.
    return {"name": NAME, "version": VERSION, "roles": ["codec"], "capabilities": []}


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


OPERATIONS = {"start": start, "decode": decode, "encode": encode}


def answer(request):
    operation = OPERATIONS.get(request.get("op"))
    if request.get("op") == "stop":
        return {"ok": True}
    if operation is None:
        return {"ok": False, "error": "Unsupported", "message": "this adapter does not know the operation %r" % request.get("op")}
    try:
        return {"ok": True, **operation(request)}
    except Refused as refused:
        return {"ok": False, "error": refused.name, "message": refused.message}


def main():
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        reply = answer(request)
        if "id" in request:
            reply["id"] = request["id"]
        # Without flush the answer stays in a buffer, and that looks like a hang.
        print(json.dumps(reply), flush=True)
        if request.get("op") == "stop":
            return


if __name__ == "__main__":
    main()
