"""What can go wrong between host and rig, and whether anything happened to the meter.

Every error of kctrig carries `effect`: "nothing" (no key was pressed on behalf of what failed), "done" or "unknown"
(look at the glass before anything else), and its text ends with the next step for the person who reads it.
"""

# The names are the words of the trade ("link lost"); a suffix would say nothing more.
# ruff: noqa: N818

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rigwire import messages

from kctrig.link import words

Effect = Literal["nothing", "done", "unknown"]


class KctrigError(Exception):
    """Base of every error that kctrig raises on purpose.

    Attributes:
        effect: what happened to the meter because of the thing that failed.
    """

    effect: Effect = "nothing"

    def __init__(self, text: str, *, effect: Effect | None = None) -> None:
        super().__init__(text)
        if effect is not None:
            self.effect = effect


class LinkError(KctrigError):
    """Trouble between host and rig."""


class NoSuchPort(LinkError):
    """The port does not exist or cannot be opened; nothing was sent.

    Attributes:
        port: what was asked for.
        known_ports: the ports that exist.
    """

    def __init__(self, port: str, known_ports: Sequence[str], detail: str = "") -> None:
        self.port = port
        self.known_ports = tuple(known_ports)
        there = ", ".join(self.known_ports) or "none"
        why = f" ({detail})" if detail else ""
        super().__init__(
            f"no such port: {port}{why}. Ports here: {there}. Check the cable, or name another port"
        )


class PortTaken(LinkError):
    """Another program holds the rig; nothing was sent.

    Attributes:
        port: what was asked for.
        holder: the other program, as far as it is known.
    """

    def __init__(self, port: str, holder: str) -> None:
        self.port = port
        self.holder = holder
        super().__init__(f"{port} is taken by {holder}. Wait until it is done, or stop it, then try again")


class LinkTimeout(LinkError):
    """Nothing came back in time."""


class NoAnswer(LinkTimeout):
    """No rig answered HELLO on this port; nothing was done."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"no rig answers on {port}. Check that it has power and carries the kctrig firmware "
            "(kctrig flash), and that this is the right port"
        )


class LinkLost(LinkError):
    """The rig was there and is not any more. It releases every key by itself within two seconds.

    Attributes:
        job_id: the key job whose outcome is open because of this, if there is one. When the same
            start of the rig is met again, its job table still knows.
    """

    def __init__(self, detail: str, *, job_id: int | None = None) -> None:
        self.job_id = job_id
        effect: Effect = "nothing" if job_id is None else "unknown"
        step = (
            "connect again"
            if job_id is None
            else f"connect again and ask for key job {job_id:08x}; if the rig restarted, look at the glass"
        )
        super().__init__(f"the link to the rig is lost: {detail}. Next: {step}", effect=effect)


class RigRestarted(LinkLost):
    """The rig started anew while no key job was open; nothing was done. Open the rig again."""


class VersionMismatch(LinkError):
    """Host and rig speak different major versions of the wire; nothing was done.

    Attributes:
        host_version: what this host speaks.
        rig_version: what the rig speaks.
    """

    def __init__(self, host_version: int, rig_version: int, rig_text: str = "") -> None:
        self.host_version = host_version
        self.rig_version = rig_version
        named = f" ({rig_text})" if rig_text else ""
        older = (
            "the rig's firmware (kctrig flash)" if rig_version < host_version else "kctrig on this computer"
        )
        super().__init__(
            f"this kctrig speaks wire version {host_version}, the rig speaks version {rig_version}{named}. Update {older}"
        )


class RequestTooLong(LinkError, ValueError):
    """The payload does not fit into one frame; nothing was sent."""


class RequestRefused(LinkError):
    """The rig answered with a status that is not OK.

    Attributes:
        status: messages.OK… number.
        detail: what the rig said.
    """

    def __init__(self, msg: int, status: int, detail: str = "") -> None:
        self.msg = msg
        self.status = status
        self.detail = detail
        name = words.NAMES.get(msg, f"message {msg:#04x}")
        word = words.STATUS_NAMES[status] if status < len(words.STATUS_NAMES) else f"status {status}"
        said = f": {detail}" if detail else ""
        steps = {
            messages.BUSY: "wait for the running key job, or abort it",
            messages.REFUSED: "the rig's own rules forbid this; nothing was pressed",
            messages.FAULT: "the firmware failed inside; look at the glass, then connect again",
        }
        step = steps.get(status, "this is a fault of kctrig itself; report it with a trace (--trace FILE)")
        effect: Effect = "unknown" if status == messages.FAULT else "nothing"
        super().__init__(f"the rig answered {word} to {name}{said}. Next: {step}", effect=effect)


class OutcomeUnknown(LinkError):
    """The rig restarted while a key job was open: nobody can know how far it came. Never send it again.

    Attributes:
        job_id: that job.
    """

    effect: Effect = "unknown"

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(
            f"the rig restarted while key job {job_id:08x} was open: it may have been pressed in full, in part or "
            "not at all. Next: look at the glass; nothing is sent again"
        )
