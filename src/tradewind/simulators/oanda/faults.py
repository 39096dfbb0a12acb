"""What can be made to go wrong, on purpose: for tests of adapters and for drills.

Counts (`too_many` and the like) are used up one request or line at a time; the others hold until they are changed. A
request that is `lost` never reaches the venue, one that is `unanswered` does and takes effect; the client hears nothing
of either and has to find out.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from tradewind.errors import BadSettings, UnknownName
from tradewind.simulators.oanda.book import Rules

WRITES = frozenset({"POST", "PUT", "PATCH"})
STOPS = ("", "rejected", "cancelled")


@dataclass
class Faults:
    """The switches."""

    too_many: int = 0
    """So many of the next requests are answered with 429."""
    server_errors: int = 0
    """So many are not processed and answered with 500 and a page of HTML."""
    errors_after: int = 0
    """So many of the next that change something are processed, then answered with 500."""
    lost: int = 0
    """So many of the next that change something never arrive, and are never answered."""
    unanswered: int = 0
    """So many of the next that change something take effect, and are never answered."""
    maintenance: bool = False
    """Every request is answered with 503 and a page of HTML; streams end."""
    delay_s: float = 0.0
    """Answers wait so long after they took effect."""
    read_lag_s: float = 0.0
    """So long after it was made an order or a trade is not shown yet."""
    clock_skew_s: float = 0.0
    """The venue's clock is ahead by so much."""
    drop_streams: int = 0
    """Every stream that is open when this changes is cut."""
    silent_streams: bool = False
    """Streams stay open and say nothing, no heartbeat either."""
    half_lines: int = 0
    """So many of the next stream lines are sent half, then the stream is cut."""
    duplicate_lines: int = 0
    """So many of the next stream lines that are no heartbeat are sent twice."""
    partial_fills: float = 0.0
    """The share of an order that finds a counterparty; 0: all of it."""
    stops: str = ""
    """What becomes of attached stop-losses: "rejected", "cancelled", or nothing wrong."""
    reject_orders: str = ""
    """The reason every new order is rejected with."""
    price_improvement: bool = False
    """Limits that are passed by fill at the quote instead of at their price (no fault, but a choice)."""

    def change(self, given: Mapping[str, Any]) -> None:
        """The named switches are set; raises TradewindError for a name or a value that cannot be, and sets none."""
        known = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise UnknownName("fault", name, known)
            wanted = known[name]
            fits = isinstance(value, int | float) if wanted is float else isinstance(value, wanted)
            if not fits or (isinstance(value, bool) and wanted is not bool):
                raise BadSettings(f"The fault {name} cannot be {value!r}.", f"Give a {wanted.__name__}.")
            if isinstance(value, int | float) and value < 0 and name != "clock_skew_s":
                raise BadSettings(f"The fault {name} cannot be {value!r}.", "Give 0 or more.")
            checked[name] = wanted(value)
        if checked.get("stops", "") not in STOPS:
            raise BadSettings(
                f"The fault stops cannot be {checked['stops']!r}.", "Give rejected, cancelled or nothing."
            )
        if checked.get("partial_fills", 0.0) >= 1:
            raise BadSettings("A share of 1 or more is no partial fill.", "Give partial_fills below 1, or 0 for none.")
        for name, value in checked.items():
            setattr(self, name, value)

    def take(self, name: str) -> bool:
        """Return whether a count was above 0; it is one less now."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return bool(left > 0)

    def rules(self) -> Rules:
        """Return what the venue itself does otherwise."""
        share = Decimal(str(self.partial_fills)) if self.partial_fills else None
        return Rules(self.price_improvement, share, self.stops, self.reject_orders)

    def shown(self) -> dict[str, Any]:
        """Return every switch and how it stands."""
        return asdict(self)
