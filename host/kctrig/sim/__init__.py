"""Emulated rigs and meters as processes on ptys, opened by `sim:` URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kctrig.link.connection import Trace
    from kctrig.rig import Rig


def open_any(url: str, *, trace: Trace | None = None) -> Rig:
    """Open the rig that a URL names: an emulated one is started for it and ends when the rig is closed.

    `rig:ID` names an attached rig by its own id, on whatever port it is.

    Raises:
        RigNotFound: `rig:ID` names no rig that answers, or more than one.
        SimUrlError, EmulatorError: the emulated rig cannot be started.
        NoSuchPort, PortTaken, NoAnswer, VersionMismatch: as `kctrig.rig.open_rig`.
    """
    from kctrig.finding import SCHEME, port_of
    from kctrig.rig import open_rig
    from kctrig.sim.urls import is_sim

    if url.startswith(SCHEME):
        return open_rig(port_of(url), trace=trace, name=url)
    if not is_sim(url):
        return open_rig(url, trace=trace)
    from kctrig.sim.processes import EmulatedRig

    emulated = EmulatedRig(url).start()
    try:
        return open_rig(emulated.port_path, trace=trace, name=url, after_close=emulated.close)
    except BaseException:
        emulated.close()
        raise
