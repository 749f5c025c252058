"""Names of the wire's numbers (rigwire.messages), for people; the rig itself needs none of them."""

from rigwire.messages import LAYOUTS

NAMES = {row[0]: row[1] for row in LAYOUTS}

# The place in each tuple is the number on the wire.
STATUS_NAMES = (
    "OK",
    "STALE_SESSION",
    "BAD_SEQ",
    "UNKNOWN_MSG",
    "BAD_PAYLOAD",
    "BUSY",
    "REFUSED",
    "FAULT",
)
JOB_STATE_NAMES = ("unknown", "running", "done", "aborted")
REASON_NAMES = (
    "none",
    "host",
    "link silence",
    "key held too long",
    "fault",
    "boot",
    "bye",
    "emergency stop",
    "keypad fault",
)
CHANNEL_NAMES = ("not tested", "ok", "stuck open", "stuck closed", "bridged", "crossed")
