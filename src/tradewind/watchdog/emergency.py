"""What is done at the broker when the trader cannot do it: look, cancel what may open, close if asked, look again.

Nothing is remembered and nothing is assumed: each round begins with what the broker says now, and the work is done
only when a fresh look shows that nothing is left to do. Protective orders are never touched. A request may be
repeated, because asking twice to cancel an order or to close a trade has the effect of asking once.

A broker is a row in `BROKERS`: a function that gets the key, the level and somebody to tell each step to.
"""

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tradewind.errors import TradewindError
from tradewind.watchdog import oanda, scripted
from tradewind.watchdog.dealings import Hands, NotDone, Order, Outcome, Say, Trade
from tradewind.watchdog.keys import Key

Wanted = TypeVar("Wanted", Order, Trade)

ROUNDS = 4
GIVE_UP_AFTER = 2
"""Requests in a row without any answer, after which the rest of the round waits for the next."""


class _Round(NamedTuple):
    """One look at the broker, and what was left to do."""

    entries: list[Order]
    trades: list[Trade]
    unprotected: list[Trade]
    asked: bool
    """Something was asked of the broker, so another look is needed."""


def act(key: Key, level: int, say: Say, sleep: Callable[[float], None] = time.sleep) -> Outcome:
    """What the level asks for was done at the broker as far as the outcome says; nothing is raised."""
    try:
        if key.broker == "command":
            return scripted.act(key, level, say)
        if key.broker not in BROKERS:
            known = ", ".join((*BROKERS, "command"))
            return Outcome(done=False, trouble=f"the key file names no broker we can reach ({known})")
        with BROKERS[key.broker](key) as hands:
            return carry_out(hands, level, say, sleep)
    except (TradewindError, NotDone) as error:
        return Outcome(done=False, trouble=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the watchdog has to go on
        return Outcome(done=False, trouble=f"unexpected: {type(error).__name__}")


BROKERS = {"oanda": oanda.connect}


def carry_out(hands: Hands, level: int, say: Say, sleep: Callable[[float], None] = time.sleep) -> Outcome:
    """Return what a last look showed after at most `ROUNDS` rounds of work."""
    trouble = ""
    last = _Round([], [], [], asked=False)
    for number in range(ROUNDS):
        if number:
            sleep(0.25 * number)
        try:
            last, trouble = _round(hands, level, say)
        except NotDone as error:
            trouble = str(error)
            continue
        if not last.asked:
            break
    else:
        trouble = trouble or "the broker still shows what was to be gone"
    done = not trouble and not last.asked
    return Outcome(
        done=done,
        trouble=trouble,
        entries=tuple(order.words for order in last.entries),
        trades=tuple(trade.words for trade in last.trades),
        unprotected=tuple(trade.words for trade in last.unprotected),
    )


def _round(hands: Hands, level: int, say: Say) -> tuple[_Round, str]:
    """Look, and ask for what the level wants; return what was seen and what could not be asked."""
    orders = hands.orders()
    entries = [order for order in orders if not order.protective]
    troubles = _each(entries if level >= 2 else [], hands.cancel, say, "cancel")
    trades = hands.trades()
    stopped = {order.trade for order in orders if order.stop}
    unprotected = [trade for trade in trades if not trade.stopped and trade.id not in stopped]
    troubles += _each(trades if level >= 3 else [], hands.close, say, "close")
    asked = (level >= 2 and bool(entries)) or (level >= 3 and bool(trades))
    return _Round(entries, trades, unprotected, asked=asked), "; ".join(troubles[:3])


def _each(wanted: list[Wanted], ask: Callable[[Wanted], str], say: Say, verb: str) -> list[str]:
    """Ask for each; one that fails does not stop the others, unless nothing answers any more."""
    troubles: list[str] = []
    silent = 0
    for one in wanted:
        try:
            say(f"{ask(one)}: {one.words}")
            silent = 0
        except NotDone as error:
            troubles.append(f"could not {verb} {one.words}: {error}")
            say(troubles[-1])
            silent = silent + 1 if error.silent else 0
            if silent >= GIVE_UP_AFTER:
                break
    return troubles
