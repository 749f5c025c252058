"""Which rigs are attached, and a rig by its own name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kctrig import finding
from kctrig.cli import exits
from kctrig.cli.app import run
from kctrig.finding import Found, RigNotFound
from kctrig.flash import files, image
from kctrig.flash.compiler import find_compiler
from kctrig.link.errors import NoSuchPort, PortTaken, VersionMismatch
from kctrig.link.identity import Identity, identify
from kctrig.link.port import UsbPort
from kctrig.sim.devices import find_micropython
from tests.flash.fake_board import FakeBoard
from tests.flash.micropython_bin import VFS, micropython_bin

ANSWERS = {
    "/dev/ttyUSB0": "kctrig-rig 0.1.0 bench_matrix, micropython 1.29 on esp32, id 240ac4a1b2c3, reset power-on",
    "/dev/ttyUSB1": "kctrig-rig 0.1.0 sealed_fingers, micropython 1.29 on esp32, id 240ac4a1ffff, reset watchdog",
    "/dev/ttyUSB2": "toaster 1.0",
}


def usb(device: str, vendor: int = 0x10C4, product: int = 0xEA60) -> UsbPort:
    return UsbPort(device, vendor, product, "CP2102 USB to UART", "0001", "1-2")


class Ports:
    """The computer's ports, and who answers on them; counts who was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.attached = [usb(f"/dev/ttyUSB{number}") for number in range(5)]
        self.troubles: dict[str, Exception] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(finding, "usb_ports", lambda: self.attached)
        monkeypatch.setattr(finding, "greet", self._greet)
        monkeypatch.setattr(finding, "_TAKEN_RETRY_S", 0.3)
        monkeypatch.setattr(finding, "_TAKEN_PAUSE_S", 0.01)

    def _greet(self, port: str, *, timeout_s: float) -> Identity | None:
        self.asked.append(port)
        if port in self.troubles:
            raise self.troubles[port]
        return identify(ANSWERS[port]) if port in ANSWERS else None


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    return Ports(monkeypatch)


@pytest.mark.parametrize(
    ("vendor", "product", "name"),
    [
        (0x10C4, 0xEA60, "CP210x"),
        (0x1A86, 0x7523, "CH340"),
        (0x1A86, 0x55D4, "CH9102"),
        (0x0403, 0x6001, "FT232R"),
        (0x303A, 0x1001, "Espressif"),
        (0x303A, 0x4001, "Espressif"),
        (0x046D, 0xC52B, ""),
    ],
)
def test_adapters_are_known_by_their_usb_numbers(vendor: int, product: int, name: str) -> None:
    assert finding.adapter_name(vendor, product) == name


def test_only_ports_with_the_adapter_of_a_board_are_asked_unless_all_are_wanted(ports: Ports) -> None:
    ports.attached.append(usb("/dev/ttyACM0", 0x046D, 0xC52B))
    assert "/dev/ttyACM0" not in [place.port for place in finding.candidates()]
    assert "/dev/ttyACM0" in [place.port for place in finding.candidates(every=True)]


def test_rigs_come_first_and_every_other_port_says_why_it_is_none(ports: Ports) -> None:
    ports.troubles["/dev/ttyUSB3"] = PortTaken("/dev/ttyUSB3", "kctrig upgrade (process 77)")
    ports.troubles["/dev/ttyUSB4"] = VersionMismatch(1, 2)
    found = finding.find(finding.candidates())
    assert [(place.port, place.rig_id, place.trouble) for place in found] == [
        ("/dev/ttyUSB0", "240ac4a1b2c3", ""),
        ("/dev/ttyUSB1", "240ac4a1ffff", ""),
        ("/dev/ttyUSB2", "", "speaks the wire but is no kctrig rig"),
        ("/dev/ttyUSB3", "", "in use by kctrig upgrade (process 77)"),
        ("/dev/ttyUSB4", "", "a rig of wire version 2; this kctrig speaks 1"),
    ]


def test_a_silent_port_and_one_that_is_gone_are_said(ports: Ports) -> None:
    ports.troubles["/dev/ttyUSB9"] = NoSuchPort("/dev/ttyUSB9", [], "No such file or directory")
    silent, gone = finding.find([Found("/dev/ttyUSB8", None, ""), Found("/dev/ttyUSB9", None, "")])
    assert silent.trouble == "no rig answers"
    assert gone.trouble == "no such port: /dev/ttyUSB9 (No such file or directory)"


@pytest.mark.parametrize("name", ["rig:240ac4a1b2c3", "rig:b2c3", "rig:24:0A:C4:A1:B2:C3", "rig:a1b2c3"])
def test_a_rig_is_found_by_the_beginning_or_the_end_of_its_name(ports: Ports, name: str) -> None:
    assert finding.port_of(name) == "/dev/ttyUSB0"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rig:240ac4", "fits more than one rig: 240ac4a1b2c3, 240ac4a1ffff. Give more digits"),
        ("rig:0000", "no rig 0000 is attached .rigs that answer: .*240ac4a1b2c3, 240ac4a1ffff"),
        ("rig:c3", "at least 4 digits"),
    ],
)
def test_a_name_that_fits_none_or_several_is_said(ports: Ports, name: str, words: str) -> None:
    with pytest.raises(RigNotFound, match=words) as caught:
        finding.port_of(name)
    assert caught.value.effect == "nothing"


def test_a_port_that_is_in_use_is_asked_again_and_named_in_the_end(ports: Ports) -> None:
    ports.troubles["/dev/ttyUSB4"] = PortTaken("/dev/ttyUSB4", "kctrig rigs (process 7)")
    with pytest.raises(RigNotFound, match="in use: /dev/ttyUSB4"):
        finding.port_of("rig:0000")
    assert ports.asked.count("/dev/ttyUSB4") > 2
    assert ports.asked.count("/dev/ttyUSB0") == 1


def test_the_list_names_rigs_and_not_ports_first(ports: Ports, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rigs"]) == exits.OK
    lines = capsys.readouterr().out.splitlines()
    assert any(
        line.startswith("rig:240ac4a1b2c3") and "bench_matrix" in line and line.endswith("/dev/ttyUSB0 (CP210x), USB 1-2")
        for line in lines
    )  # fmt: skip
    assert any("started by watchdog" in line for line in lines)


def test_no_adapter_at_all_says_what_to_try(ports: Ports, capsys: pytest.CaptureFixture[str]) -> None:
    ports.attached = []
    assert run(["rigs"]) == exits.TROUBLE
    assert "name a port with --port" in capsys.readouterr().out


@pytest.mark.vm
@pytest.mark.skipif(os.name != "posix", reason="ptys")
@pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer")
class TestOnPtys:
    """The same with real ports, and the firmware of a board behind one of them."""

    def test_a_board_is_listed_and_opened_by_its_name_and_a_port_in_use_is_left_alone(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with FakeBoard(tmp_path / "a", mac="240ac4000001") as rig, FakeBoard(tmp_path / "b") as other:
            rig.rom.flash[0x1000:0x11000] = micropython_bin()[:0x10000]
            content = files.firmware_files(files.board_file("emulated_meter"), find_compiler())
            rig.rom.flash[VFS : VFS + image.DEFAULT_BYTES] = image.build(content)
            program = (
                "import sys; sys.argv = ['kctrig', 'upgrade']\n"
                "from kctrig.link.port import open_port\n"
                f"line = open_port({other.path!r})\n"
                "print('open', flush=True); sys.stdin.read()\n"
            )
            with subprocess.Popen(
                [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as holder:
                assert holder.stdout is not None
                assert holder.stdout.readline() == "open\n"
                assert run(["rigs", "--port", rig.path, "--port", other.path, "--json"]) == exits.OK
                holder.kill()
            first, second = json.loads(capsys.readouterr().out)
            assert (first["rig_id"], first["board"], first["reset"]) == (
                "240ac4000001",
                "emulated_meter",
                "hard",
            )
            assert second["trouble"] == f"in use by kctrig upgrade (process {holder.pid})"
            assert other.starts == 0
            assert run(["rigs", "--port", rig.path, "--json"]) == exits.OK
            (again,) = json.loads(capsys.readouterr().out)
            assert again["boot_id"] == first["boot_id"], "asking a rig must not start it anew"
            monkeypatch.setattr(finding, "usb_ports", lambda: [usb(rig.path)])
            assert run(["selftest", "--rig", "rig:0001", "--count", "20", "--json"]) == exits.OK
            assert json.loads(capsys.readouterr().out)["rig"] == "rig:0001"

    def test_a_name_nobody_has_is_one_line_and_code_3(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(finding, "usb_ports", list)
        assert run(["probe", "--rig", "rig:beef", "--profile", "hexing"]) == exits.TROUBLE
        assert "no rig beef is attached" in capsys.readouterr().err
