"""The line between the simulated `machine` and the board: both ends have one table, and the answers are whole."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest
from kctrig.firmware_files import ports_folder
from kctrig.sim.devices import find_micropython
from kctrig.sim.hardware import bus
from kctrig.sim.hardware.bus import BusEnd
from kctrig.sim.hardware.circuit import OUT, Circuit
from kctrig.sim.hardware.parts import NEVER
from kctrig.sim.hardware.plan import Plan, constants, read
from kctrig.sim.urls import BOARDS

PORT = ports_folder() / "sim_esp32"


def request(op: int, *rest: int) -> bytes:
    return bytes((len(rest) + 1, op, *rest))


def test_both_ends_have_the_same_table() -> None:
    theirs = {
        node.targets[0].id: node.value.value
        for node in ast.parse((PORT / "bus.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    names = (
        "PIN",
        "SET",
        "GET",
        "WRITE",
        "READ",
        "WATCHDOG",
        "FEED",
        "RESET",
        "FELL",
        "OK",
        "IO_ERROR",
        "NO_DEVICE",
    )
    assert {name: theirs[name] for name in names} == {name: getattr(bus, name) for name in names}


def test_requests_that_come_in_pieces_are_answered_when_they_are_whole(matrix: Plan) -> None:
    end = BusEnd(Circuit(matrix))
    whole = request(bus.PIN, matrix.enable, OUT, 0, 1) + request(bus.GET, matrix.enable)
    answers = [end.receive(whole[at : at + 1], 0) for at in range(len(whole))]
    assert [answer for answer in answers if answer] == [b"\x00\x01", b"\x00\x01"]


def test_an_expander_in_reset_is_nobody_on_the_bus(matrix: Plan) -> None:
    end = BusEnd(Circuit(matrix))
    assert end.receive(request(bus.WRITE, 0, 0x20, 1, 0x00), 0) == bytes((bus.NO_DEVICE, 0))
    end.receive(request(bus.PIN, matrix.enable, OUT, 0, 1), 0)
    assert end.receive(request(bus.WRITE, 0, 0x20, 1, 0x00), 0) == bytes((bus.OK, 1))
    assert end.receive(request(bus.READ, 0, 0x20, 2), 0) == b"\x00\x00\xff\xff"


def test_a_falling_edge_of_the_emergency_stop_is_told_once(matrix: Plan) -> None:
    circuit = Circuit(matrix)
    end = BusEnd(circuit)
    ask = request(bus.GET, matrix.estop_sense)
    circuit.set_estop(True, 0)
    circuit.set_estop(False, 10)
    assert end.receive(ask, 20) == bytes((bus.OK, 1 | bus.FELL))
    assert end.receive(ask, 20) == bytes((bus.OK, 1))


def test_a_pad_that_the_chip_does_not_have_is_refused(matrix: Plan) -> None:
    status, _ = BusEnd(Circuit(matrix)).receive(request(bus.PIN, 24, OUT, 0, 1), 0)
    assert status != bus.OK


def test_the_watchdog_bites_its_time_after_the_last_feeding(matrix: Plan) -> None:
    end = BusEnd(Circuit(matrix))
    assert end.watchdog.next_us() == NEVER
    end.receive(request(bus.WATCHDOG, *(2000).to_bytes(4, "little")), 1_000)
    assert end.watchdog.next_us() == 2_001_000
    assert end.receive(request(bus.FEED), 500_000) == b""
    assert end.watchdog.next_us() == 2_500_000


def test_a_reset_is_asked_for_and_not_answered(matrix: Plan) -> None:
    end = BusEnd(Circuit(matrix))
    assert end.receive(request(bus.RESET), 0) == b""
    assert end.reset_asked


@pytest.mark.parametrize("kind", BOARDS)
def test_every_board_file_has_a_plan(kind: str) -> None:
    path = ports_folder() / "esp32" / "boards" / f"{BOARDS[kind]}.py"
    assert read(path).kind == constants(path)["KEYPAD"] == kind


MACHINE = """
import machine
p = machine.Pin(25, machine.Pin.OUT, value=0)
i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
try:
    i2c.writeto_mem(0x20, 0, b"\\x00")
except OSError as error:
    print(error.args[0])
p.value(1)
i2c.writeto_mem(0x20, 0x14, b"\\x05")
latch = bytearray(2)
i2c.readfrom_mem_into(0x20, 0x14, latch)
print(p.value(), latch)
try:
    machine.Pin(24, machine.Pin.OUT)
except ValueError:
    print("no pin 24")
print(machine.reset_cause(), machine.freq(240000000), machine.freq())
"""


@pytest.mark.vm
@pytest.mark.skipif(find_micropython() is None, reason="no micropython program on this computer")
def test_machine_speaks_to_the_expander_as_a_board_does(matrix: Plan, tmp_path: Path) -> None:
    import socket
    import threading

    near, far = socket.socketpair()
    end = BusEnd(Circuit(matrix))

    def serve() -> None:
        while data := near.recv(256):
            near.sendall(end.receive(data, 0))

    server = threading.Thread(target=serve)
    server.start()
    program = tmp_path / "program.py"
    program.write_text(MACHINE, encoding="utf-8")
    env = {"MICROPYPATH": f"{PORT}:.frozen", "SIM_BUS": str(far.fileno()), "SIM_RESET_CAUSE": "3"}
    ran = subprocess.run(
        [str(find_micropython()), str(program)],
        env=env,
        pass_fds=[far.fileno()],
        capture_output=True,
        text=True,
        timeout=20,
    )
    far.close()
    server.join()
    near.close()
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "19",
        "1 bytearray(b'\\x05\\x00')",
        "no pin 24",
        "3 240000000 240000000",
    ]
