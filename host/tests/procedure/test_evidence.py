"""What the events of an attempt carry, so that somebody else can judge it again."""

from __future__ import annotations

import json

import pytest
from kctrig import profiles
from kctrig.procedure.reader import ProfileReader
from tests.procedure.virtual_bench import BRANDS, Make


@pytest.mark.parametrize("brand", BRANDS)
def test_the_events_of_a_pass_carry_its_evidence(make: Make, brand: str) -> None:
    bench = make(brand)
    bench.upgrade()
    profile, reader = profiles.load(brand), ProfileReader(profiles.load(brand))
    bodies = {event.point: event.body for event in bench.store.events()}
    claim, probe, typed, answer, verify = (
        bodies[point] for point in ("claim", "probe", "typed", "answer", "verify")
    )
    assert claim["profile_hash"] == profile.profile_hash
    assert claim["firmware"] == "kctrig-rig virtual"
    assert claim["shift"] == 1
    images = [bytes.fromhex(image) for image in probe["number_images"]]  # type: ignore[attr-defined]
    assert reader.number(images) == bench.meter_no
    reading = reader.krn(bytes.fromhex(str(verify["image"])))
    assert reading is not None
    assert (reading.krn, reading.text) == (2, verify["shown"])
    times = typed["key_times_ms"]
    assert isinstance(times, list)
    assert len(times) == 20
    assert all(profile.min_press_ms <= held_ms <= 2 * profile.press_ms for _, held_ms in times)
    last = answer["frames"][-1]  # type: ignore[index]
    result = reader.result(bytes.fromhex(last[1]))
    assert result is not None
    assert result.text == answer["shown"]
    assert len(answer["enter_ms"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("brand", BRANDS)
def test_no_event_shows_the_digits_of_a_token_in_text_or_on_a_glass(make: Make, brand: str) -> None:
    bench = make(brand, ("key_drop:0.03",), 4)
    bench.upgrade()
    reader = ProfileReader(profiles.load(brand))
    for event in bench.store.events():
        text = json.dumps(event.body)
        assert not any(token in text or token[5:13] in text for token in bench.tokens)
        frames = event.body.get("frames", [])
        assert isinstance(frames, list)
        for _, image in frames:
            assert reader.echo(bytes.fromhex(image)) is None
