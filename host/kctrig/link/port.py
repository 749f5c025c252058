"""Serial ports: the only file that imports `serial`.

A port is opened exclusively, with DTR and RTS off before the open so that a development board is not reset
(facts/protocol.md section 6), in low-latency mode where the driver has one, and under a lock file that tells a
second kctrig who holds the rig.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from dataclasses import dataclass

import serial
from serial.tools import list_ports

from kctrig.link.errors import LinkLost, NoSuchPort, PortTaken
from kctrig.link.line import Line
from kctrig.link.lock import RigLock
from kctrig.link.replay import ReplayLine

DEFAULT_BAUD = 115200
REPLAY_SCHEME = "replay:"
WRITE_TIMEOUT_S = 5.0
# Ports without a file descriptor are looked at this often.
_LOOK_EVERY_S = 0.002
_CHUNK = 4096
_TAKEN_WORDS = ("lock", "busy", "denied", "in use")


def known_ports() -> list[str]:
    """The serial ports of this computer, as pyserial lists them."""
    return sorted(port.device for port in list_ports.comports())


@dataclass(frozen=True, slots=True)
class UsbPort:
    """A serial port of this computer that is on USB.

    Attributes:
        device: what `open_port` takes.
        vendor: USB vendor number.
        product: USB product number.
        name: what the adapter calls itself, "" when it does not say.
        serial_number: the adapter's own, "" when it has none.
        location: where it is plugged in, e.g. "1-2.3", "" when unknown.
    """

    device: str
    vendor: int
    product: int
    name: str
    serial_number: str
    location: str


def usb_ports() -> list[UsbPort]:
    """The serial ports on USB, by device name."""
    return sorted(
        (
            UsbPort(
                port.device,
                port.vid,
                port.pid or 0,
                port.product or "",
                port.serial_number or "",
                port.location or "",
            )
            for port in list_ports.comports()
            if port.vid is not None
        ),
        key=lambda port: port.device,
    )


def open_port(url: str, *, baud: int = DEFAULT_BAUD, lock: RigLock | None = None) -> Line:
    """Open whatever pyserial opens, or a recording as `replay:FILE`.

    Args:
        url: the port.
        baud: its speed.
        lock: the lock of this rig, when the caller holds it already; it then stays the caller's.

    Raises:
        NoSuchPort: it is not there; the error lists what is.
        PortTaken: another process holds it.
        TraceError: the file after `replay:` is no recording.
    """
    if url.startswith(REPLAY_SCHEME):
        return ReplayLine(url.removeprefix(REPLAY_SCHEME))
    own = RigLock(url) if lock is None else None
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=0)
        port.write_timeout = WRITE_TIMEOUT_S
        port.dtr = False
        port.rts = False
        if "://" not in url:
            port.exclusive = True
        port.open()
    except (serial.SerialException, ValueError, OSError) as error:
        if own is not None:
            own.close()
        raise _why_not(url, error) from error
    with contextlib.suppress(
        AttributeError, NotImplementedError, OSError, ValueError, serial.SerialException
    ):
        port.set_low_latency_mode(True)
    if os.name == "posix" and isinstance(port, serial.Serial):
        return PosixLine(url, port, own)
    return SerialLine(url, port, own)


def _why_not(url: str, error: Exception) -> NoSuchPort | PortTaken:
    said = str(error).lower()
    number = getattr(error, "errno", None)
    if any(word in said for word in _TAKEN_WORDS) and not isinstance(error, FileNotFoundError):
        if "denied" in said and os.name == "posix":
            return NoSuchPort(url, known_ports(), "no permission: add yourself to the group dialout")
        return PortTaken(url, "another program")
    detail = os.strerror(number) if isinstance(number, int) and number > 0 else str(error)
    return NoSuchPort(url, known_ports(), detail)


class SerialLine:
    """An open port; see `kctrig.link.line.Line`. This one works wherever pyserial does, by looking often."""

    def __init__(self, url: str, port: serial.Serial, lock: RigLock | None) -> None:
        self._url = url
        self._port = port
        self._lock = lock
        self._woken = {"read": False, "wait": False}

    @property
    def name(self) -> str:
        """The URL it was opened by."""
        return self._url

    def read(self, timeout_s: float) -> bytes:
        """See `Line.read`."""
        if not self._look("read", timeout_s):
            return b""
        try:
            return bytes(self._port.read(self._port.in_waiting or 1))
        except (serial.SerialException, OSError, TypeError) as error:
            raise self._lost(error) from error

    def wait(self, timeout_s: float) -> bool:
        """See `Line.wait`."""
        return self._look("wait", timeout_s)

    def _look(self, who: str, timeout_s: float) -> bool:
        end_s = time.monotonic() + timeout_s
        while True:
            try:
                if self._port.in_waiting:
                    return True
            except (serial.SerialException, OSError, TypeError) as error:
                raise self._lost(error) from error
            left_s = end_s - time.monotonic()
            if left_s <= 0 or self._woken[who]:
                self._woken[who] = False
                return False
            time.sleep(min(left_s, _LOOK_EVERY_S))

    def wake(self) -> None:
        """See `Line.wake`."""
        self._woken = {"read": True, "wait": True}

    def write(self, data: bytes) -> None:
        """See `Line.write`."""
        try:
            self._port.write(data)
        except (serial.SerialException, OSError, TypeError) as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """See `Line.close`."""
        with contextlib.suppress(serial.SerialException, OSError):
            self._port.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _lost(self, error: Exception) -> LinkLost:
        return LinkLost(f"{self._url} is gone ({error})")


class _Waiter:
    """Waits for a descriptor in one thread and can be woken from another."""

    def __init__(self, descriptor: int) -> None:
        self._woken_fd, self._wake_fd = os.pipe()
        os.set_blocking(self._woken_fd, False)
        os.set_blocking(self._wake_fd, False)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._poll.register(self._woken_fd, select.POLLIN)

    def readable(self, timeout_s: float) -> bool:
        ready = self._poll.poll(timeout_s * 1000)
        for descriptor, _ in ready:
            if descriptor == self._woken_fd:
                os.read(descriptor, 64)
                return len(ready) > 1
        return bool(ready)

    def wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_fd, b"\0")

    def close(self) -> None:
        if self._wake_fd >= 0:
            os.close(self._woken_fd)
            os.close(self._wake_fd)
            self._woken_fd = self._wake_fd = -1


class PosixLine(SerialLine):
    """The fast way: one `poll` on the descriptor, one `os.read` of all there is."""

    def __init__(self, url: str, port: serial.Serial, lock: RigLock | None) -> None:
        super().__init__(url, port, lock)
        self._fd = port.fileno()
        # `wait` is called beside a `read` in another thread: a poll object and a wake-up pipe for each.
        self._reader = _Waiter(self._fd)
        self._watcher = _Waiter(self._fd)

    def read(self, timeout_s: float) -> bytes:
        """See `Line.read`."""
        if not self._reader.readable(timeout_s):
            return b""
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._lost(error) from error
        if not data:
            raise LinkLost(f"{self._url} was closed by the other side")
        return data

    def wait(self, timeout_s: float) -> bool:
        """See `Line.wait`."""
        return self._watcher.readable(timeout_s)

    def wake(self) -> None:
        """See `Line.wake`."""
        self._reader.wake()
        self._watcher.wake()

    def write(self, data: bytes) -> None:
        """See `Line.write`."""
        try:
            sent = os.write(self._fd, data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise self._lost(error) from error
        if sent < len(data):
            super().write(data[sent:])

    def close(self) -> None:
        """See `Line.close`."""
        self._reader.close()
        self._watcher.close()
        super().close()
