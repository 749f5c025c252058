"""What can go wrong with tokens. Nothing in this package touches a meter, so `effect` is always "nothing"."""

from __future__ import annotations


class TokenError(ValueError):
    """A token could not be issued or explained; the message is one line and says what to do next."""

    effect = "nothing"


class VendingKeyRefusedError(TokenError):
    """A vending key that is not one of the three public test keys."""

    def __init__(self) -> None:
        super().__init__(
            "this vending key is not one of the public STS test keys, so it is refused: real vending keys live in security "
            "modules, and this is a test rig, not a vending system; leave the key out to use a test key"
        )


class NotATestMeterError(TokenError):
    """The decoder key of a state file does not come from a public test key."""

    def __init__(self, drn: str) -> None:
        super().__init__(
            f"meter {drn}: its decoder key does not follow from a public STS test key and the IIN, DRN, KRN, KT, TI, SGC of its "
            "state, so no token is issued: real keys live in security modules, and this is a test rig, not a vending system; "
            "make a test meter with `kctrig token meter`"
        )


class BadMeterStateError(TokenError):
    """A meter's state lacks a field or has an impossible value."""
