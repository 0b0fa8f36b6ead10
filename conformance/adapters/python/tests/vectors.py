"""Reads the vectors of the project, whose notation vectors/README.md describes."""

import json
import pathlib

from vstp.frame import Frame, Type

DIRECTORY = pathlib.Path(__file__).resolve().parents[4] / "vectors"


def load(family):
    """The vectors of a family; never none."""
    vectors = json.loads((DIRECTORY / f"{family}.json").read_text())["vectors"]
    if not vectors:
        raise ValueError(f"{family}.json holds no vector")
    return vectors


def octets(text):
    """Octets out of groups of hex digits, some of them repeated."""
    groups = (group.partition("*") for group in text.split())
    return b"".join(bytes.fromhex(digits) * int(times or 1) for digits, _, times in groups)


def headers(rows):
    """Headers out of [KEY, VALUE] and [KEY, VALUE, TIMES]."""
    found = []
    for key, value, *times in rows:
        found += [(octets(key), octets(value))] * (times[0] if times else 1)
    return tuple(found)


def frame(fields):
    """A frame, or a message, which is DATA."""
    return Frame(
        type=fields.get("type", Type.DATA),
        flags=fields["flags"],
        headers=headers(fields["headers"]),
        payload=octets(fields["payload"]),
        version=fields.get("version", 1),
    )
