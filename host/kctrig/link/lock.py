"""One process a rig: a lock file in the user's own temporary folder that names who holds it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from kctrig.link.errors import PortTaken


def lock_folder() -> Path:
    """Where the lock files of this user are: the run-time folder, else the temporary one."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / "kctrig"
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"kctrig-{user}"


def own_name() -> str:
    """Program and sub-command for the holder line; never further arguments, tokens may be among them."""
    words = [Path(sys.argv[0] or "python").name]
    if len(sys.argv) > 1 and sys.argv[1].isalpha():
        words.append(sys.argv[1])
    return " ".join(words)


class RigLock:
    """Held from construction to `close`, or to the death of the process.

    Raises PortTaken with the holder's name and process number when another process holds the rig.
    """

    def __init__(self, rig: str) -> None:
        folder = lock_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        real = os.path.realpath(rig) if rig.startswith("/") else rig
        self._path = folder / (re.sub(r"[^A-Za-z0-9.]+", "_", real).strip("_") + ".lock")
        self._file: IO[str] | None = self._path.open("a+", encoding="utf-8")
        if not try_lock(self._file):
            self._file.seek(0)
            holder = self._file.read().strip() or "another program"
            self._file.close()
            self._file = None
            raise PortTaken(rig, holder)
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{own_name()} (process {os.getpid()})\n")
        self._file.flush()

    def close(self) -> None:
        """Let go; the file stays, its lock does not."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.seek(0)
                self._file.truncate()
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    # One byte far behind the text, so that the text stays readable for others.
    _LOCK_AT = 1 << 20

    def try_lock(file: IO[Any]) -> bool:
        """Lock an open file for this process until it is closed; False when another holds it."""
        file.seek(_LOCK_AT)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(file: IO[Any]) -> bool:
        """Lock an open file for this process until it is closed; False when another holds it."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
