"""Paper desks on a made-up tape, cut where a test wants them cut, and what their journals hold of each strategy."""

import contextlib
from pathlib import Path

import numpy as np
from oanda_desk import HERE as DESKS
from oanda_desk import limits

from tradewind.adapters.journal import SqliteJournal
from tradewind.data.series import SYNTHETIC
from tradewind.data.synthetic import write_synthetic
from tradewind.kernel.records import COMMAND, REFUSED_COMMAND, SESSION_CLOSE, SESSION_OPEN, TRADE
from tradewind.live.paper import run_tape
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.modes import Choice, Request, open_history, plan_backtest
from tradewind.requests import period_end, period_start
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF
from tradewind.settings import Settings

HERE = Path(__file__).parent
A, B, PLAIN = DESKS / "turns.py", HERE / "late_comer.py", HERE / "plain_comer.py"
DAYS = ("2025-03-10", "2025-03-13")
NUMBERS = ("number", "order", "stop_order", "target_order")
"""Fields that count events and orders of the whole account."""

UNCOUPLED = with_digest(
    limits()._replace(**dict.fromkeys(
        ("risk_per_trade", "open_risk", "gross_leverage", "net_leverage", "margin_use", "margin_level_warning",
         "margin_level_cut", "order_value_cap", "order_value_share", "floor_buffer"), OFF), loss_rules=())
)  # fmt: skip
"""Limits under which no strategy feels the other."""


def settings(folder):
    """Return settings of a data folder with some made-up days in it."""
    found = Settings(data=folder)
    write_synthetic(open_history(found), ["XAUUSD"], 7, (period_start(DAYS[0]), period_end(DAYS[1])))
    return found


def request(found, *strategies, **more):
    """Return what to trade: gold with these strategies, each a file or a Choice, on the made-up days."""
    choices = [one if isinstance(one, Choice) else Choice(one) for one in strategies]
    return Request(choices, ["XAUUSD"], bar="M15", feed=SYNTHETIC, settings=found, risk=UNCOUPLED, **more)


@contextlib.contextmanager
def opened(wanted, account="test"):
    """Yield the desk of a paper account that has begun."""
    desk, journal = open_account(prepare(wanted), account, "paper", beats=False)
    with journal:
        desk.begin(1, desk.start_document)
        yield desk


def on_tape(desk, until=None, at_once=1_000_000):
    """The desk has traded its tape to its end, or until so many rows of it are done, edges of sessions not counted."""
    blocks = plan_backtest(desk.prepared.request, open_history(desk.prepared.request.settings)).feed()
    cut = blocks if until is None else up_to(blocks, until)
    run_tape(desk, (block[place : place + at_once] for block in cut for place in range(0, len(block), at_once)))


def up_to(blocks, rows):
    """Yield a tape up to its row number `rows`, edges of sessions not counted."""
    for block in blocks:
        counted = np.flatnonzero(~np.isin(block["kind"], (SESSION_OPEN, SESSION_CLOSE)))
        if len(counted) >= rows:
            yield block[: int(counted[rows - 1]) + 1]
            return
        rows -= len(counted)
        yield block


def added(desk, path, name="1-add", **more):
    """Return the answer to a person who adds a strategy; it has grown up before it is asked for again."""
    order = {"verb": "add", "strategy": str(path), "person": "Ann", "reason": "a test", **more}
    desk.folder.ask(name, order)
    desk.people()
    if desk.newcomer is not None:
        desk.newcomer.wait()
        desk.people()
    return desk.folder.answered(name, 1.0)


def log(account_root, name):
    """Return the rows of a log of an account that is closed."""
    with SqliteJournal.open(Path(account_root) / "journal.sqlite", LAYOUTS, readonly=True) as journal:
        return journal.read(name)


def of(rows, strategy, since=0):
    """Return the rows of one strategy as plain tuples, without what counts the whole account's events and orders."""
    assert rows.dtype in (COMMAND, TRADE)
    kept = rows[rows["strategy"] == strategy]
    if rows.dtype == COMMAND:
        kept = kept[(kept["kind"] != REFUSED_COMMAND) & (kept["ts"] >= since)]
    names = [name for name in rows.dtype.names if name not in NUMBERS]
    return [tuple(np.array(row[name]).tolist() for name in names) for row in kept]


def remembered(desk, strategy):
    """Return what a strategy remembers of gold."""
    return desk.core.runner._views[strategy, 0]
