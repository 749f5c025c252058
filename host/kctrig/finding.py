"""Which rigs are attached to this computer: ports by their USB numbers, then whoever answers HELLO on them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kctrig.link.errors import KctrigError, LinkError, NoSuchPort, PortTaken, VersionMismatch
from kctrig.link.greet import ANSWER_S, greet
from kctrig.link.identity import Identity
from kctrig.link.port import UsbPort, usb_ports

SCHEME = "rig:"
_LEAST_DIGITS = 4
_TAKEN_RETRY_S = 3.0
_TAKEN_PAUSE_S = 0.2
_THREADS = 32
_ANY = -1

# USB numbers of what sits between a computer and an ESP32 (vendor, product; _ANY: every product).
ADAPTERS = {
    (0x10C4, 0xEA60): "CP210x",
    (0x10C4, 0xEA70): "CP2105",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x7522): "CH340",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6014): "FT232H",
    (0x0403, 0x6015): "FT230X",
    (0x067B, 0x2303): "PL2303",
    (0x303A, _ANY): "Espressif",
}


class RigNotFound(LinkError):  # noqa: N818 - as its siblings in kctrig.link.errors
    """No attached rig, or more than one, goes by this id; nothing was done."""


@dataclass(frozen=True, slots=True)
class Found:
    """A port and who is on it.

    Attributes:
        port: as pyserial opens it.
        usb: its USB side; None for a port that was named by hand.
        adapter: what is known by its USB numbers; "" when nothing is.
        identity: who answered; None when nobody did.
        trouble: why nobody could be asked, or what else is to be said; "" otherwise.
    """

    port: str
    usb: UsbPort | None
    adapter: str
    identity: Identity | None = None
    trouble: str = ""

    @property
    def is_rig(self) -> bool:
        """Whether the rig firmware answered."""
        return self.identity is not None and self.identity.is_rig

    @property
    def rig_id(self) -> str:
        """By which people and `--rig rig:ID` name it: the chip's own number, "" when there is none."""
        return self.identity.chip_id if self.identity else ""


def adapter_name(vendor: int, product: int) -> str:
    """The kind of USB adapter, "" when it is none that an ESP32 board has."""
    return ADAPTERS.get((vendor, product)) or ADAPTERS.get((vendor, _ANY), "")


def candidates(ports: Sequence[str] = (), *, every: bool = False) -> list[Found]:
    """The ports to ask: those named, else those on USB whose adapter is known (`every`: all on USB)."""
    on_usb = {port.device: port for port in usb_ports()}
    found = [Found(port.device, port, adapter_name(port.vendor, port.product)) for port in on_usb.values()]
    if not ports:
        return [place for place in found if every or place.adapter]
    known = {place.port: place for place in found}
    return [known.get(port) or Found(port, None, "") for port in ports]


def ask(place: Found, timeout_s: float = ANSWER_S) -> Found:
    """Say HELLO on one port; a port that another program uses is left alone."""
    identity, trouble = None, ""
    try:
        identity = greet(place.port, timeout_s=timeout_s)
        if identity is None:
            trouble = "no rig answers"
        elif not identity.is_rig:
            trouble = "speaks the wire but is no kctrig rig"
    except PortTaken as error:
        trouble = f"in use by {error.holder}"
    except VersionMismatch as error:
        trouble = f"a rig of wire version {error.rig_version}; this kctrig speaks {error.host_version}"
    except NoSuchPort as error:
        trouble = str(error).partition(". Ports here")[0]
    except KctrigError as error:
        trouble = str(error)
    return Found(place.port, place.usb, place.adapter, identity, trouble)


def find(places: Iterable[Found], timeout_s: float = ANSWER_S) -> list[Found]:
    """Ask every port, all at the same time; rigs first, then in order of ports."""
    waiting = list(places)
    if not waiting:
        return []
    with ThreadPoolExecutor(min(_THREADS, len(waiting))) as pool:
        asked = list(pool.map(lambda place: ask(place, timeout_s), waiting))
    return sorted(asked, key=lambda found: (not found.is_rig, found.rig_id, found.port))


def port_of(url: str, places: Sequence[Found] | None = None, timeout_s: float = ANSWER_S) -> str:
    """The port of the rig that `rig:ID` names; ID may be the beginning or the end of it, four digits at least.

    Ports that another kctrig asks at this moment are asked again for a while.

    Raises RigNotFound.
    """
    wanted = url.removeprefix(SCHEME).lower().replace(":", "")
    if len(wanted) < _LEAST_DIGITS:
        raise RigNotFound(f"{url}: give at least {_LEAST_DIGITS} digits of the rig's id (kctrig rigs)")
    left = list(candidates() if places is None else places)
    end_s = time.monotonic() + _TAKEN_RETRY_S
    found: list[Found] = []
    while left:
        asked = find(left, timeout_s)
        found += [place for place in asked if place.identity is not None]
        left = [place for place in asked if place.trouble.startswith("in use")]
        if time.monotonic() >= end_s or any(wanted == place.rig_id for place in found):
            break
        if left:
            time.sleep(_TAKEN_PAUSE_S)
    fitting = [
        place for place in found if place.rig_id and (place.rig_id.startswith(wanted) or place.rig_id.endswith(wanted))
    ]  # fmt: skip
    if len(fitting) == 1:
        return fitting[0].port
    here = ", ".join(place.rig_id or place.port for place in fitting or found) or "none"
    busy = f"; in use: {', '.join(place.port for place in left)}" if left else ""
    if fitting:
        raise RigNotFound(f"{url} fits more than one rig: {here}. Give more digits")
    raise RigNotFound(f"no rig {wanted} is attached (rigs that answer: {here}{busy}). Next: kctrig rigs")
