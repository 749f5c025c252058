"""`machine` for a VM that runs what a board's file system holds: pins, UARTs and buses that lead nowhere."""

MACHINE = """
import io
import os
import sys


class Pin:
    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = 1, 3, 7, 2, 1
    IRQ_RISING, IRQ_FALLING = 1, 2

    def __init__(self, number, mode=-1, pull=-1, value=None):
        self._level = 1 if value is None else value

    def init(self, mode=-1, pull=-1, value=None):
        pass

    def value(self, level=None):
        if level is not None:
            self._level = level
        return self._level

    __call__ = value

    def irq(self, handler=None, trigger=0, **options):
        pass

    def on(self):
        self._level = 1

    def off(self):
        self._level = 0


class UART(io.IOBase):
    IRQ_RX = 1

    def __init__(self, number, baud, **options):
        pass

    def irq(self, handler, trigger):
        pass

    def readinto(self, buf):
        return None

    def write(self, data):
        if os.getenv("STANDIN_UART"):
            sys.stdout.buffer.write(data)
        return len(data)

    def ioctl(self, request, argument):
        return 0


class I2C:
    def __init__(self, number, **options):
        pass

    def writeto_mem(self, address, register, data, **options):
        raise OSError(19)

    def readfrom_mem_into(self, address, register, buf, **options):
        raise OSError(19)


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        pass


def freq(hz):
    pass


def reset_cause():
    return 2


def unique_id():
    text = os.getenv("STANDIN_MAC") or "000000000000"
    return bytes(int(text[at : at + 2], 16) for at in range(0, 12, 2))


def reset():
    sys.exit(42)
"""
