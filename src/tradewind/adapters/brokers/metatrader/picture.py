"""The account at one moment, and what became of one order, as the bridge shows them.

The stop-loss and the take-profit of a position are levels of it there; here they are shown as orders too, named
`sl:<position>` and `tp:<position>`, so that a changed or lost stop is seen in the same way as at any broker.
"""

from collections.abc import Iterator

from tradewind import money
from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader.happenings import Teller, side_of
from tradewind.adapters.brokers.metatrader.listing import Listed
from tradewind.adapters.brokers.metatrader.reading import Json, inner, ours, owner, real, rows, whole, word
from tradewind.broker import BrokerOrder, BrokerPosition, Found, Picture
from tradewind.kernel.orders import ENTRY, LIMIT, MARKET, STOP, STOP_LIMIT, STOP_LOSS, TAKE_PROFIT
from tradewind.kernel.records import FILLED

_TYPES = {1: LIMIT, 2: STOP, 3: STOP_LIMIT}


def picture_of(answer: Json, teller: Teller, ts: int, *, hedging: bool) -> Picture:
    """Return the account; BrokerUnreachable where a part of it is missing or not understood."""
    account = inner(answer, "account")
    cash = {name: money.minor(real(account, name), teller.currency) for name in ("balance", "equity", "margin")}
    positions = rows(answer, "positions")
    orders = [_order(each, teller) for each in rows(answer, "orders")]
    legs = [leg for each in positions for leg in _legs(each, teller, hedging=hedging)]
    return Picture(
        ts,
        str(whole(answer, "newest")),
        teller.currency,
        cash["balance"],
        cash["equity"],
        cash["margin"],
        (*orders, *legs),
        tuple(_position(each, teller, hedging=hedging) for each in positions),
    )


def _place(row: Listed | None) -> int:
    return -1 if row is None else row.place


def _order(found: Json, teller: Teller) -> BrokerOrder:
    row, kind = teller.listing.named(word(found, "symbol")), whole(found, "type")
    type_ = _TYPES.get(kind // 2, MARKET)
    at = 0 if row is None else row.ticks(real(found, "price_open"))
    behind = 0 if row is None else row.ticks(real(found, "price_stoplimit"))
    price = {LIMIT: at, STOP_LIMIT: behind}.get(type_, 0)
    left, first = real(found, "volume_current"), real(found, "volume_initial")
    return BrokerOrder(
        owner(found, teller.magic),
        str(whole(found, "ticket")),
        _place(row),
        side_of(kind),
        0 if row is None else row.steps(left),
        0 if row is None else row.steps(round(first - left, 8)),
        type_,
        price,
        at if type_ in (STOP, STOP_LIMIT) else 0,
        ENTRY,
    )


def _legs(position: Json, teller: Teller, *, hedging: bool) -> Iterator[BrokerOrder]:
    row, ticket = teller.listing.named(word(position, "symbol")), whole(position, "ticket")
    legs = inner(position, "legs")
    for which, role in (("sl", STOP_LOSS), ("tp", TAKE_PROFIT)):
        level = real(position, which)
        if level:
            at = 0 if row is None else row.ticks(level)
            yield BrokerOrder(
                ours(word(legs, which)),
                f"{which}:{ticket}",
                _place(row),
                1 if whole(position, "type") else -1,
                0 if row is None else row.steps(real(position, "volume")),
                0,
                STOP if role == STOP_LOSS else LIMIT,
                at if role == TAKE_PROFIT else 0,
                at if role == STOP_LOSS else 0,
                role,
                str(ticket) if hedging else "",
            )


def _position(found: Json, teller: Teller, *, hedging: bool) -> BrokerPosition:
    row = teller.listing.named(word(found, "symbol"))
    side = -1 if whole(found, "type") else 1
    volume = real(found, "volume")
    return BrokerPosition(
        str(whole(found, "ticket")) if hedging else "",
        owner(found, teller.magic),
        _place(row),
        side * (1 if row is None else row.steps(volume)),
        0.0 if row is None else row.average(real(found, "price_open")),
        0 if row is None else row.ticks(real(found, "sl")),
        0 if row is None else row.ticks(real(found, "tp")),
        teller.listing.utc(whole(found, "time_msc")),
    )


def found_of(answer: Json, name: str, teller: Teller) -> Found:
    """Return what became of the order with our id, or of the attached stop-loss or take-profit."""
    working, ended, deals = (rows(answer, each) for each in ("working", "orders", "deals"))
    reports = tuple(each for each in teller.reports(working, ended, deals) if each.id == name)
    leg = inner(answer, "leg")
    if leg:
        which = word(leg, "which")
        if any(real(each, which) for each in rows(answer, "positions")) or working:
            return Found("working", reports)
        if any(each.kind == FILLED for each in reports):
            return Found("filled", reports)
        return Found("cancelled" if reports or deals else "absent", reports)
    if working:
        return Found("working", reports)
    states = {whole(each, "state") for each in ended}
    if mt.ORDER_STATE_REJECTED in states and not deals:
        return Found("rejected", reports)
    if any(each.kind == FILLED for each in reports):
        whole_ = all(real(each, "volume_current") == 0 for each in ended)
        return Found("filled" if whole_ and not _cut_short(answer, deals) else "cancelled", reports)
    if ended:
        return Found("cancelled", reports)
    return _by_the_journal(answer, reports)


def _cut_short(answer: Json, deals: list[Json]) -> bool:
    """Return whether less was filled than the bridge was asked for, as when one of several requests was refused."""
    asked = inner(answer, "record").get("requests")
    if not isinstance(asked, list):
        return False
    wanted = sum(real(each, "volume") for each in asked if isinstance(each, dict) and "volume" in each)
    return sum(real(each, "volume") for each in deals) < wanted - 1e-9


def _by_the_journal(answer: Json, reports: tuple[object, ...]) -> Found:
    """Return what the bridge's journal alone can tell: that the terminal refused it, or nothing."""
    record = inner(answer, "record")
    said = record.get("results")
    if isinstance(said, list) and said and not reports:
        outcomes = {mt.outcome_of(int(each["retcode"]), int(each["error"])) for each in said}
        if outcomes == {"refused"}:
            return Found("rejected")
    return Found("absent")
