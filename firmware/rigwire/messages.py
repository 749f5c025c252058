"""Messages between host and rig, and between rig and meter port: ids and layouts.

The words for the numbers are the host's (kctrig.link.words): a rig has no room for what it never says.
One table, `LAYOUTS`, holds every message's fields; `schema()` is its checksum, exchanged in HELLO so that
two ends of different builds say so in words. HELLO itself never changes (facts/protocol.md section 8).

This file runs unchanged under CPython and MicroPython.
"""

import struct

# Rig <-> meter port, kept apart because a meter needs nothing else of this file
from .meterport import ASK_GLASS as ASK_GLASS
from .meterport import CONTACTS as CONTACTS
from .meterport import CONTACTS_REFRESH_MS as CONTACTS_REFRESH_MS
from .meterport import GLASS as GLASS
from .meterport import GLASS_REFRESH_MS as GLASS_REFRESH_MS
from .meterport import KEYS as KEYS
from .meterport import METER_PORT_SILENCE_MS as METER_PORT_SILENCE_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

PROTOCOL_VERSION = 1
LINK_TIMEOUT_MS = 2000
KEY_MAX_MS = 3000
PING_AFTER_MS = 500
JOB_TABLE_SIZE = 8
EVENT_RING_SIZE = 32

# Host <-> rig
HELLO = 0x01
PING = 0x02
BYE = 0x03
RUN_KEYS = 0x10
JOB_STATUS = 0x11
ABORT = 0x12
RELEASE_ALL = 0x13
ALLOW_CODES = 0x14
SELFTEST = 0x15
LIGHT = 0x16
READ_DISPLAY = 0x20
SUBSCRIBE = 0x21
EVENTS_SINCE = 0x22
EVENT = 0x30

# First byte of every answer
OK = 0
STALE_SESSION = 1
BAD_SEQ = 2
UNKNOWN_MSG = 3
BAD_PAYLOAD = 4
BUSY = 5
REFUSED = 6
FAULT = 7

# State of a key job
JOB_UNKNOWN = 0
JOB_RUNNING = 1
JOB_DONE = 2
JOB_ABORTED = 3

# Why a job ended early, and why the rig went safe
REASON_NONE = 0
REASON_HOST = 1
REASON_SILENCE = 2
REASON_KEY_MAX = 3
REASON_FAULT = 4
REASON_BOOT = 5
REASON_BYE = 6
REASON_ESTOP = 7
REASON_KEYPAD = 8

# RUN_KEYS flags
FLAG_FINISH_ON_SILENCE = 1
FLAG_FRESH_ENTRY = 2

# What the loop-back jig told of a channel: low half of its byte in a SELFTEST answer. The high half is the number of
# the other channel for BRIDGED and CROSSED, CHANNEL_UNKNOWN where it could not be told.
CHANNEL_UNTESTED = 0
CHANNEL_OK = 1
CHANNEL_OPEN = 2
CHANNEL_CLOSED = 3
CHANNEL_BRIDGED = 4
CHANNEL_CROSSED = 5
CHANNEL_UNKNOWN = 15

# What the rig is doing (PING)
STATE_IDLE = 0
STATE_TYPING = 1
STATE_SAFE = 2

# Event kinds; the value is also the bit number in the SUBSCRIBE mask
EVENT_KEY = 1
EVENT_JOB = 2
EVENT_GLASS = 3
EVENT_SAFE = 4
EVENT_LOG = 5
EVENT_LOST = 6
MASK_ALL = 0x7E

# Fixed part of each message; a text or an image may follow it. Answers come after the status byte.
# PING and SUBSCRIBE answers end with the number of the next event, so that a lost last event is noticed too.
LAYOUTS = (
    (HELLO, "HELLO", "<BBI", "<BIIIBHH"),
    (PING, "PING", "<I", "<IBHHHHHH"),
    (BYE, "BYE", "<", "<"),
    (RUN_KEYS, "RUN_KEYS", "<IHHB", "<BB"),
    (JOB_STATUS, "JOB_STATUS", "<I", "<BBIIB"),
    (ABORT, "ABORT", "<I", "<BB"),
    (RELEASE_ALL, "RELEASE_ALL", "<", "<"),
    (ALLOW_CODES, "ALLOW_CODES", "<BB", "<"),
    (SELFTEST, "SELFTEST", "<B", "<BBBHB"),
    (LIGHT, "LIGHT", "<B", "<"),
    (READ_DISPLAY, "READ_DISPLAY", "<", "<I"),
    (SUBSCRIBE, "SUBSCRIBE", "<B", "<BH"),
    (EVENTS_SINCE, "EVENTS_SINCE", "<H", "<"),
    (EVENT, "EVENT", "<HIB", "<"),
    (CONTACTS, "CONTACTS", "<H", "<"),
    (GLASS, "GLASS", "<BBBBH", "<"),
    (ASK_GLASS, "ASK_GLASS", "<", "<"),
)
_REQUEST = {row[0]: row[2] for row in LAYOUTS}
_ANSWER = {row[0]: row[3] for row in LAYOUTS}

EVENT_KEY_LAYOUT = "<BB"  # key index, 1 down / 0 up
EVENT_JOB_LAYOUT = "<IBBB"  # job_id, state, keys_done, reason
EVENT_SAFE_LAYOUT = "<B"  # reason
EVENT_LOST_LAYOUT = "<H"  # how many events the ring no longer holds
EVENT_RECORD_LAYOUT = "<HIBB"  # in an EVENTS_SINCE answer: no, device_ms, kind, length; then the data


def schema(crc32: "Callable[[bytes], int]") -> int:
    """Checksum of the message table: equal on both ends when both were built from the same one."""
    value = 0
    for row in LAYOUTS:  # row by row: the text of all of them would be the longest thing on the heap
        value = crc32(("%d;%d,%s,%s,%s" % ((value,) + row)).encode())
    return crc32(("%d;%s,%s" % (value, EVENT_KEY_LAYOUT, EVENT_JOB_LAYOUT)).encode())


def pack_request(msg: int, *fields: int, tail: "bytes | bytearray" = b"") -> bytes:
    """Payload of a request or event: the fixed fields of `msg`, then `tail`."""
    return struct.pack(_REQUEST[msg], *fields) + tail


def unpack_request(msg: int, payload: bytes) -> "tuple[Any, ...]":
    """Fixed fields of a request or event, then whatever follows them as bytes.

    Raises ValueError when the payload is shorter than the fixed part.
    """
    return _unpack(_REQUEST[msg], payload, 0)


def pack_answer(msg: int, *fields: int, tail: "bytes | bytearray" = b"") -> bytes:
    """Payload of an OK answer: status, the fixed fields of `msg`, then `tail`."""
    return b"\x00" + struct.pack(_ANSWER[msg], *fields) + tail


def unpack_answer(msg: int, payload: bytes) -> "tuple[Any, ...]":
    """Fixed fields of an OK answer (status byte passed over), then whatever follows as bytes.

    Raises ValueError when the payload is shorter than the fixed part.
    """
    return _unpack(_ANSWER[msg], payload, 1)


def _unpack(layout: str, payload: bytes, at: int) -> "tuple[Any, ...]":
    size = struct.calcsize(layout)
    if len(payload) < at + size:
        raise ValueError("message of %d bytes, at least %d expected" % (len(payload), at + size))
    fields: "tuple[Any, ...]" = struct.unpack_from(layout, payload, at)
    return fields + (payload[at + size :],)
