"""Frames in words, for people. Token digits never appear: runs of digits are masked, digit keys are not named."""

from __future__ import annotations

import re
import struct

from rigwire import frames
from rigwire import messages as m

from kctrig.link import words

_DIGIT_RUN = re.compile(r"\d{9,}")
_CLOSING_DIGITS = 4


def masked(text: str) -> str:
    """The text with every run of nine digits or more cut down to its first four and last four."""
    return _DIGIT_RUN.sub(lambda run: f"{run[0][:_CLOSING_DIGITS]}…{run[0][-_CLOSING_DIGITS:]}", text)


def _word(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else str(number)


def describe(frame: frames.Frame) -> str:
    """One line: name, number, session, and the fields in words."""
    name = words.NAMES.get(frame.msg, f"message {frame.msg:#04x}")
    version = "" if frame.major == frames.MAJOR_VERSION else f" (wire version {frame.major})"
    if frame.kind == frames.KIND_EVENT and frame.msg != m.EVENT:
        return f"{name}{version} {len(frame.payload)} bytes"
    if frame.kind == frames.KIND_EVENT:
        return f"{name}{version} {_event(frame)}"
    head = f"{name} #{frame.seq} session {frame.session:04x}{version}"
    try:
        if frame.kind == frames.KIND_REQUEST:
            said = _request(frame.msg, frame.payload)
        else:
            said = _answer(frame.msg, frame.payload)
    except ValueError:
        said = f"{len(frame.payload)} bytes, too few for this message"
    return f"{head} {said}".rstrip()


def _request(msg: int, payload: bytes) -> str:
    if msg not in words.NAMES:
        return f"{len(payload)} bytes"
    *fields, tail = m.unpack_request(msg, payload)
    text = tail.decode("ascii", "replace")
    if msg == m.HELLO:
        return f"versions {fields[0]} to {fields[1]}, nonce {fields[2]:08x}"
    if msg == m.RUN_KEYS:
        job_id, press_ms, gap_ms, flags = fields
        return f"job {job_id:08x}: {masked(text)!r}, {len(text)} keys, {press_ms} ms + {gap_ms} ms, flags {flags}"
    if msg in (m.JOB_STATUS, m.ABORT):
        return f"job {fields[0]:08x}"
    if msg == m.ALLOW_CODES:
        return (
            f"enter {_word(tuple(m.KEYS), fields[0])}, erase {_word(tuple(m.KEYS), fields[1])}, codes {text}"
        )
    if msg == m.SUBSCRIBE:
        return f"kinds {fields[0]:#04x}"
    if msg == m.EVENTS_SINCE:
        return f"from {fields[0]}"
    if msg == m.SELFTEST:
        return "begin" if fields[0] else "how far"
    if msg == m.LIGHT:
        return "on" if fields[0] else "off"
    if msg == m.PING:
        return f"host {fields[0]} ms"
    return ""


def _answer(msg: int, payload: bytes) -> str:
    if not payload:
        raise ValueError("an answer without a status")
    status = _word(words.STATUS_NAMES, payload[0])
    if payload[0] != m.OK or msg not in words.NAMES:
        detail = payload[1:].decode("utf-8", "replace")
        return f"{status} {detail}".rstrip()
    *fields, tail = m.unpack_answer(msg, payload)
    if msg == m.HELLO:
        return (
            f"{status} version {fields[0]}, nonce {fields[1]:08x}, boot {fields[2]:08x}, schema {fields[3]:08x}, "
            f"{tail.decode('utf-8', 'replace')}"
        )
    if msg == m.PING:
        return (
            f"{status} device {fields[0]} ms, bad CRC {fields[2]}, bad frame {fields[3]}, again {fields[4]}, "
            f"stale {fields[5]}, overrun {fields[6]}, next event {fields[7]}"
        )
    if msg in (m.RUN_KEYS, m.ABORT):
        return f"{status} {_word(words.JOB_STATE_NAMES, fields[0])}, {fields[1]} keys done"
    if msg == m.JOB_STATUS:
        state, done, start_ms, end_ms, reason = fields
        return (
            f"{status} {_word(words.JOB_STATE_NAMES, state)}, {done} keys done, {start_ms} to {end_ms} ms, "
            f"reason {_word(words.REASON_NAMES, reason)}"
        )
    if msg == m.SUBSCRIBE:
        return f"{status} kinds {fields[0]:#04x}, next event {fields[1]}"
    if msg == m.SELFTEST:
        state, done, steps, one_shot_ms, reason = fields
        return (
            f"{status} {_word(words.JOB_STATE_NAMES, state)}, {done} of {steps} steps, one-shot {one_shot_ms} ms, "
            f"reason {_word(words.REASON_NAMES, reason)}, channels {tail.hex(' ')}"
        )
    if msg == m.READ_DISPLAY:
        return f"{status} glass at {fields[0]} ms, {len(tail)} bytes"
    if msg == m.EVENTS_SINCE:
        return f"{status} {len(tail)} bytes of events"
    return status


def _event(frame: frames.Frame) -> str:
    try:
        no, device_ms, kind, data = m.unpack_request(m.EVENT, frame.payload)
        return f"{no} at {device_ms} ms: {_happened(kind, data)}"
    except (ValueError, struct.error):
        return f"{len(frame.payload)} bytes, too few for an event"


def _happened(kind: int, data: bytes) -> str:
    if kind == m.EVENT_KEY:
        contact, down = struct.unpack_from(m.EVENT_KEY_LAYOUT, data)
        key = "a digit key" if contact < 10 else f"key {_word(tuple(m.KEYS), contact)}"
        return f"{key} {'down' if down else 'up'}"
    if kind == m.EVENT_JOB:
        job_id, state, done, reason = struct.unpack_from(m.EVENT_JOB_LAYOUT, data)
        return (
            f"job {job_id:08x} {_word(words.JOB_STATE_NAMES, state)}, {done} keys done, "
            f"reason {_word(words.REASON_NAMES, reason)}"
        )
    if kind == m.EVENT_GLASS:
        return f"the glass changed, {len(data)} bytes"
    if kind == m.EVENT_SAFE:
        return f"the rig went safe: {_word(words.REASON_NAMES, data[0] if data else 0)}"
    if kind == m.EVENT_LOG:
        return f"log {masked(data.decode('utf-8', 'replace'))!r}"
    if kind == m.EVENT_LOST:
        return f"{int.from_bytes(data[:2], 'little')} events lost"
    return f"kind {kind}, {len(data)} bytes"
