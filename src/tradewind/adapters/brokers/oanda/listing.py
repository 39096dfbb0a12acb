"""Our instruments at OANDA: exact conversion between ticks and prices, lot steps and units, and what must agree.

OANDA counts units of the base; a lot step of ours is `contract_size * volume_step` of them. What the instrument
record of the account says is held against our profile before anything is traded. A difference that could make an
order mean something else, or cost more margin than we count with, is refused; a broker that is more generous than the
profile is not.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from tradewind import money
from tradewind.adapters.brokers.oanda.reading import Json, number, printable, text, whole
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import BadData, nearest
from tradewind.markets.instruments import Instrument


class Listed(NamedTuple):
    """One instrument, by our number and by OANDA's name."""

    place: int
    """Our number of it."""
    name: str
    tick: Decimal
    digits: int
    unit_step: Decimal
    """Units in one lot step."""

    def price(self, ticks: int) -> str:
        """Return a price as OANDA reads it."""
        return f"{money.price(ticks, self.tick):.{self.digits}f}"

    def ticks(self, price: Decimal) -> int:
        """Return a price in ticks, to the nearest: averages lie between."""
        try:
            return money.ticks(price, self.tick)
        except BadData as error:
            raise BrokerUnreachable(f"{self.name}: {error.message}") from None

    def exactly(self, price: Decimal) -> int:
        """Return a price in ticks; one between two ticks is no price of this instrument."""
        try:
            return money.ticks(price, self.tick, exact=True)
        except BadData as error:
            raise BrokerUnreachable(f"{self.name}: {error.message}") from None

    def units(self, steps: int) -> str:
        """Return a signed number of lot steps in units."""
        return f"{(steps * self.unit_step).normalize():f}"

    def steps(self, units: Decimal) -> int:
        """Return the lot steps in a number of units, without its sign; a part of a step cannot be ours."""
        steps = abs(units) / self.unit_step
        if steps != steps.to_integral_value() or steps > money.MAX_STEPS:
            raise BrokerUnreachable(f"{self.name}: {units} units are not whole lot steps of {self.unit_step}.")
        return int(steps)


class Listing:
    """All instruments an adapter was opened with."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Their numbers are their places."""
        self.instruments = tuple(instruments)
        self.rows = tuple(
            Listed(place, one.broker_symbol, one.tick_size, one.digits, one.contract_size * one.volume_step)
            for place, one in enumerate(instruments)
        )
        self._named = {row.name: row for row in self.rows}

    def of(self, index: int) -> Listed:
        """Return the instrument of a number of ours."""
        if not 0 <= index < len(self.rows):
            raise BrokerRefused(f"Instrument {index} is not one of the {len(self.rows)} the broker was opened with.")
        return self.rows[index]

    def named(self, name: str) -> Listed | None:
        """Return the instrument of OANDA's name, None where it is not one of ours."""
        return self._named.get(name)

    @property
    def names(self) -> str:
        """All of OANDA's names, as a query wants them."""
        return ",".join(self._named)


class Disagreement(BrokerRefused):
    """The account's instruments are not what our profile says."""


class Difference(NamedTuple):
    """Something of an instrument that OANDA and our profile see differently."""

    symbol: str
    what: str
    broker: str
    ours: str
    refused: bool
    """Whether trading on would be wrong, not only careful."""


def differences(record: Json, ours: Instrument) -> list[Difference]:
    """Return what differs between the account's instrument record and the profile, in units and prices."""
    digits, units_digits = whole(record, "displayPrecision"), whole(record, "tradeUnitsPrecision")
    step = ours.contract_size * ours.volume_step
    least, most = ours.volume_min * ours.contract_size, ours.volume_max * ours.contract_size
    clip = ours.max_clip * ours.contract_size
    minimum, maximum = number(record, "minimumTradeSize"), number(record, "maximumOrderUnits")
    rate, declared = number(record, "marginRate"), ours.margin.initial
    off_grid = step % Decimal(1).scaleb(-units_digits) != 0
    rows = [
        ("digits of a price", digits, ours.digits, digits != ours.digits),
        ("digits of units", units_digits, f"steps of {step.normalize():f}", off_grid),
        ("smallest size", minimum, least, minimum > least),
        ("largest size", maximum, most, maximum < clip),
        ("margin rate", rate, f"{float(declared):g}", rate > Decimal(declared.numerator) / declared.denominator),
    ]
    same = (digits == ours.digits, not off_grid, minimum == least, maximum == most, rate == declared)
    return [
        Difference(ours.symbol, what, f"{broker:f}" if isinstance(broker, Decimal) else str(broker), str(mine), bad)
        for (what, broker, mine, bad), equal in zip(rows, same, strict=True)
        if not equal
    ]


def records_of(found: Sequence[Json], instruments: Sequence[Instrument]) -> Mapping[str, Json]:
    """Return the records of our instruments by OANDA's name; one that the account has not got is refused."""
    records = {text(one, "name"): one for one in found}
    for one in instruments:
        if one.broker_symbol not in records:
            raise BrokerRefused(
                f"OANDA does not offer {one.broker_symbol} ({one.symbol}) to this account.",
                nearest(one.broker_symbol, records).strip() or "Leave it out, or correct broker_symbol in the profile.",
            )
    return records


def must_agree(found: Sequence[Json], instruments: Sequence[Instrument]) -> None:
    """The account's instruments are what the profile says; BrokerRefused names the first that is not."""
    records = records_of(found, instruments)
    for one in instruments:
        for bad in differences(records[one.broker_symbol], one):
            if bad.refused:
                raise Disagreement(
                    f"{bad.symbol}: the {bad.what} is {printable(bad.broker)} at OANDA and {bad.ours} in the profile.",
                    "Correct the profile: tradewind broker probe shows all differences.",
                )
