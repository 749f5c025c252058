"""From measurements to findings: what each number means. No port, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rigwire import glass as glass_image
from rigwire import ticks

from kctrig.lang import N_
from kctrig.link.health import Finding, Grade, Said
from kctrig.link.identity import Identity
from kctrig.link.selftest import Channel, SelfTest
from kctrig.selftest.items import Check, Item

# Key presses are timed by this clock; crystals are a thousand times better than this.
CLOCK_LIMIT = 0.01
# A press of 120 ms that is off by this much is still read by every brand (docs/brands.md: debounce up to 60 ms).
LATE_NOTE_MS, LATE_BAD_MS = 5, 30
# A healthy monoflop keeps within this share of its nominal time.
ONE_SHOT_SHARE = 0.3
_OLD_MICROPYTHON = (1, 27)
_JIG_CHECKS: tuple[Check, ...] = ("keys", "one_shot")
_KINDS = {
    glass_image.SEVEN_SEGMENT: N_("seven segments"),
    glass_image.FOURTEEN_SEGMENT: N_("fourteen segments"),
    glass_image.DOT_MATRIX: N_("dot matrix"),
}
_CHANNEL_FAULTS = {
    "stuck open": N_("{channel} never closes"),
    "stuck closed": N_("{channel} does not open"),
    "bridged": N_("{channel} hangs together with {other}"),
    "crossed": N_("{channel} is wired as {other}"),
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A contact's edge as the rig timed it; `device_ms` wraps (rigwire.ticks)."""

    device_ms: int
    down: bool


def item(
    check: Check, grade: Grade, said: str, todo: str | None = None, **values: int | float | str | Said
) -> Item:
    """One line of the outcome from texts of the catalogue; all fields are in `said`."""
    return Item(check, Finding(grade, Said(said, values), None if todo is None else Said(todo)))


def of_firmware(identity: Identity, host_version: str) -> list[Item]:
    """Whether the rig runs what belongs to this host, and why it started last."""
    found = []
    if not identity.is_rig:
        todo = N_("write the rig firmware (kctrig flash)")
        return [item("firmware", "bad", N_("this is no kctrig rig: {text}"), todo, text=identity.text)]
    if identity.version != host_version:
        found.append(
            item(
                "firmware",
                "note",
                N_("firmware {version}, this kctrig brings {brings}"),
                N_("bring it up to date (kctrig flash)"),
                version=identity.version,
                brings=host_version,
            )
        )
    if identity.reset == "watchdog":
        found.append(
            item(
                "firmware",
                "note",
                N_("the watchdog started it last: the firmware had hung"),
                N_("read crash.txt on the board (mpremote cat :crash.txt) and report it"),
            )
        )
    version = tuple(int(part) for part in identity.micropython.split(".")) if identity.micropython else None
    if identity.platform == "esp32" and version is not None and version < _OLD_MICROPYTHON:
        found.append(
            item(
                "firmware",
                "note",
                N_("MicroPython {version} is older than 1.27"),
                N_("write a newer one (kctrig flash --micropython)"),
                version=identity.micropython,
            )
        )
    return found or [item("firmware", "good", N_("firmware {version}, as this kctrig brings it"), version=identity.version)]  # fmt: skip


def of_clock(host_ms: float, device_ms: int, uncertain_ms: float) -> Item:
    """Whether the rig's clock goes as fast as the host's: how much each of them went on meanwhile."""
    off = max(0.0, abs(device_ms - host_ms) - uncertain_ms) / host_ms
    if off > CLOCK_LIMIT:
        return item(
            "clock",
            "bad",
            N_("the rig's clock went {device} ms in {host} ms"),
            N_("another board: this one's crystal is bad; every key would be pressed too short or too long"),
            device=device_ms,
            host=round(host_ms),
        )
    return item("clock", "good", N_("the rig's clock went {device} ms in {host} ms"), device=device_ms, host=round(host_ms))  # fmt: skip


def of_glass(image: bytes | None, refusal: str = "") -> Item:
    """What the glass tap gives; None with the rig's words when it gives nothing."""
    if image is None:
        todo = N_("connect a meter and test again")
        if "no meter answers" in refusal:
            return item("glass", "skipped", N_("no meter answers on the meter port"), todo)
        return item("glass", "skipped", N_("no glass: {why}"), todo, why=refusal)
    try:
        kind, flags, _, counter, main = glass_image.unpack_glass(image)
    except ValueError as error:
        todo = N_("check the meter port's wires and its adapter")
        return item("glass", "bad", N_("the glass comes damaged: {why}"), todo, why=str(error))
    cells = len(main) // glass_image.CELL_BYTES[kind] + len(counter)
    if flags & glass_image.FLAG_LOW_CONTRAST:
        return item(
            "glass",
            "bad",
            N_("the glass has too little contrast to be read"),
            N_("press the tap home; look at the meter's own supply"),
        )
    return item("glass", "good", N_("the glass is there: {kind}, {cells} cells"), kind=Said(_KINDS[kind]), cells=cells)  # fmt: skip


def of_jig(report: SelfTest, nominal_ms: int | None = None) -> list[Item]:
    """What the loop-back jig told of every channel and of the one-shot."""
    if report.state != "done":
        todo = N_("test again; if it stays, look at the plug of the jig and the expander's wires")
        why = report.reason if report.state == "aborted" else report.state
        return [item("keys", "bad", N_("the test of the keys ended early: {why}"), todo, why=why)]
    if report.no_jig:
        todo = N_("plug the jig in the place of the meter; is the supply of the keys on?")
        return [item("keys", "bad", N_("no channel answers"), todo)]
    found = [_of_channel(channel) for channel in report.channels if not channel.ok]
    if not found:
        found = [
            item("keys", "good", N_("all {n} channels open and close, each alone"), n=len(report.channels))
        ]
    return [*found, _of_one_shot(report, nominal_ms)]


def not_jigged(keypad: str) -> list[Item]:
    """No jig was announced; `keypad` as the board file says it, "" when it is not known."""
    if keypad == "uart":
        return [item(check, "skipped", N_("not available on this board")) for check in _JIG_CHECKS]
    todo = N_("plug the jig in the place of the meter and test with --jig")
    return [item(check, "skipped", N_("no jig"), todo) for check in _JIG_CHECKS]


def of_jig_refusal(status_word: str, detail: str) -> list[Item]:
    """Why the rig did not test its keys."""
    if status_word == "UNKNOWN_MSG" or "nothing here" in detail:
        return [item(check, "skipped", N_("not available on this board")) for check in _JIG_CHECKS]
    if "meter answers" in detail:
        todo = N_("plug the jig in the place of the meter and test again")
        return [item(check, "skipped", N_("a meter is on the rig"), todo) for check in _JIG_CHECKS]
    if "emergency stop" in detail:
        todo = N_("release the emergency stop and test again")
        return [
            item(check, "skipped", N_("the emergency stop is pressed"), todo)
            for check in ("keys", "one_shot")
        ]
    todo = N_("check supply and wires of the key board")
    return [item("keys", "bad", N_("the rig cannot test its keys: {why}"), todo, why=detail or status_word)]


def of_estop(sensed: bool | None, keypad: str = "") -> Item:
    """Whether the pressed switch was sensed; None: nobody pressed it. `keypad` as for `not_jigged`."""
    if sensed is None and keypad == "uart":
        return item("estop", "skipped", N_("not available on this board"))
    if sensed is None:
        return item(
            "estop",
            "skipped",
            N_("nobody pressed it"),
            N_("test with --estop, with the jig, and press it when asked"),
        )
    if not sensed:
        return item(
            "estop",
            "bad",
            N_("the switch was pressed and the rig did not notice"),
            N_("do not use this rig: check the switch and the wire to ESTOP_SENSE"),
        )
    return item(
        "estop", "good", N_("pressed, it is noticed and nothing is pressed; released, the rig works again")
    )


def of_timing(
    edges: Sequence[Edge], press_ms: int, gap_ms: int, keys: int, *, emulated: bool = False
) -> Item:
    """How well the rig kept the times it was asked for, by its own clock: every edge against the first."""
    if len(edges) != 2 * keys:
        return item(
            "timing",
            "bad",
            N_("{n} edges of {wanted} were reported"),
            N_("test again; if it stays, bring the firmware up to date (kctrig flash)"),
            n=len(edges),
            wanted=2 * keys,
        )
    start_ms = edges[0].device_ms
    late_ms = [
        ticks.diff(edge.device_ms, start_ms) - (number // 2 * (press_ms + gap_ms) + number % 2 * press_ms)
        for number, edge in enumerate(edges)
    ]
    worst_ms = max(late_ms, key=abs)
    values = {"press": press_ms, "gap": gap_ms, "worst": worst_ms, "keys": keys}
    said = N_("{keys} keys of {press} ms with {gap} ms between them: the worst edge is {worst} ms off")
    if abs(worst_ms) > LATE_BAD_MS:
        todo = N_("report this with a recording of the line (--trace)")
        if emulated:
            todo = N_(
                "this rig is emulated: a busy computer makes it late; test again when nothing else runs"
            )
        return item("timing", "bad", said, todo, **values)
    return item("timing", "note" if abs(worst_ms) > LATE_NOTE_MS else "good", said, None, **values)


def not_timed(why: str = "") -> Item:
    """Nothing was pressed, or the rig refused to."""
    if why:
        todo = N_("connect a meter, release the emergency stop, and test again")
        return item("timing", "skipped", N_("the rig presses nothing: {why}"), todo, why=why)
    return item("timing", "skipped", N_("no key was pressed"), N_("test with --press, at a meter"))


def _of_channel(channel: Channel) -> Item:
    name = _channel_name(channel.name)
    todo = N_("check this channel's driver, relay and wire")
    if channel.result in _CHANNEL_FAULTS:
        other = _channel_name(channel.other) if channel.other else Said(N_("another one"))
        return item("keys", "bad", _CHANNEL_FAULTS[channel.result], todo, channel=name, other=other)
    return item("keys", "bad", N_("{channel} was not tested"), todo, channel=name)


def _channel_name(name: str) -> Said:
    """Of "row 1", "column 2" or "key #": the same in words that can be translated."""
    kind, _, which = name.partition(" ")
    texts = {"row": N_("row {which}"), "column": N_("column {which}"), "key": N_("key {which}")}
    return Said(texts[kind], {"which": which}) if kind in texts else Said("{name}", {"name": name})


def _of_one_shot(report: SelfTest, nominal_ms: int | None) -> Item:
    if report.one_shot_failed:
        return item(
            "one_shot",
            "bad",
            N_("the hardware never opens a key that the firmware holds"),
            N_("do not use this rig: check the monoflop between KEY_ENABLE and the supply of the keys"),
        )
    if report.one_shot_ms is None:
        return item(
            "one_shot", "skipped", N_("no channel worked to measure it with"), N_("mend the keys first")
        )
    values = {"ms": report.one_shot_ms}
    if nominal_ms and abs(report.one_shot_ms - nominal_ms) > ONE_SHOT_SHARE * nominal_ms:
        return item(
            "one_shot",
            "note",
            N_("the hardware opens a held key after {ms} ms, meant were {nominal} ms"),
            N_("check the monoflop's capacitor and resistor"),
            nominal=nominal_ms,
            **values,
        )
    return item("one_shot", "good", N_("the hardware opens a held key after {ms} ms"), None, **values)
