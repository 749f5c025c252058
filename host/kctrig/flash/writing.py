"""From a port and a build to a rig that answers: look, decide, write, check."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kctrig.flash import compiler, espimage, files, image, partitions
from kctrig.flash.chiptool import Chip, ChipTool, check_file
from kctrig.flash.errors import BoardError, FlashError
from kctrig.link.errors import KctrigError
from kctrig.link.greet import greet
from kctrig.link.identity import Identity
from kctrig.link.lock import RigLock

# One read brings the partition table and the head of the program behind it.
_LOOK_BYTES = 0x9000
_SECTOR = 0x1000
# The ROM, MicroPython and the firmware need about two seconds; asked four times.
_GREETINGS = 4


@dataclass(frozen=True, slots=True)
class Survey:
    """What is on a board now.

    Attributes:
        chip: the chip itself.
        table: its partitions, empty when the flash has no table.
        program: name and version of the program by ESP-IDF's description, None when there is none.
        micropython: major and minor, None when the program is not MicroPython.
    """

    chip: Chip
    table: tuple[partitions.Partition, ...]
    program: tuple[str, str] | None
    micropython: compiler.Version | None

    @property
    def files(self) -> partitions.Partition | None:
        """Where its MicroPython has its files, None when there is no such place."""
        if self.micropython is None:
            return None
        try:
            return partitions.file_system(self.table, self.chip.flash_bytes, self.micropython)
        except FlashError:
            return None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be written.

    Attributes:
        board: the build.
        chip: the chip it goes to.
        micropython: the MicroPython that will run it.
        brought: the user's MicroPython file, None when the board's own stays.
        offset: where the file system begins.
        image: the file system.
        file_count: files in it.
        notes: what a person should know.
    """

    board: files.BoardFile
    chip: Chip
    micropython: compiler.Version
    brought: espimage.MicroPythonFile | None
    offset: int
    image: bytes
    file_count: int
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the file system image."""
        return hashlib.sha256(self.image).hexdigest()


def survey(tool: ChipTool) -> Survey:
    """Ask chip and flash what they hold. Raises BoardError."""
    chip = tool.identify()
    data = tool.read(chip.family, partitions.TABLE_OFFSET, _LOOK_BYTES)
    table = partitions.parse(data[: partitions.TABLE_BYTES])
    program = partitions.app(table)
    head = b""
    if program is not None:
        at = program.offset - partitions.TABLE_OFFSET
        inside = 0 <= at <= len(data) - espimage.HEAD_BYTES
        head = data[at:] if inside else tool.read(chip.family, program.offset, _SECTOR)
    return Survey(chip, table, espimage.described(head), espimage.described_version(head))


def brought_file(path: Path) -> espimage.MicroPythonFile:
    """A MicroPython file that kctrig and esptool both take for whole. Raises FlashError."""
    found = espimage.read_file(path)
    chip = check_file(path)
    if chip and chip != found.chip:
        raise FlashError(f"{path}: esptool takes it for {chip}, its header says {found.chip}")
    return found


def build_image(
    board: files.BoardFile, target: compiler.Version | None, size: int = image.DEFAULT_BYTES
) -> tuple[bytes, int, str | None]:
    """The file system for a MicroPython (None: any that reads it): image, number of files, a note or None.

    Raises FlashError, ToolMissing.
    """
    cross = compiler.find_compiler()
    note = compiler.check_match(cross, target) if target is not None else None
    content = files.firmware_files(board, cross)
    return image.build(content, size), len(content), note


def plan(board: files.BoardFile, found: Survey, brought: espimage.MicroPythonFile | None) -> Plan:
    """Decide what to write. Raises FlashError when board, chip, MicroPython and flash do not fit together."""
    chip = found.chip
    if chip.family != board.chip:
        raise FlashError(
            f"the chip is an {chip.family}, the board file {board.name} is for an {board.chip}. "
            "Next: another board, or another --board"
        )
    if brought is not None and brought.chip != chip.family:
        raise FlashError(f"{brought.path} is for an {brought.chip}, the chip is an {chip.family}")
    version = brought.version if brought is not None else found.micropython
    if version is None:
        there = (
            f"another program is on it: {' '.join(found.program)}" if found.program else "nothing is on it"
        )
        raise FlashError(
            f"no MicroPython on the board ({there}). Next: bring its .bin from micropython.org: --micropython FILE.bin"
        )
    if brought is not None:
        place = brought.files(chip.flash_bytes)
    else:
        place = partitions.file_system(found.table, chip.flash_bytes, version)
    content, count, note = build_image(board, version, place.size)
    notes = (note,) if note is not None else ()
    return Plan(board, chip, version, brought, place.offset, content, count, notes)


def write(tool: ChipTool, wanted: Plan) -> None:
    """Write it; esptool compares digests afterwards. Raises BoardError that says how to go on."""
    with tempfile.TemporaryDirectory(prefix="kctrig-flash-") as folder:
        system = Path(folder) / "rigfs.bin"
        system.write_bytes(wanted.image)
        pieces = [(wanted.offset, system)]
        if wanted.brought is not None:
            pieces.insert(0, (wanted.brought.offset, wanted.brought.path))
        try:
            tool.write(wanted.chip.family, pieces)
        except BoardError as error:
            raise BoardError(
                f"{error}. The board may be half written, which harms nothing but this start: "
                "run the same command again, with --baud 115200 if it happens twice"
            ) from error


def check(port: str, wanted: Plan, lock: RigLock) -> Identity:
    """The rig that answers on the port after the writing. Raises BoardError when it is not the one that was written."""
    for _ in range(_GREETINGS):
        try:
            identity = greet(port, lock=lock)
        except KctrigError as error:
            raise BoardError(f"written, but the port cannot be used afterwards: {error}") from error
        if identity is not None:
            break
    else:
        raise BoardError(
            f"written, but no rig answers on {port}. Next: press the board's EN button and run kctrig rigs; "
            "if it stays silent, mpremote shows what main.py says"
        )
    version = files.firmware_version()
    for what, got, expected in (
        ("firmware", f"{identity.firmware} {identity.version}", f"kctrig-rig {version}"),
        ("board", identity.board, wanted.board.name),
        ("chip", identity.chip_id or wanted.chip.mac, wanted.chip.mac),
    ):
        if got != expected:
            raise BoardError(f"written, but the rig that answers says {what} {got!r} instead of {expected!r}")
    return identity
