"""The echo application of the test contract, T-1 and T-2. It belongs on test networks only."""

from __future__ import annotations

import asyncio

from .frame import MAX_FRAME, PROTOCOL_KEYS, Frame, decimal
from .message import Message

LONGEST_DELAY = 600_000  # ms


async def echo(message: Frame) -> Message | None:
    """Returns what it was sent, later or in another size where a header asks for that."""
    delay = _number(message, b"x-delay-ms")
    if delay is not None:
        await asyncio.sleep(min(delay, LONGEST_DELAY) / 1000)
    size = _number(message, b"x-reply-size")
    if size is not None and size > MAX_FRAME:
        return None  # no transport would send it
    headers = tuple(h for h in message.headers if h[0] not in PROTOCOL_KEYS)
    return Message(headers, message.payload if size is None else b"x" * size)


def _number(message: Frame, key: bytes) -> int | None:
    value = message.first(key)
    return None if value is None else decimal(value, 10**40 - 1)
