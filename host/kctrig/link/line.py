"""What a connection needs of a port; a real serial port, an emulated rig and a replayed trace all have it."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """A line to a rig that carries bytes.

    `read` and `wait` may be called from one thread while another writes. Every method raises LinkLost
    when the line is gone for good (unplugged, closed by the other side).
    """

    @property
    def name(self) -> str:
        """What to call this line in messages to people."""

    def read(self, timeout_s: float) -> bytes:
        """What has arrived; waits up to `timeout_s` for the first byte, then gives all there is. b"" = none, or woken."""

    def wait(self, timeout_s: float) -> bool:
        """True when there is something to read; waits up to `timeout_s` for it, reads nothing, and may be woken."""

    def wake(self) -> None:
        """Make a `read` and a `wait` that wait in other threads return early."""

    def write(self, data: bytes) -> None:
        """Send everything."""

    def close(self) -> None:
        """Let go of the line; may be called twice."""
