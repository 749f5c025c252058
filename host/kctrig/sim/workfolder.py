"""The temporary folder of one emulated rig; what a killed process left behind is swept by the next one."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from kctrig.link.lock import try_lock

PREFIX = "kctrig-sim-"
_LOCK = "held"
# Between making a folder and locking it there is a moment; nobody sweeps that early.
_YOUNG_S = 60.0


class WorkFolder:
    """A folder that is held by a file lock as long as its process lives, and removed by `close`.

    Attributes:
        path: the folder.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = (self.path / _LOCK).open("w+b")
        try_lock(self._lock)

    def close(self) -> None:
        """Remove the folder."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def sweep(now_s: float | None = None) -> int:
    """Remove folders whose process is gone; returns how many. `now_s`: the present by time.time, for tests."""
    now_s = time.time() if now_s is None else now_s
    swept = 0
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            if now_s - folder.stat().st_mtime < _YOUNG_S:
                continue
            with (folder / _LOCK).open("r+b") as lock:
                if try_lock(lock):
                    shutil.rmtree(folder, ignore_errors=True)
                    swept += 1
    return swept
