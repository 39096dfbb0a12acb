"""What a CFD is: everything a broker can say about an instrument, as dated data with a source.

Nothing here is a constant of nature. Spread, swap, margin, commission, hours and even the contract size are
the broker's, so every row is valid for a span of dates and names its source; rows tagged [K] are typical
values, to be replaced by what your broker reports. Prices, sizes and rates are exact decimals (rates such as
1/30 exact fractions); `tradewind.money` turns them into integers for the kernel.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from tradewind import money
from tradewind.errors import BadData, UnknownName
from tradewind.markets.holidays import Holiday, holidays_of
from tradewind.markets.weekly import WeeklyHours

AssetClass = Literal["us_index", "eu_index", "metal", "energy", "fx"]


def _fraction(value: object) -> object:
    try:
        return Fraction(value) if isinstance(value, str | int | Decimal) else value
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is not a rate; write 0.05 or '1/20'") from None


Rate = Annotated[Fraction, BeforeValidator(_fraction)]
Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]


class Declared(BaseModel):
    """A row of a profile: immutable, and without fields we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Margin(Declared):
    """Share of a position's value that is blocked; `hedged` is the share for the opposing part of a hedge.

    Beside the margin of the net position: 0 where that is all the broker wants, `initial` where it wants the larger
    side, twice that where it wants both.
    """

    initial: Rate
    maintenance: Rate
    hedged: Rate

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if not (0 < self.maintenance <= self.initial <= 1 and 0 <= self.hedged <= 1):
            raise ValueError("margin rates are shares of the value: 0 < maintenance <= initial <= 1, 0 <= hedged <= 1")
        return self


class Commission(Declared):
    """What a fill costs: nothing, an amount per lot or unit, or a percentage of the value.

    With `per_side` the amount is charged at open and again at close; without it, it covers both together.
    """

    model: Literal["none", "per_lot", "percent", "per_unit"]
    amount: NotNegative = Decimal(0)
    currency: str = "USD"
    per_side: bool = True


class Swap(Declared):
    """Financing per night, as cash to the account: negative is a cost.

    `points` are points per lot, `currency` is quote currency per lot, `percent360` and `percent365` are
    percent a year. `nights` says how many nights the 17:00 New York roll of each weekday charges, Monday to
    Sunday.
    """

    mode: Literal["points", "currency", "percent360", "percent365"]
    long: Decimal
    short: Decimal
    nights: Annotated[tuple[int, ...], Field(min_length=7, max_length=7)]
    source: str

    @property
    def day_count(self) -> int:
        """Days of the year the percentage is divided by; 0 where the swap is not a percentage."""
        return {"percent360": 360, "percent365": 365}.get(self.mode, 0)


class Spread(Declared):
    """Typical spread by window of the day, in price units (domain 4.3), and how much it widens on news."""

    asia: Positive
    london: Positive
    new_york: Positive
    late: Positive
    roll: Positive
    news_multiple: Positive
    source: str


class Pair(NamedTuple):
    """A reference and the window traded after it: session names, or such as `09:00-15:00 Asia/Tokyo`."""

    reference: str
    trade: str


class Instrument(Declared):
    """One instrument at one broker, as valid from `valid_from` through `valid_to`."""

    symbol: str
    broker: str
    broker_symbol: str
    asset_class: AssetClass
    base_currency: str
    quote_currency: str
    margin_currency: str
    contract_size: Positive
    digits: Annotated[int, Field(ge=0, le=8)]
    point: Positive
    tick_size: Positive
    volume_min: Positive
    volume_max: Positive
    volume_step: Positive
    max_clip: Positive
    stops_level: Annotated[int, Field(ge=0)]
    freeze_level: Annotated[int, Field(ge=0)]
    chart_side: Literal["bid", "ask", "mid", "last"]
    calc_mode: Literal["forex", "cfd", "cfd_index", "cfd_leverage", "units"]
    margin: Margin
    commission: Commission
    swap: Swap
    spread: Spread
    dividend_table: str | None = None
    session_template: str
    holiday_group: Literal["us_index", "eu_index", "metals", "energy", "fx"]
    cash_venue: Literal["XNYS", "XLON", "XTKS", "XETR"] | None = None
    ny_anchor: Literal["08:00", "09:30"]
    pairs: tuple[Pair, ...]
    news_currencies: tuple[str, ...]
    server_clock: str
    valid_from: date
    valid_to: date | None = None
    source: str

    _hours: tuple[WeeklyHours, ...] = PrivateAttr(default=())
    _own_holidays: tuple[Holiday, ...] = PrivateAttr(default=())
    _holiday_broker: str = PrivateAttr(default="")

    def __hash__(self) -> int:
        """Return a cheap hash: hours are looked up by instrument a million times."""
        return hash((self.symbol, self.broker, self.valid_from))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for currency in (self.quote_currency, self.margin_currency, self.commission.currency):
            if currency not in money.MINOR_DIGITS:
                raise ValueError(str(UnknownName("currency", currency, money.MINOR_DIGITS)))
        if self.volume_min % self.volume_step:
            raise ValueError(f"volume_min {self.volume_min} is not a multiple of volume_step {self.volume_step}")
        if not self.volume_min <= self.max_clip <= self.volume_max:
            raise ValueError(f"max_clip {self.max_clip} is not between volume_min and volume_max")
        if self.point != Decimal(1).scaleb(-self.digits):
            raise ValueError(f"point {self.point} does not have {self.digits} digits")
        if self.tick_size % self.point:
            raise ValueError(f"tick_size {self.tick_size} is not a multiple of point {self.point}")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} lies before valid_from {self.valid_from}")
        try:
            money.tick_value(self)
        except BadData as error:
            raise ValueError(str(error)) from error
        return self

    def located(
        self, hours: tuple[WeeklyHours, ...], holiday_broker: str, own_holidays: tuple[Holiday, ...] = ()
    ) -> Self:
        """Return this instrument, knowing its weekly hours and whose holiday deviations apply."""
        placed = self.model_copy()
        placed._hours = hours  # noqa: SLF001 - a copy of our own
        placed._holiday_broker = holiday_broker  # noqa: SLF001 - a copy of our own
        placed._own_holidays = own_holidays  # noqa: SLF001 - a copy of our own
        return placed

    @property
    def hours(self) -> tuple[WeeklyHours, ...]:
        """The weekly hours, oldest row first."""
        return self._hours

    def holidays(self) -> dict[int, Holiday]:
        """Return the irregular trading dates by day number."""
        return holidays_of(self.symbol, self.holiday_group, self._holiday_broker, self._own_holidays)

    @property
    def tick_value_quote(self) -> Decimal:
        """What one tick is worth per lot, in quote currency."""
        return self.contract_size * self.tick_size

    def margin_per_lot(self, price: Decimal) -> Decimal:
        """Return the initial margin of one lot in quote currency, to its minor unit.

        One formula serves every mode we declare, because leverage is declared as a rate: value x rate.
        """
        value = Fraction(self.contract_size) * Fraction(price) * self.margin.initial
        minor = round(value * 10 ** money.minor_digits(self.quote_currency))
        return money.amount(minor, self.quote_currency)

    def swap_per_lot(self, side: int, price: Decimal, weekday: int) -> Decimal:
        """Return what a weekday's roll books per lot, in quote currency, unrounded; negative is a cost."""
        rate = self.swap.long if side > 0 else self.swap.short
        nights = self.swap.nights[weekday]
        if self.swap.mode == "points":
            return rate * self.point * self.contract_size * nights
        if self.swap.mode == "currency":
            return rate * nights
        return rate / 100 / self.swap.day_count * price * self.contract_size * nights


class Profile(Declared):
    """A broker: its instruments, its server clock, and when it closes positions out."""

    name: str
    server_clock: str
    margin_call_level: Positive
    stop_out_level: Positive
    negative_balance_protection: bool
    rows: tuple[Instrument, ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol of the profile, in the order declared."""
        return tuple(dict.fromkeys(row.symbol for row in self.rows))

    def closeout_share(self, margin_used: Decimal, equity: Decimal) -> Decimal:
        """Return how near the account is to being closed out: 1 is closed (OANDA: marginCloseoutPercent)."""
        return self.stop_out_level * margin_used / equity

    def instrument(self, name: str, on: date | None = None) -> Instrument:
        """Return the instrument of that symbol (ours or the broker's) as valid on a date, or its latest."""
        rows = [row for row in self.rows if name in {row.symbol, row.broker_symbol}]
        if not rows:
            both = {row.symbol for row in self.rows} | {row.broker_symbol for row in self.rows}
            raise UnknownName(f"instrument in profile {self.name}", name, both)
        if on is None:
            return rows[-1]
        for row in reversed(rows):
            if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to):
                return row
        spans = ", ".join(f"{row.valid_from} to {row.valid_to or 'today'}" for row in rows)
        raise BadData(
            f"Profile {self.name} says nothing about {name} on {on}; it covers {spans}.",
            "Add a row for that date.",
        )
