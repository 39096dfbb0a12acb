"""Trades of one run beside their twins of the next, and what is left split by the trades themselves.

Two deals are twins when the same strategy decided them in the same instrument on the same side at the same moment; a
cause may move the moment (a clock, a bar that was missing), so the nearest within `TOLERANCE` will do, each once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tradewind.twin.played import Deal, Played

TOLERANCE = 900_000_000_000
"""ns."""
DAY_APART = 7_200_000_000_000
"""The same where the clock is what changed."""


class Link(NamedTuple):
    """One run of the chain, or a part of what no run explained, and what it changed."""

    cause: str
    played: Played
    amount: int
    """Minor units of the account: its deals minus those of the run before."""


@dataclass
class Trade:
    """A trade through the whole chain: as the backtest has it, as it was lived, and every cause between."""

    backtest: Deal | None
    live: Deal | None = None
    causes: dict[str, int] = field(default_factory=dict)

    @property
    def known(self) -> Deal:
        """The trade as live or, where it never was, as the backtest had it, or as some run between."""
        found = self.live or self.backtest or self.passing
        assert found is not None  # noqa: S101  a trade is made for a deal
        return found

    passing: Deal | None = None
    """A deal of a run between, of a trade that is in neither."""


class Pair(NamedTuple):
    """Twins of two runs; one may be missing."""

    before: Deal | None
    after: Deal | None


def pairs(before: Sequence[Deal], after: Sequence[Deal], tolerance: int = TOLERANCE) -> list[Pair]:
    """Return every deal of both once, twins together."""
    free = set(range(len(after)))
    found: dict[int, int] = {}
    by_kind: dict[tuple[int, int, int], list[int]] = {}
    for place, deal in enumerate(after):
        by_kind.setdefault((deal.strategy, deal.instrument, deal.side), []).append(place)
    for limit in (0, tolerance):
        for place, deal in enumerate(before):
            if place in found:
                continue
            near = [
                (abs(after[one].decided - deal.decided), one)
                for one in by_kind.get((deal.strategy, deal.instrument, deal.side), ())
                if one in free and abs(after[one].decided - deal.decided) <= limit
            ]
            if near:
                found[place] = min(near)[1]
                free.discard(found[place])
    twins = [Pair(deal, after[found[place]] if place in found else None) for place, deal in enumerate(before)]
    return [*twins, *(Pair(None, after[place]) for place in sorted(free))]


def line_up(links: Sequence[Link]) -> list[Trade]:
    """Return every trade of the chain with what each link changed of it; by links they sum to the links' amounts."""
    trades = [Trade(deal) for deal in links[0].played.deals]
    now: list[tuple[Trade, Deal]] = [(trade, trade.backtest) for trade in trades if trade.backtest is not None]
    for link in links[1:]:
        owners = {id(deal): trade for trade, deal in now}
        following: list[tuple[Trade, Deal]] = []
        tolerance = DAY_APART if link.cause == "clock" else TOLERANCE
        for before, after in pairs([deal for _, deal in now], link.played.deals, tolerance):
            if before is not None:
                trade = owners[id(before)]
            else:
                trade = Trade(None, passing=after)
                trades.append(trade)
            change = (after.net if after else 0) - (before.net if before else 0)
            if change:
                trade.causes[link.cause] = trade.causes.get(link.cause, 0) + change
            if after is not None:
                following.append((trade, after))
        now = following
    for trade, deal in now:
        trade.live = deal
    return sorted(trades, key=lambda trade: (trade.known.decided, trade.known.strategy, trade.known.instrument))


def remainder(before: Sequence[Deal], lived: Sequence[Deal]) -> list[Link]:
    """Return what is left between the last run and the replay, trade by trade: whole trades, then sizes, then prices.

    A whole trade that only one of them has is missed. Of twins, the commission and the financing differ by themselves;
    of the price difference the size's part is the run's in proportion, to the nearest minor unit, and the rest is
    slippage: it sums exactly because the last takes what is left.
    """
    twins = pairs(before, lived)
    if all(one is not None and other is not None and _money(one) == _money(other) for one, other in twins):
        return []
    rest: list[Link] = []
    deals = [one for one, _ in twins if one is not None]

    def change(cause: str, now: list[Deal]) -> None:
        nonlocal deals
        amount = sum(deal.net for deal in now) - sum(deal.net for deal in deals)
        if amount or cause == "missed":
            rest.append(Link(cause, Played(now, None, (), 0), amount))
            deals = now

    both = [(one, other) for one, other in twins if one is not None and other is not None]
    extra = [other for one, other in twins if one is None and other is not None]
    sized = [one._replace(gross=_in_proportion(one, other), quantity=other.quantity) for one, other in both]
    change("missed", [*(one for one, _ in both), *extra])
    change("size", [*sized, *extra])
    priced = [one._replace(gross=other.gross) for one, (_, other) in zip(sized, both, strict=True)]
    change("slippage", [*priced, *extra])
    charged = [one._replace(commission=other.commission) for one, (_, other) in zip(priced, both, strict=True)]
    change("commission", [*charged, *extra])
    change("swap", [*(other for _, other in both), *extra])
    return rest


def _money(deal: Deal) -> tuple[int, int, int, int]:
    return deal.gross, deal.commission, deal.financing, deal.quantity


def _in_proportion(one: Deal, other: Deal) -> int:
    """Return the price difference `one` would have made with the size of `other`, half to even."""
    return round(one.gross * other.quantity / one.quantity) if one.quantity else one.gross
