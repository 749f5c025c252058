"""An ESP32 in download mode, as far as esptool can tell: its ROM loader and the flasher stub over SLIP, and a flash chip.

Protocol: Espressif, "Serial protocol" of esptool's documentation. Registers: esptool's own table of the ESP32.
"""

from __future__ import annotations

import hashlib
import struct
import zlib

SYNC, READ_REG, WRITE_REG, MD5 = 0x08, 0x0A, 0x09, 0x13
MEM_END, CHANGE_BAUD, SPI_ATTACH, SPI_PARAMS = 0x06, 0x0F, 0x0D, 0x0B
FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
DEFL_BEGIN, DEFL_DATA, DEFL_END = 0x10, 0x11, 0x12
READ_FLASH, ERASE_REGION = 0xD2, 0xD1
_HARMLESS = {0x05, 0x07, CHANGE_BAUD, SPI_ATTACH, SPI_PARAMS, FLASH_END, DEFL_END}

MAGIC_REG, MAGIC_ESP32, MAGIC_ESP32_S2 = 0x40001000, 0x00F01D83, 0x000007C6
_EFUSE, _UART_DIVIDER = 0x3FF5A000, 0x3FF40014
# Command, length and data register of the flash's SPI controller.
_SPI = {
    MAGIC_ESP32: (0x3FF42000, 0x3FF42024, 0x3FF42080),
    MAGIC_ESP32_S2: (0x3F402000, 0x3F402020, 0x3F402058),
}
_READ_ID = 0x9F
_SECTOR = 4096


def escaped(packet: bytes) -> bytes:
    return b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


def unescaped(block: bytes) -> bytes:
    return block.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")


class EspRom:
    """Bytes of esptool in, bytes to esptool out.

    Attributes:
        flash: what the flash chip holds.
        in_stub: the flasher stub runs instead of the ROM.
        writes: (offset, size) of every region that was written.
        commands: every command number that came, in order.
        breaks_at: refuse every block of data after so many; -1: never.
    """

    def __init__(self, flash_mb: int = 4, magic: int = MAGIC_ESP32, mac: str = "240ac4a1b2c3") -> None:
        self.flash = bytearray(b"\xff" * (flash_mb << 20))
        self.in_stub = False
        self.writes: list[tuple[int, int]] = []
        self.commands: list[int] = []
        self.breaks_at = -1
        self._id = 0xEF | 0x40 << 8 | (flash_mb << 20).bit_length() - 1 << 16
        self._spi_command, self._spi_length, self._spi_data = _SPI[magic]
        self._registers = {
            MAGIC_REG: magic,
            _EFUSE + 4: int(mac[4:], 16),
            _EFUSE + 8: int(mac[:4], 16),
            _EFUSE + 12: 1 << 9 | 1 << 15,  # ESP32-D0WD
            _UART_DIVIDER: 347,  # 115200 baud of a crystal of 40 MHz
        }
        self._block = bytearray()
        self._inside = False
        self._offset = 0
        self._inflate = zlib.decompressobj()

    @property
    def busy(self) -> bool:
        """In the middle of a packet."""
        return self._inside

    def reset(self) -> None:
        """The chip was reset into download mode."""
        self.in_stub = self._inside = False
        self._block.clear()

    def receive(self, data: bytes) -> bytes:
        out = b""
        for byte in data:
            if byte != 0xC0:
                if self._inside:
                    self._block.append(byte)
                continue
            if self._inside and self._block:
                out += self._packet(unescaped(bytes(self._block)))
            self._inside = not (self._inside and self._block)
            self._block.clear()
        return out

    def _packet(self, packet: bytes) -> bytes:
        if len(packet) < 8 or packet[0] != 0:
            return b""  # an acknowledgement of READ_FLASH
        op, _, _ = struct.unpack_from("<BHI", packet, 1)
        body = packet[8:]
        self.commands.append(op)
        if op == SYNC:
            self.reset()
            return self._answer(op, value=0x20120707) * 8
        if op == READ_REG:
            return self._answer(op, value=self._registers.get(struct.unpack("<I", body)[0], 0))
        if op == WRITE_REG:
            for at in range(0, len(body), 16):
                address, value, _, _ = struct.unpack_from("<IIII", body, at)
                self._write_register(address, value)
            return self._answer(op)
        if op == MEM_END:
            answer = self._answer(op)
            self.in_stub = True
            return answer + escaped(b"OHAI")
        if op == MD5:
            address, size, _, _ = struct.unpack("<IIII", body)
            digest = hashlib.md5(self.flash[address : address + size])
            return self._answer(op, digest.digest() if self.in_stub else digest.hexdigest().encode())
        if op in (FLASH_BEGIN, DEFL_BEGIN):
            size, _, _, self._offset = struct.unpack_from("<IIII", body)
            self._inflate = zlib.decompressobj()
            if size:
                self.writes.append((self._offset, size))
            return self._answer(op)
        if op in (FLASH_DATA, DEFL_DATA) and self.breaks_at == 0:
            return self._answer(op, status=b"\x01\x08")
        if op in (FLASH_DATA, DEFL_DATA):
            self.breaks_at -= 1
            data = body[16:]
            self._store(self._inflate.decompress(data) if op == DEFL_DATA else data)
            return self._answer(op)
        if op == READ_FLASH and self.in_stub:
            address, size, _, _ = struct.unpack("<IIII", body)
            data = bytes(self.flash[address : address + size])
            blocks = [escaped(data[at : at + _SECTOR]) for at in range(0, size, _SECTOR)]
            return self._answer(op) + b"".join(blocks) + escaped(hashlib.md5(data).digest())
        if op in _HARMLESS:
            return self._answer(op)
        return self._answer(op, status=b"\x01\x05")

    def _answer(self, op: int, data: bytes = b"", value: int = 0, status: bytes = b"\0\0") -> bytes:
        tail = status if self.in_stub else status + b"\0\0"
        return escaped(struct.pack("<BBHI", 1, op, len(data) + len(tail), value) + data + tail)

    def _write_register(self, address: int, value: int) -> None:
        if address == self._spi_command:
            command = self._registers.get(self._spi_length, 0) & 0xFF
            self._registers[self._spi_data] = self._id if command == _READ_ID else 0
            return  # done at once: the busy bit is never seen
        self._registers[address] = value

    def _store(self, data: bytes) -> None:
        self.flash[self._offset : self._offset + len(data)] = data
        self._offset += len(data)
