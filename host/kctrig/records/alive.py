"""Whether the process that owns a claim still lives: a lock file that the system lets go of when it dies."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import IO

from kctrig.link.lock import try_lock


class SignOfLife:
    """A locked file beside the store; `name` goes into the claims of this process.

    SIGKILL, a crash and a power cut unlock it as surely as `close` does.
    """

    def __init__(self, store_path: Path) -> None:
        store_path = store_path.resolve()
        self.name = f"{store_path.name}.owner-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = store_path.with_name(self.name)
        self._file: IO[bytes] = self._path.open("wb")
        if not try_lock(self._file):
            self._file.close()
            raise OSError(f"cannot lock {self._path}")

    def close(self) -> None:
        """Stop living, as far as claims are concerned."""
        self._file.close()
        with suppress(OSError):  # nobody holds it any more, which is what counts
            self._path.unlink(missing_ok=True)


def is_alive(store_path: Path, name: str) -> bool:
    """Whether the owner of that name still holds its lock; the file of a dead one is removed.

    On a medium that cannot be written nobody works. An owner whose file may not be opened counts as alive.
    """
    path = store_path.resolve().with_name(name)
    try:
        file = path.open("rb+")
    except FileNotFoundError:
        return False
    except OSError as error:
        return error.errno != errno.EROFS
    with file:
        if not try_lock(file):
            return True
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return False
