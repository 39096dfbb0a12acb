"""What can be asked without changing anything: accounts, prices, candles, and lists of orders, trades and positions."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradewind.simulators.oanda.book import Book
from tradewind.simulators.oanda.candles import (
    SECONDS,
    WEEKDAYS,
    Alignment,
    Bar,
    Candles,
    candle,
    close_of,
    open_of,
)
from tradewind.simulators.oanda.closing import close_position
from tradewind.simulators.oanda.market import Market
from tradewind.simulators.oanda.reasons import Invalid, Reply, absent
from tradewind.simulators.oanda.valuation import (
    account_shown,
    account_summary,
    margin_of,
    position_shown,
    positions_shown,
    trade_shown,
    worth,
)
from tradewind.simulators.oanda.valuation import open_positions as open_in
from tradewind.simulators.oanda.wire import SECOND, Document, read_moment, with_places

Query = Mapping[str, str]
MOST = 5000
"""Candles of one answer."""
MANY = 500
"""Orders or trades of one answer."""


def accounts(books: Mapping[str, Book]) -> Reply:
    """Return the answer: which accounts there are."""
    return Reply(200, {"accounts": [{"id": number, "tags": []} for number in books]})


def account(book: Book) -> Reply:
    """Return the answer: the account with all that is open and waiting."""
    return _told(book, "account", account_shown(book))


def summary(book: Book) -> Reply:
    """Return the answer: the account without all that is open and waiting."""
    return _told(book, "account", account_summary(book))


def _told(book: Book, name: str, what: object) -> Reply:
    return Reply(200, {name: what, "lastTransactionID": book.last})


def _named(query: Query, market: Market, *, needed: bool) -> list[str]:
    """Return the instruments of a query, or raise Invalid."""
    names = [name for name in query.get("instruments", "").split(",") if name]
    if (needed and not names) or any(name not in market.instruments for name in names):
        raise Invalid("instruments")
    return list(dict.fromkeys(names))


def instruments(book: Book, query: Query) -> Reply:
    """Return the answer: what can be traded."""
    names = _named(query, book.market, needed=False) or list(book.market.instruments)
    return _told(book, "instruments", [book.listed(name).record for name in names])


def streamed(book: Book, query: Query) -> list[str]:
    """Return the instruments a stream is asked for, or raise Invalid."""
    return _named(query, book.market, needed=True)


def _flag(query: Query, name: str, otherwise: bool) -> bool:
    text = query.get(name, str(otherwise)).lower()
    if text not in ("true", "false"):
        raise Invalid(name)
    return text == "true"


def pricing(book: Book, query: Query) -> Reply:
    """Return the answer: the last quotes, as far as there are any."""
    market = book.market
    names = _named(query, market, needed=True)
    since = read_moment(query["since"]) if "since" in query else 0
    if since is None:
        raise Invalid("since")
    units, home = _flag(query, "includeUnitsAvailable", True), _flag(query, "includeHomeConversions", False)
    shown = [name for name in names if name in market.quotes and market.quotes[name].ts > since]
    body: dict[str, Any] = {"time": market.moment(), "prices": [_priced(book, name, units) for name in shown]}
    if home:
        currencies = dict.fromkeys(c for name in shown for c in (book.listed(name).base, book.listed(name).quote))
        body["homeConversions"] = [one for c in currencies for one in _conversion(book, c)]
    return Reply(200, body)


def _conversion(book: Book, currency: str) -> list[Document]:
    factors = book.market.factors(currency, book.account["currency"])
    if factors is None:
        return []
    names = ("accountGain", "accountLoss", "positionValue")
    return [{"currency": currency} | {name: with_places(one, 8) for name, one in zip(names, factors, strict=True)}]


def _priced(book: Book, name: str, units: bool) -> Document:
    shown, listed = book.market.shown(name), book.listed(name)
    factors = book.market.factors(listed.quote, book.account["currency"])
    if factors is not None:
        gain, loss = with_places(factors.gain, 8), with_places(factors.loss, 8)
        shown["quoteHomeConversionFactors"] = {"positiveUnits": gain, "negativeUnits": loss}
    if units:
        shown["unitsAvailable"] = _available(book, name)
    return shown


def _available(book: Book, name: str) -> Document:
    """Return how many units the margin suffices for, by what they may do to the position."""
    each = margin_of(book, name, Decimal(1))
    held = sum((Decimal(one["currentUnits"]) for one in book.open_trades(name)), Decimal(0))
    free = int(worth(book).available / each) if each else 0
    turned = {"long": free + (2 * abs(held) if held < 0 else 0), "short": free + (2 * held if held > 0 else 0)}
    reduced = {"long": abs(min(held, Decimal(0))), "short": max(held, Decimal(0))}
    digits = book.listed(name).units_digits
    kinds: dict[str, Mapping[str, Decimal | int]] = {
        "default": turned,
        "reduceFirst": turned,
        "reduceOnly": reduced,
        "openOnly": {"long": free if held >= 0 else 0, "short": free if held <= 0 else 0},
    }
    return {
        kind: {side: with_places(Decimal(amount), digits) for side, amount in sides.items()}
        for kind, sides in kinds.items()
    }


def pending(book: Book) -> Reply:
    """Return the answer: the waiting orders, latest first."""
    return _told(book, "orders", list(book.waiting())[::-1])


def orders(book: Book, query: Query) -> Reply:
    """Return the answer: orders of a state, of an instrument, before a number; latest first."""
    state = _word(query, "state", ("PENDING", "FILLED", "TRIGGERED", "CANCELLED", "ALL"), "PENDING")
    return _told(book, "orders", _list(book, query, book.orders, state, book.instrument_of))


def trades(book: Book, query: Query) -> Reply:
    """Return the answer: trades of a state, of an instrument, before a number; latest first."""
    state = _word(query, "state", ("OPEN", "CLOSED", "CLOSE_WHEN_TRADEABLE", "ALL"), "OPEN")
    found = _list(book, query, book.trades, state, lambda trade: trade["instrument"])
    return _told(book, "trades", [trade_shown(book, trade) for trade in found])


def _word(query: Query, name: str, allowed: Iterable[str], otherwise: str) -> str:
    word = query.get(name, otherwise)
    if word not in allowed:
        raise Invalid(name)
    return word


def _list(book: Book, query: Query, kept: Mapping[str, Document], state: str, instrument_of: Any) -> list[Document]:
    named = query.get("instrument")
    if named is not None and named not in book.market.instruments:
        raise Invalid("instrument")
    before = query.get("beforeID")
    if before is not None and not (before.isascii() and before.isdecimal() and len(before) <= 15):
        raise Invalid("beforeID")
    ids = {one for one in query.get("ids", "").split(",") if one}
    most = _count(query, 50, MANY)
    found: list[Document] = []
    for number in sorted(kept, key=int, reverse=True):
        one = kept[number]
        if (
            (not ids or number in ids)
            and (ids or state in ("ALL", one["state"]))
            and (before is None or int(number) < int(before))
            and (named is None or instrument_of(one) == named)
        ):
            found.append(one)
            if len(found) == most:
                break
    return found


def _count(query: Query, otherwise: int, most: int) -> int:
    text = query.get("count", str(otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= most):
        raise Invalid("count")
    return int(text)


def open_trades(book: Book) -> Reply:
    """Return the answer: the open trades, latest first."""
    return _told(book, "trades", [trade_shown(book, trade) for trade in book.all_open()[::-1]])


def positions(book: Book) -> Reply:
    """Return the answer: every position there is or was."""
    return _told(book, "positions", positions_shown(book, {*book.sides, *open_in(book)}))


def open_positions(book: Book) -> Reply:
    """Return the answer: every position there is."""
    return _told(book, "positions", positions_shown(book, open_in(book)))


def position(book: Book, instrument: str) -> Reply:
    """Return the answer: the position in an instrument."""
    if instrument not in book.sides and not book.open.get(instrument):
        return absent("NO_SUCH_POSITION")
    return _told(book, "position", position_shown(book, instrument))


def close(book: Book, instrument: str, body: Mapping[str, Any]) -> Reply:
    """Return the answer to the closing of a position."""
    if instrument not in book.market.instruments:
        raise Invalid("instrument")
    return close_position(book, instrument, body)


PARTS = {"B": "bid", "M": "mid", "A": "ask"}


def candles(market: Market, instrument: str, query: Query) -> Reply:
    """Return the answer: candles by count, or from one moment to another."""
    if instrument not in market.instruments:
        raise Invalid("instrument")
    granularity = _word(query, "granularity", SECONDS, "S5")
    letters = query.get("price", "M")
    if not letters or any(letter not in PARTS for letter in letters):
        raise Invalid("price")
    alignment = _alignment(query)
    found = _bars(market, instrument, granularity, alignment, query)
    parts = [part for letter, part in PARTS.items() if letter in letters]
    now, digits = market.moment(), market.instruments[instrument].digits
    shown = [
        candle(bar, parts, digits, complete=close_of(granularity, alignment, bar.start) <= now) for bar in found
    ]  # fmt: skip
    return Reply(200, {"instrument": instrument, "granularity": granularity, "candles": shown})


def _bars(market: Market, instrument: str, granularity: str, alignment: Alignment, query: Query) -> list[Bar]:
    moments = {name: read_moment(query[name]) for name in ("from", "to") if name in query}
    for name, moment in moments.items():
        if moment is None:
            raise Invalid(name)
    start, end = moments.get("from"), moments.get("to")
    count = _count(query, MOST if start is not None and end is not None else 500, MOST)
    if start is not None and end is not None and ("count" in query or start > end):
        raise Invalid("count" if "count" in query else "from")
    if start is not None and end is not None and (end - start) // (SECONDS[granularity] * SECOND) > MOST:
        raise Invalid("count")
    kept = market.candles.get(instrument, Candles())
    until = market.moment() + SECOND if end is None else end
    first = 0 if start is None else start
    if start is not None and not _flag(query, "includeFirst", True):
        first += 1
    elif start is not None:
        first = open_of(granularity, alignment, start)
    found = list(kept.bars(granularity, alignment, first, until))
    return found[:count] if start is not None else found[-count:]


def _alignment(query: Query) -> Alignment:
    _flag(query, "smooth", False)
    hour = query.get("dailyAlignment", "17")
    if not (hour.isascii() and hour.isdecimal() and len(hour) <= 2 and int(hour) <= 23):
        raise Invalid("dailyAlignment")
    zone = query.get("alignmentTimezone", "America/New_York")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("alignmentTimezone") from None
    return Alignment(int(hour), zone, _word(query, "weeklyAlignment", WEEKDAYS, "Friday"))
