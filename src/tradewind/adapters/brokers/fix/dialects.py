"""What differs from broker to broker in FIX 4.4, as small tables with their sources.

None of these has been tried against the real broker: they are read from documents, and `tried` stays empty until a
probe of a practice account says otherwise. Where a document is silent the cautious answer stands: order ids are only
given back, stops cannot be attached, nothing is caught up.

Sources. cTrader: "cTrader FIX Engine, Rules of Engagement" (help.ctrader.com/fix/specification) and the messages of
Spotware's own client, github.com/spotware/cTraderFixPy. Dukascopy: "Dukascopy FIX API Programming Guide" revision
8.8.1, 2021. LMAX: its published QuickFIX dictionaries, as far as they are known second-hand. Standard: FIX 4.4 with
errata of 2003-06-18, volumes 3 and 4.
"""

from typing import Literal, NamedTuple

from tradewind.broker import Capabilities, IdScope
from tradewind.errors import UnknownName
from tradewind.kernel.orders import LIMIT, MARKET, STOP, STOP_LIMIT


class Dialect(NamedTuple):
    """How one broker speaks FIX 4.4."""

    name: str
    security_id: bool = False
    """Instruments go by SecurityID (48) with source 8, not by Symbol (55)."""
    quantity: Literal["units", "lots"] = "units"
    """OrderQty counts units of the underlying, or contracts."""
    order_types: frozenset[int] = frozenset({MARKET, LIMIT, STOP, STOP_LIMIT})
    lifetimes: bool = True
    """TimeInForce (59) is understood; else an order works until it is cancelled, a market order is filled at once."""
    terse: bool = False
    """Cancels, changes and questions name the order alone, without instrument and side."""
    positions: Literal["standard", "terse", "none"] = "standard"
    """How positions are asked for (AN): with all the standard wants, with the id alone, or not at all."""
    mass_status: bool = True
    """All living orders can be asked for (AF)."""
    position_ids: bool = False
    """PosMaintRptID (721) names the position in reports, and in an order that reduces it."""
    none_says: str = ""
    """What stands in the text of a business reject that means: there is none of those."""
    security_list: bool = False
    """What can be traded is told on request (x, y)."""
    id_scope: IdScope = "echo"
    position_mode: Literal["netting", "hedging", "either"] = "netting"
    lateness_s: float = 30.0
    """No document states one: an order carries no expiry, so this is a guess on the safe side."""
    tried: str = ""

    def capabilities(self) -> Capabilities:
        """Return what the adapter can do at this broker."""
        return Capabilities(
            broker=f"fix:{self.name}",
            id_scope=self.id_scope,
            id_window_s=0.0,
            lookup_by_id=True,
            lookup_lag_s=2.0,
            lateness_s=self.lateness_s,
            request_expiry=False,
            attached_stops=False,
            replaces_in_place=False,
            execution_ids=True,
            catch_up="none",
            position_mode=self.position_mode,
            cancel_all="none",
            exclusive_session=True,
            quotes_per_second=0.0,
            tried=self.tried,
            tells_money=False,
            tells_bars=False,
        )


STANDARD = Dialect(name="standard")
"""The standard as it is written: what the QuickFIX acceptor of the tests speaks."""

CTRADER = Dialect(
    name="ctrader",
    # NewOrderSingle: OrdType 1, 2 and 3; Symbol is a number; OrderQty is "the number of shares", units; TimeInForce is
    # deprecated; stops of a position are shown in reports (1000-1006) and cannot be given with an order.
    order_types=frozenset({MARKET, LIMIT, STOP}),
    lifetimes=False,
    terse=True,
    positions="terse",
    position_ids=True,
    none_says="ORDER_NOT_FOUND",
    security_list=True,
    position_mode="either",
)

LMAX = Dialect(
    name="lmax",
    # SecurityID with SecurityIDSource 8 on every message. Neither mass status nor positions are in its dictionaries:
    # the account's picture cannot be had, so the trader never becomes ready. Prices can be read.
    security_id=True,
    quantity="lots",
    mass_status=False,
    positions="none",
)

DUKASCOPY = Dialect(
    name="dukascopy",
    # CCY1/CCY2 symbols, two sessions, 16 orders a second. Positions and the account are told by messages of its own
    # (U2, U3), pushed, which this adapter does not read: no picture, so the trader never becomes ready.
    mass_status=False,
    positions="none",
)

DIALECTS = {dialect.name: dialect for dialect in (STANDARD, CTRADER, LMAX, DUKASCOPY)}


def dialect(name: str) -> Dialect:
    """Return the dialect of that name."""
    if name not in DIALECTS:
        raise UnknownName("FIX dialect", name, DIALECTS)
    return DIALECTS[name]
