"""What can be wrong with a profile or with the name of one; nothing was done to any meter."""

from __future__ import annotations

from collections.abc import Sequence

from kctrig.link.errors import KctrigError


class ProfileError(KctrigError):
    """A profile file does not hold what a profile must hold.

    Attributes:
        file: the file, as it was named.
        key: dotted name of the value, empty when the file as a whole is wrong.
    """

    def __init__(self, file: str, key: str, wrong: str, todo: str) -> None:
        self.file = file
        self.key = key
        where = f"{file}: {key}" if key else file
        super().__init__(f"{where}: {wrong}. {todo}")


class UnknownBrand(KctrigError):  # noqa: N818 - named for what happened
    """No profile has this name or fits this MERK_TYPE.

    Attributes:
        asked: what was asked for.
        known: the names that exist.
    """

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        self.asked = asked
        self.known = tuple(known)
        super().__init__(
            f"no profile for {asked!r}. Known: {', '.join(self.known)}. "
            "Name one of these, or give a profile file of your own"
        )
