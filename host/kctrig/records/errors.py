"""What can go wrong with the store; nothing happens to a meter because of any of these."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used; the text says what to do next."""

    effect = "nothing"


class StoreUnreadable(StoreError):  # noqa: N818 - named for what happened
    """The file is no kctrig store, or one of a newer kctrig."""


class MeterBusy(StoreError):  # noqa: N818
    """Another process, or another slot of this one, is working on this meter right now.

    Attributes:
        meter_no: that meter.
    """

    def __init__(self, meter_no: str) -> None:
        self.meter_no = meter_no
        super().__init__(
            f"meter {meter_no} is being worked on by another kctrig on this store. Wait until it is done; "
            "a meter is never entered from two places"
        )
