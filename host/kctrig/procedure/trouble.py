"""What ends a script early: each says by its class what that means for the meter."""

from __future__ import annotations


class Trouble(Exception):  # noqa: N818 - one base for what ends a script early
    """Something ended the script early; `code` and the text go into the outcome.

    `effect` is what it did to the request it struck: nothing, done or unknown.
    """

    code = "trouble"

    def __init__(self, text: str, *, effect: str = "unknown") -> None:
        super().__init__(text)
        self.effect = effect


class LinkDown(Trouble):
    """The rig cannot be reached any more."""

    code = "link_lost"


class Rebooted(Trouble):
    """The rig started anew; it can be reached, and every key is up."""

    code = "rig_restarted"


class MeterGone(Trouble):
    """The meter port was silent after the meter's number was read: another meter may stand there now."""

    code = "meter_gone"


class RigRefused(Trouble):
    """The rig would not press keys; none of that job was pressed."""

    code = "rig_refused"


class JournalFailed(Trouble):
    """A journal point could not be written, so the next key may not be pressed."""

    code = "journal_failed"


class StopAsked(Trouble):
    """A person wants to stop."""

    code = "interrupted"


class EchoFailed(Trouble):
    """The glass never showed what was typed, however slowly; nothing was submitted."""

    code = "echo_failed"
