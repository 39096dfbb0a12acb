"""All areas, one after another, each in a thread that may take so long and no longer.

A thread cannot be ended from outside: one that hangs is left behind, is red, and ends with the process.
"""

import threading
from collections.abc import Callable, Iterator

from tradewind.doctor.accounts import accounts
from tradewind.doctor.api import api
from tradewind.doctor.broker import broker
from tradewind.doctor.choices import choices
from tradewind.doctor.clock import clock
from tradewind.doctor.disk import disk
from tradewind.doctor.finding import BAD, Finding
from tradewind.doctor.keeping import backups, formats
from tradewind.doctor.prices import prices
from tradewind.doctor.secrets import secrets
from tradewind.doctor.servers import databases, kafka, redis
from tradewind.doctor.services import services
from tradewind.doctor.versions import versions
from tradewind.errors import TradewindError
from tradewind.settings import Settings

WAIT_S = 3.0
Look = Callable[[Settings], list[Finding]]
AREAS: dict[str, Look] = {
    "versions": versions,
    "settings": choices,
    "secrets": secrets,
    "disk": disk,
    "clock": clock,
    "accounts": accounts,
    "broker": broker,
    "prices": prices,
    "databases": databases,
    "redis": redis,
    "kafka": kafka,
    "services": services,
    "api": api,
    "backups": backups,
    "formats": formats,
}


def examine(settings: Settings, wait_s: float = WAIT_S) -> Iterator[Finding]:
    """Yield what there is to say of every area."""
    for area, look in AREAS.items():
        yield from looked(area, look, settings, wait_s)


def looked(area: str, look: Look, settings: Settings, wait_s: float) -> list[Finding]:
    """Return what a look found; one that fails or does not end in time is red."""
    found: list[Finding] = []

    def run() -> None:
        try:
            found.extend(look(settings))
        except TradewindError as error:
            found.append(Finding(area, area, BAD, error.message, error.hint or "See the message."))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong in a look is one red line, never a traceback
            says = f"It could not be looked at: {type(error).__name__}: {error}."
            found.append(Finding(area, area, BAD, " ".join(says.split()), "Mend what the message names."))

    thread = threading.Thread(target=run, name=f"doctor {area}", daemon=True)
    thread.start()
    thread.join(wait_s)
    if thread.is_alive():
        says = f"No answer within {wait_s:g} s."
        return [Finding(area, area, BAD, says, "Look at the disk and the servers it needs, then run it again.")]
    return found
