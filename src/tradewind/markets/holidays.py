"""Product holidays: on which dates a CFD closes early, late or not at all, because its hedge does.

One row per date and product group, in `declared/product_holidays.csv` (written by `regenerate` from the rules
of domain 1.5) - and above it the deviations of single brokers in `declared/broker_holidays.csv`, or in your
own profile. `close` is when trading of that trading date ends; `reopen` when trading resumes, which may be
days later.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import NamedTuple, Self

from tradewind.errors import BadData
from tradewind.markets.clock import DAY, MINUTE, NEW_YORK, day_number, instant, wall_ns
from tradewind.markets.weekly import local_time

GROUPS = ("us_index", "eu_index", "metals", "energy", "fx")


class Holiday(NamedTuple):
    """One irregular trading date of a product group or of one symbol."""

    day: int
    group: str
    close: int | None  # minute of the New York day; None: closed all day
    reopen: int  # instant
    source: str

    @classmethod
    def parse(cls, when: str, group: str, close: str, reopen: str, source: str) -> Self:
        """Return the row written as in our tables: `2024-11-28, metals, 14:30, 2024-11-28 18:00, source`."""
        try:
            minute = None if close == "closed" else local_time(close).minute
            wall = wall_ns(datetime.strptime(reopen, "%Y-%m-%d %H:%M"))  # noqa: DTZ007 - New York wall time
            day = day_number(date.fromisoformat(when))
        except ValueError as error:
            raise BadData(
                f"The holiday row {when},{group},{close},{reopen} cannot be read: {error}.",
                "Write 2024-11-28,metals,14:30,2024-11-28 18:00,source, in New York time; or 'closed'.",
            ) from error
        return cls(day, group, minute, instant(wall // DAY, wall % DAY // MINUTE, NEW_YORK), source)

    @property
    def closes(self) -> int | None:
        """The instant at which trading of the date ends; None where the date does not trade."""
        return None if self.close is None else instant(self.day, self.close, NEW_YORK)


def _rows(name: str) -> list[list[str]]:
    text = files("tradewind.markets").joinpath("declared", name).read_text(encoding="utf-8")
    return [line.split(",", 5) for line in text.splitlines()[1:]]


@cache
def product_holidays() -> tuple[Holiday, ...]:
    """Return the product holiday table we ship."""
    return tuple(
        Holiday.parse(when, group, close, reopen, ",".join(source))
        for when, group, close, reopen, *source in _rows("product_holidays.csv")
    )


@cache
def broker_holidays() -> tuple[tuple[str, Holiday], ...]:
    """Return the deviations of single brokers we know of: (broker, row)."""
    return tuple(
        (broker, Holiday.parse(when, group, close, reopen, source))
        for broker, when, group, close, reopen, source in _rows("broker_holidays.csv")
    )


def holidays_of(symbol: str, group: str, broker: str, own: Iterable[Holiday] = ()) -> dict[int, Holiday]:
    """Return the irregular dates of an instrument by day number.

    From the weakest to the strongest: product group, broker's group, broker's symbol, `own` rows.
    """
    layers = [
        [row for row in product_holidays() if row.group == group],
        [row for name, row in broker_holidays() if name == broker and row.group == group],
        [row for name, row in broker_holidays() if name == broker and row.group == symbol],
        [row for row in own if row.group == group],
        [row for row in own if row.group == symbol],
    ]
    return {row.day: row for layer in layers for row in layer}
