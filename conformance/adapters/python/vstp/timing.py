"""The timers of section 23, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Timers:
    """Durations in seconds, and how often an acknowledged message is sent again [RTX-2] [RTX-11]."""

    retransmissions: int = 3

    stalled_frame: float = 30.0
    reassembly: float = 30.0
    duplicate: float = 30.0
    frag_id: float = 30.0
    retransmit: float = 0.1
    retransmit_cap: float = 5.0
    ack_timeout: float = 2.0
    tls_handshake: float = 30.0
    linger: float = 1.0
    pacing_window: float = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.retransmissions <= 5:
            raise ValueError(f"there are {self.retransmissions} retransmissions, which have to be 0 to 5")

    def scaled(self, factor: float) -> Timers:
        """The same timers times a factor from 0.05 to 1, all but `linger` and `pacing_window` [OBS-2]."""
        if not 0.05 <= factor <= 1:
            raise ValueError(f"the time scale is {factor} and has to be from 0.05 to 1")
        fixed = ("retransmissions", "linger", "pacing_window")
        return Timers(**{f.name: getattr(self, f.name) * (1 if f.name in fixed else factor) for f in fields(self)})

    def wait(self, transmission: int) -> float:
        """Seconds from the last datagram of a transmission, counted from 1, to what comes next [RTX-4] [RTX-5]."""
        if transmission > self.retransmissions:
            return self.ack_timeout
        return min(self.retransmit * 2 ** (transmission - 1), self.retransmit_cap)
