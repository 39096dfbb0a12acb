"""Each service's door: its state, its figures and its health, for whoever scrapes."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError
from tradewind.metrics.build import build_of, tell_build
from tradewind.metrics.checks import Check
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.kept import tell_backup
from tradewind.metrics.told import Told
from tradewind.services.life import Life
from tradewind.settings import Settings

STATES = ("starting", "working", "degraded", "stopped")
Say = Callable[[str], Any]


@contextlib.contextmanager
def open_doors(lives: list[Life], settings: Settings, say: Say) -> Iterator[None]:
    """While this holds, each service answers at a door of its own; one that cannot be opened is said, and no more.

    A fixed port is the first service's; the others of the same process take the ones behind it.
    """
    if not settings.metrics.enabled:
        yield
        return
    build = build_of(settings.model_dump_json(exclude={"data"}))
    with contextlib.ExitStack() as doors:
        for place, life in enumerate(lives):
            tell_build(life.told, build)
            port = settings.metrics.port + place if settings.metrics.port else 0
            try:
                door = open_door(
                    life.told, probes_of(life, Path(settings.data)), (settings.metrics.host, port),
                    data=Path(settings.data), component=life.name,
                )  # fmt: skip
            except (TradewindError, OSError) as error:
                say(f"{life.name} tells no figures: {error}")
            else:
                doors.callback(door.close)
        yield


def probes_of(life: Life, data: Path) -> Probes:
    """Return what a service's door asks: it lives while it turns, and can serve while it works."""

    def refresh() -> None:
        life.told.one_of("tradewind_service_state", life.state, STATES)
        tell_disk(life.told, data)
        tell_backup(life.told, data)
        for ask in life.asked:
            ask()

    def ready() -> list[Check]:
        says = life.why or f"The service is {life.state}."
        return [Check("service", life.state == "working", says)]

    return Probes(lambda: time.monotonic() - life.turned_at if life.turned_at else None, ready, refresh=refresh)


def tell_disk(told: Told, data: Path) -> None:
    """The free share of the disk with the data folder is told."""
    with contextlib.suppress(OSError):
        disk = shutil.disk_usage(data)
        told.gauge("tradewind_disk_free_ratio").set(disk.free / disk.total)
