"""The host's end of a campaign's link: a rig as the procedure knows it, on a line that dies with its process."""

from __future__ import annotations

from rigwire import messages

from kctrig.link.errors import LinkLost
from kctrig.link.items import DeviceEvent
from kctrig.rig import Event, Rig, RigInfo
from kctrig.sim.campaign.world import BenchWorld
from kctrig.sim.virtual import VirtualConnection


def open_rig(world: BenchWorld) -> Rig:
    """Open the rig of this world, events subscribed. Raises LinkError when none answers."""
    connection = BenchConnection(world)
    connection.finish(world.link.connect(world.now_ms()))
    connection.request(messages.SUBSCRIBE, messages.pack_request(messages.SUBSCRIBE, messages.MASK_ALL))
    hello = world.link.hello
    assert hello is not None
    info = RigInfo("campaign", hello.version_text, hello.boot_id, hello.protocol)
    return BenchRig(connection, info, world)


class BenchConnection(VirtualConnection):
    """The connection of one host process; a dead process says nothing any more."""

    def __init__(self, world: BenchWorld) -> None:
        super().__init__(world)  # type: ignore[arg-type]
        self._bench = world
        self._epoch = world.host_epoch

    def request(self, msg: int, payload: bytes = b"", timeout_s: float = 0.0) -> bytes:
        """As `VirtualConnection.request`."""
        self._still_alive()
        return super().request(msg, payload, timeout_s)

    def next_event(self, timeout_s: float) -> DeviceEvent | None:
        """As `VirtualConnection.next_event`."""
        self._still_alive()
        return super().next_event(timeout_s)

    def _still_alive(self) -> None:
        if not self._bench.host_up or self._epoch != self._bench.host_epoch:
            raise LinkLost("this host process is dead")


class BenchRig(Rig):
    """A rig whose waits are virtual: `kctrig.rig.Rig` measures them by the computer's clock."""

    def __init__(self, connection: BenchConnection, info: RigInfo, world: BenchWorld) -> None:
        super().__init__(connection, info)  # type: ignore[arg-type]
        self._bench = world

    def next_event(self, timeout_s: float) -> Event | None:
        """As `Rig.next_event`, in virtual time."""
        until_ms = self._bench.now_ms() + round(timeout_s * 1000)
        while True:
            raw = self.connection.next_event(max(0, until_ms - self._bench.now_ms()) / 1000)
            if raw is None:
                return None
            event = self.glass() if raw.kind == messages.EVENT_LOST else self._understood(raw)
            if event is not None:
                return event
