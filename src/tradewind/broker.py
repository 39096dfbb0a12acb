"""What a broker is asked and what it answers, in our own words: the seam between the trader and every adapter.

Units as everywhere: prices in ticks of the listed instrument, quantities in lot steps, cash in minor units of the
account's currency, time in ns UTC. Instruments are numbers: places in the list the adapter was opened with. An
adapter translates at its own edge and keeps no trading state of its own: it may be killed at any moment.

Three rules hold for every adapter. A request is sent once; nothing here retries one that may have had an effect. What
was not answered clearly is `UNKNOWN`, never refused. A failed or partial query raises `BrokerUnreachable`: it never
answers "none".
"""

from collections.abc import AsyncIterator, Sequence
from typing import Literal, NamedTuple, Protocol

from tradewind.errors import TradewindError

IdScope = Literal["forever", "window", "open", "echo", "none"]


class BrokerUnreachable(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """No clear answer could be had: network, overload, maintenance, nonsense. It proves nothing about orders."""


class BrokerRefused(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The broker answered clearly that it will not: wrong token, wrong account, no such instrument."""


class Capabilities(NamedTuple):
    """What an adapter and its broker can do; a conformance suite holds the adapter to it."""

    broker: str
    id_scope: IdScope
    """Within what our order id is refused a second time; "echo": it is only given back."""
    id_window_s: float
    """For "window": how long."""
    lookup_by_id: bool
    """An order, living or ended, can be asked for by our id."""
    lookup_lag_s: float
    """How long after a request was taken a lookup may still deny it."""
    lateness_s: float
    """How long after we gave up waiting a request may still take effect. Beyond it, not found is not executed."""
    request_expiry: bool
    """Requests carry a moment after which the broker drops them."""
    attached_stops: bool
    """A stop-loss and a take-profit can be part of the entry and live at the broker from its fill on."""
    replaces_in_place: bool
    """A changed order keeps the broker's id and its place in the queue."""
    execution_ids: bool
    """Every execution has an id of its own."""
    catch_up: Literal["sequence", "time", "none"]
    """How what was missed can be asked for: by number without a gap, by time, or only as the present picture."""
    position_mode: Literal["netting", "hedging", "either"]
    cancel_all: Literal["none", "entries", "everything"]
    """What the broker cancels by itself when we are gone: "everything" would take protective stops too."""
    exclusive_session: bool
    """A second login ends the first."""
    quotes_per_second: float
    """At most so many quotes an instrument; 0: every one."""
    tried: str
    """Where and when the adapter last worked against the real broker; empty: simulated only."""
    tells_money: bool = True
    """Balance, equity and margin stand in the picture; else they are 0 there and mean nothing."""
    tells_bars: bool = True
    """Closed bars can be asked for; else `candles` refuses."""


class Place(NamedTuple):
    """An order to be sent, once."""

    id: str
    """Ours: at most 32 of A-Z, 0-9 and "-", different for every order ever sent."""
    instrument: int
    strategy: int
    side: int
    quantity: int
    type: int
    """MARKET, LIMIT, STOP or STOP_LIMIT of kernel.orders."""
    price: int = 0
    trigger: int = 0
    stop_loss: int = 0
    take_profit: int = 0
    trail: int = 0
    expires: int = 0
    lifetime: int = 0
    """GOOD_TILL_CANCELLED, FILL_OR_KILL or IMMEDIATE_OR_CANCEL of kernel.orders."""
    reduce_only: bool = False
    role: int = 0
    """ENTRY, STOP_LOSS or TAKE_PROFIT of kernel.orders: a lost stop is put back as an order of its own."""
    stop_id: str = ""
    """Our id of the attached stop-loss, where there is one."""
    target_id: str = ""
    closes: tuple[str, ...] = ()
    """The broker's positions it reduces, oldest first, where positions are kept apart."""


class Cancel(NamedTuple):
    """An order to be taken back."""

    id: str
    broker_order: str = ""


class Replace(NamedTuple):
    """An order to be changed. All three are what shall hold afterwards, 0 where the order has none."""

    id: str
    new_id: str
    """Our id of the changed order, where the broker makes a new one of it."""
    instrument: int
    price: int
    trigger: int
    quantity: int
    """The whole size, filled part included."""
    broker_order: str = ""
    position: str = ""
    """The broker's position it protects, for an attached order."""


class Report(NamedTuple):
    """Something that happened at the broker. The same happening may be reported twice: `execution` tells."""

    kind: int
    """ACCEPTED ... FINANCING of kernel.rows."""
    id: str
    """Our id of the order; empty where it is not ours or was closed by the broker itself."""
    execution: str
    """The broker's id of this happening, unique in the account; ordered where it catches up by "sequence"."""
    instrument: int = -1
    side: int = 0
    quantity: int = 0
    """Of a fill: this part of it. Of a replaced order: its whole size."""
    price: int = 0
    amount: int = 0
    """Cash to the account: commission and fees of a fill (negative), or financing."""
    realised: int = 0
    """Profit the broker booked with a fill, without `amount`."""
    occurred: int = 0
    reason: int = 0
    """Of kernel.refusals."""
    broker_order: str = ""
    position: str = ""
    """The broker's position the fill opened or reduced, where positions are kept apart."""
    text: str = ""
    """The broker's own words."""
    filled: int = 0
    """Of a fill: how much of the order is filled after it, where the broker tells. One whose `quantity` equals it may
    tell of several fills at once: what is not known yet of it is the difference to what was."""


class Answer(NamedTuple):
    """What is known right after a request."""

    outcome: Literal["taken", "refused", "unknown"]
    reports: tuple[Report, ...] = ()
    text: str = ""


class Quote(NamedTuple):
    """A price of one instrument; `ts` by the broker's clock."""

    instrument: int
    ts: int
    bid: int
    ask: int
    tradable: bool = True


class Heartbeat(NamedTuple):
    """The stream lives; `sequence` is the last happening of the account, where the broker tells."""

    ts: int
    sequence: str = ""


class Link(NamedTuple):
    """A stream was connected or lost."""

    stream: Literal["quotes", "reports"]
    up: bool
    reason: str = ""


class BrokerOrder(NamedTuple):
    """A living order as the broker has it."""

    id: str
    broker_order: str
    instrument: int
    side: int
    quantity: int
    """What is left to be filled."""
    filled: int
    type: int
    price: int = 0
    trigger: int = 0
    role: int = 0
    position: str = ""
    """The position it protects."""


class BrokerPosition(NamedTuple):
    """An open position (a trade, a ticket) as the broker has it."""

    position: str
    """Empty where the broker keeps one net position an instrument."""
    id: str
    """Our id of the order that opened it; empty where it is not known."""
    instrument: int
    quantity: int
    """Signed."""
    price: float
    """Ticks; an average."""
    stop_loss: int = 0
    take_profit: int = 0
    opened: int = 0


class Picture(NamedTuple):
    """The account at one moment, whole: a query that got only a part of it raises instead."""

    ts: int
    sequence: str
    """Everything up to here is in the picture."""
    currency: str
    balance: int
    equity: int
    margin: int
    orders: tuple[BrokerOrder, ...]
    positions: tuple[BrokerPosition, ...]


class Found(NamedTuple):
    """What became of an order asked for by id."""

    state: Literal["working", "filled", "cancelled", "rejected", "absent"]
    """"absent": the broker says it has none of that id; within `lookup_lag_s` that means nothing."""
    reports: tuple[Report, ...] = ()
    """Everything that happened to it, oldest first, as far as the broker tells."""


class CatchUp(NamedTuple):
    """What happened after a sequence, oldest first, and how far it reaches."""

    reports: tuple[Report, ...]
    sequence: str


class Candle(NamedTuple):
    """A closed bar as the broker has it, ticks; `open_ts` ns UTC."""

    instrument: int
    open_ts: int
    seconds: int
    bid: tuple[int, int, int, int]
    ask: tuple[int, int, int, int]
    volume: int


class Login(NamedTuple):
    """Whom we are connected to."""

    account: str
    practice: bool
    currency: str
    hedging: bool
    clock_offset: int
    """The broker's clock minus ours, ns, as far as it can be measured."""


class Broker(Protocol):
    """An account at a broker. All methods raise BrokerUnreachable or BrokerRefused, and nothing else."""

    capabilities: Capabilities

    async def open(self) -> Login:
        """The account answers and every listed instrument is tradable there."""

    async def close(self) -> None:
        """Streams and connections are closed; orders stay as they are."""

    def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Prices as they come; reconnects by itself and says so."""

    def reports(self) -> AsyncIterator[Report | Heartbeat | Link]:
        """What happens in the account as it comes; reconnects by itself and says so, and may have missed something."""

    async def place(self, order: Place) -> Answer:
        """The order was sent once; the answer says what is known."""

    async def cancel(self, order: Cancel) -> Answer:
        """The broker was asked once to take the order back."""

    async def replace(self, order: Replace) -> Answer:
        """The broker was asked once to change the order."""

    async def picture(self) -> Picture:
        """The whole account now."""

    async def find(self, id: str, instrument: int = -1, side: int = 0) -> Found:  # noqa: A002 - our word for it
        """What became of the order with our id; some brokers want its instrument and side, where they are known."""

    async def since(self, sequence: str) -> CatchUp:
        """What happened after `sequence`; an empty one means: everything the broker tells without a search."""

    async def candles(self, instrument: int, seconds: int, start: int, end: int) -> Sequence[Candle]:
        """Closed bars that open in [start, end), oldest first."""

    async def clock_offset(self) -> int:
        """The broker's clock minus ours, ns, measured now."""
