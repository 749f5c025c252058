"""Who answers on a port: one HELLO, a leave-taking, nothing else."""

from __future__ import annotations

from kctrig.link.connection import Connection
from kctrig.link.errors import LinkLost, LinkTimeout
from kctrig.link.identity import Identity, identify
from kctrig.link.lock import RigLock
from kctrig.link.port import open_port

# A board that the opening of its port has reset needs about two seconds until it answers; the link asks again by then.
ANSWER_S = 4.0


def greet(url: str, *, timeout_s: float = ANSWER_S, lock: RigLock | None = None) -> Identity | None:
    """What a rig on this port says of itself; None when none answers in time.

    Args:
        url: as `open_port` takes it.
        timeout_s: how long to wait for an answer.
        lock: the lock of this rig, when the caller holds it.

    Raises:
        NoSuchPort, PortTaken: nothing was sent.
        VersionMismatch: a rig of another wire version is there.
    """
    with Connection(open_port(url, lock=lock)) as connection:
        try:
            hello = connection.hello(timeout_s)
        except (LinkTimeout, LinkLost):
            return None
        return identify(hello.version_text, hello.boot_id)
