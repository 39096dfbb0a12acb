"""Where the broker's account differs from what we think it is: found by comparing, never guessed, each kind named.

The comparison is pure and says the same however often it is asked. What is done about a difference is the trader's;
what is certain here is only that the two sides do not agree. Ownership goes by order id and by positions our orders
opened, never by time or size.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from tradewind.broker import BrokerOrder, BrokerPosition, Picture
from tradewind.kernel.orders import ENTRY, HELD, SENT, STOP_LOSS, TAKE_PROFIT, UNKNOWN
from tradewind.trading.book import Holding
from tradewind.trading.identity import parse

Kind = Literal[
    "order missing", "order changed", "order ended here", "order of another desk",
    "foreign order", "order twice", "filled more", "side differs", "instrument differs",
    "position missing", "position larger", "position smaller", "position reversed", "position unknown",
    "position of another desk", "foreign position", "net position differs",
    "stop missing", "stop differs", "target missing", "target differs",
    "balance differs", "currency differs", "newer epoch",
]  # fmt: skip
HARMLESS: frozenset[Kind] = frozenset({"order of another desk", "balance differs"})
"""What does not put what we may open in question."""


class Ours(NamedTuple):
    """One living order as we think it is."""

    order: int
    id: str
    former: str
    broker_order: str
    instrument: int
    strategy: int
    side: int
    left: int
    price: int
    trigger: int
    status: int
    role: int
    position: str = ""
    """The broker's position an attached order protects."""
    trails: bool = False
    """The broker moves its level."""


class Difference(NamedTuple):
    """One thing on which we and the broker do not agree."""

    kind: Kind
    instrument: int
    order: int = 0
    broker: str = ""
    """The broker's order or position."""
    ours: int = 0
    theirs: int = 0
    id: str = ""
    """Ours, as the broker has it."""

    def sentence(self) -> str:
        """Return the difference in words."""
        who = f" order {self.order}" if self.order else ""
        where = f" ({self.broker})" if self.broker else ""
        return f"{self.kind}:{who}{where}, ours {self.ours}, the broker's {self.theirs}"


class View(NamedTuple):
    """Our side."""

    tag: str
    epoch: int
    currency: str
    balance: int
    orders: Sequence[Ours]
    positions: Mapping[tuple[int, int], int]
    """Signed steps by (strategy, instrument), without zeros."""
    holdings: Mapping[str, Holding]
    ignored: frozenset[str]
    netting: bool
    attached: bool
    """Stops and targets are part of the broker's positions."""


def differences(view: View, picture: Picture) -> list[Difference]:
    """Return everything on which the two sides differ, in a fixed order; empty where they agree."""
    if picture.currency != view.currency:
        return [Difference("currency differs", -1)]
    found = [*_orders(view, picture.orders), *_positions(view, picture.positions), *_levels(view, picture)]
    if picture.balance != view.balance:
        found.append(Difference("balance differs", -1, ours=view.balance, theirs=picture.balance))
    return sorted(found)


def _orders(view: View, theirs: Sequence[BrokerOrder]) -> list[Difference]:
    """Return what differs in orders; those whose outcome is not known yet are left out, and so are attached levels."""
    found: list[Difference] = []
    known = {text: one for one in view.orders for text in (one.id, one.former) if text}
    counts = Counter(one.id for one in theirs if one.id)
    for one in theirs:
        if one.broker_order in view.ignored:
            continue
        mine = known.get(one.id)
        if mine is None:
            found += _stranger(view, one)
        elif counts[one.id] > 1:
            found.append(Difference("order twice", one.instrument, mine.order, one.broker_order, 1, counts[one.id]))
        elif not (view.attached and mine.role != ENTRY):
            found += _changed(mine, one)  # an attached order is as large as its position, whatever it was made with
    there = {one.id for one in theirs}
    for mine in view.orders:
        attached = view.attached and mine.role != ENTRY
        certain = mine.status not in (HELD, SENT, UNKNOWN)
        if certain and not attached and mine.id not in there and mine.former not in there:
            found.append(Difference("order missing", mine.instrument, mine.order, mine.broker_order, mine.left))
    return found


def _stranger(view: View, one: BrokerOrder) -> list[Difference]:
    """Return what an order is that we do not have."""
    identity = parse(one.id)
    if identity is None:
        own = view.attached and one.role != ENTRY and one.position in view.holdings
        return [] if own else [Difference("foreign order", one.instrument, 0, one.broker_order, 0, one.quantity)]
    if identity.tag != view.tag:
        return [Difference("order of another desk", one.instrument, 0, one.broker_order, 0, one.quantity)]
    if identity.epoch > view.epoch:
        return [Difference("newer epoch", one.instrument, identity.order, one.broker_order, view.epoch, identity.epoch)]
    if view.attached and one.role != ENTRY and one.position in view.holdings:
        return []  # it protects what is open, whatever we think became of it: it is the last thing to be taken back
    ended = Difference("order ended here", one.instrument, identity.order, one.broker_order, 0, one.quantity, one.id)
    return [ended]


def _changed(mine: Ours, one: BrokerOrder) -> list[Difference]:
    """Return how an order differs from what we think it is."""
    where = (mine.order, one.broker_order)
    if mine.instrument != one.instrument:
        return [Difference("instrument differs", mine.instrument, *where, mine.instrument, one.instrument)]
    if mine.side != one.side:
        return [Difference("side differs", mine.instrument, *where, mine.side, one.side)]
    if mine.status in (SENT, UNKNOWN):
        return []
    if one.quantity != mine.left:
        kind: Kind = "filled more" if one.quantity < mine.left else "order changed"
        return [Difference(kind, mine.instrument, *where, mine.left, one.quantity)]
    settled = (mine.price, mine.trigger) == (one.price, one.trigger)
    if settled or mine.former:
        return []
    return [Difference("order changed", mine.instrument, *where, mine.trigger or mine.price, one.trigger or one.price)]


def _positions(view: View, theirs: Sequence[BrokerPosition]) -> list[Difference]:
    """Return what differs in positions."""
    if view.netting:
        return _nets(view, theirs)
    found: list[Difference] = []
    for one in theirs:
        own = view.holdings.get(one.position)
        if one.position in view.ignored:
            continue
        if own is None:
            found.append(_foreign(view, one))
        elif own.quantity != one.quantity:
            found.append(Difference(_sizes(own.quantity, one.quantity), one.instrument, own.order, one.position,
                                    own.quantity, one.quantity))  # fmt: skip
    there = {one.position for one in theirs}
    found += [
        Difference("position missing", one.instrument, one.order, name, one.quantity)
        for name, one in view.holdings.items()
        if name not in there
    ]
    sums: Counter[tuple[int, int]] = Counter()
    for held in view.holdings.values():
        sums[held.strategy, held.instrument] += held.quantity
    for key in sorted(view.positions.keys() | sums.keys()):
        if view.positions.get(key, 0) != sums[key]:
            found.append(Difference("position unknown", key[1], 0, "", view.positions.get(key, 0), sums[key]))
    return found


def _sizes(ours: int, theirs: int) -> Kind:
    if ours * theirs < 0:
        return "position reversed"
    return "position larger" if abs(theirs) > abs(ours) else "position smaller"


def _foreign(view: View, one: BrokerPosition) -> Difference:
    """Return what a position is that none of our fills opened."""
    identity = parse(one.id)
    kind: Kind = "foreign position"
    order = 0
    if identity is not None and identity.tag != view.tag:
        kind = "position of another desk"
    elif identity is not None:
        kind, order = ("newer epoch" if identity.epoch > view.epoch else "position unknown"), identity.order
    return Difference(kind, one.instrument, order, one.position, 0, one.quantity)


def _nets(view: View, theirs: Sequence[BrokerPosition]) -> list[Difference]:
    """Return where the broker's one position in an instrument is not the sum of ours."""
    ours: Counter[int] = Counter()
    for (_, instrument), quantity in view.positions.items():
        ours[instrument] += quantity
    net: Counter[int] = Counter()
    for one in theirs:
        net[one.instrument] += one.quantity
    return [
        Difference("net position differs", instrument, 0, "", ours[instrument], net[instrument])
        for instrument in sorted(ours.keys() | net.keys())
        if ours[instrument] != net[instrument]
    ]


def _levels(view: View, picture: Picture) -> list[Difference]:
    """Return where attached stops and targets are not what we think they are."""
    if not view.attached:
        return []
    theirs = {one.position: one for one in picture.positions}
    found: list[Difference] = []
    for mine in view.orders:
        if mine.role not in (STOP_LOSS, TAKE_PROFIT) or mine.status in (HELD, SENT, UNKNOWN):
            continue
        if mine.position not in theirs:
            continue
        levels = [_level(theirs[mine.position], mine.role)]
        wanted = mine.trigger if mine.role == STOP_LOSS else mine.price
        word = "stop" if mine.role == STOP_LOSS else "target"
        standing = [one for one in picture.orders if one.id and one.id in (mine.id, mine.former)]
        levels += [one.trigger if mine.role == STOP_LOSS else one.price for one in standing]
        if mine.trails and any(levels):
            continue
        if wanted in levels or (standing and not any(levels)) or mine.former in {one.id for one in standing}:
            continue
        gone: Kind = "stop missing" if word == "stop" else "target missing"
        moved: Kind = "stop differs" if word == "stop" else "target differs"
        level = next((one for one in levels if one), 0)
        kind = moved if level else gone
        if not (kind == moved and mine.former):
            found.append(Difference(kind, mine.instrument, mine.order, mine.broker_order, wanted, level))
    return found


def _level(position: BrokerPosition, role: int) -> int:
    return position.stop_loss if role == STOP_LOSS else position.take_profit
