"""Brokers that deal otherwise than they quote, decisions nobody would make today, orders that vanish, people."""

from pathlib import Path

import numpy as np
import pytest
from dealer import Dealt
from paper_day import market_of

from tradewind.data.synthetic import write_synthetic
from tradewind.kernel.loop import EVERYTHING
from tradewind.kernel.records import CANCELLED, FILLED, FINANCING, OPERATOR, PLACE
from tradewind.kernel.refusals import NOT_FILLED_AT_ONCE
from tradewind.kernel.step import HALT
from tradewind.modes import open_history
from tradewind.requests import period_end, period_start
from tradewind.settings import Settings
from tradewind.twin.audit import Audit
from tradewind.twin.conduct import Conduct
from tradewind.twin.live import live_of
from tradewind.twin.run import Book, play

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Two days of made-up gold."""
    folder = tmp_path_factory.mktemp("dealt") / "data"
    span = period_start("2025-10-07"), period_end("2025-10-08")
    write_synthetic(open_history(Settings(data=folder)), ("XAUUSD",), span=span)
    return market_of(folder, HERE / "eager.py", "XAUUSD", span)


@pytest.fixture(scope="module")
def clean(market):
    return Dealt(market, lambda report: [report])


def named(told):
    return {cause: amount for cause, amount in told.causes.items() if amount}


def only(market, clean, session, cause):
    """The whole difference, and it is some, has this one cause."""
    told = session.twin(market)

    assert session.total != clean.total
    assert named(told) == {cause: session.total - clean.total}


def test_the_venue_asked_from_outside_is_the_kernels_own(market, clean):
    """Commands, trades and reports are byte for byte those of the kernel's own loop with its own venue."""
    own = market.session()
    asked = clean.recording
    rows = own.recording.events
    kept = ~((rows["kind"] == 6) & (rows["ts"] != rows["ts"][-1]))  # the session's timers
    reports = rows[kept & (rows["kind"] >= 16)].copy()
    others = asked.events[asked.events["kind"] >= 16].copy()
    reports["number"] = others["number"] = 0

    assert len(reports) > 300
    assert reports.tobytes() == others.tobytes()
    assert own.total == clean.total
    assert len(own.recording.trades) == len(asked.trades)


def test_a_run_without_causes_is_the_session(market, clean):
    """The chain's first run has the same deals as the session, and the same commands byte for byte."""
    live = live_of(clean.recording, (0, len(clean.recording.events)))
    played = play(market.world, market.tape, Conduct(live, Audit()))

    assert played.total == clean.total == played.net
    assert played.commands.tobytes() == clean.recording.commands.tobytes()


def test_wider_dealing_than_quoting_is_spread(market, clean):
    """The broker fills buyers three ticks above its own quote, and says so."""

    def deal(report):
        if report["kind"][0] == FILLED and report["side"][0] > 0:
            report["price"] += 3
            report["spread"] += 3
        return [report]

    only(market, clean, Dealt(market, deal), "spread")


def test_fills_that_slip_by_chance_are_slippage(market, clean):
    """Every fill is worse by a number of ticks of its own, which no rule explains."""
    random = np.random.default_rng(5)

    def deal(report):
        if report["kind"][0] == FILLED:
            worse = int(random.integers(0, 12))
            report["price"] += int(report["side"][0]) * worse
            report["slippage"] += worse
        return [report]

    only(market, clean, Dealt(market, deal), "slippage")


def test_fills_in_part_are_size(market, clean):
    """Entries are filled for two thirds and the rest is cancelled."""
    entries = set()

    def send(command):
        if command["kind"][0] == PLACE and not command["reduce_only"][0]:
            entries.add(int(command["order"][0]))
        return True

    def part(report):
        if report["kind"][0] != FILLED or int(report["order"][0]) not in entries or report["quantity"][0] < 3:
            return [report]
        rest = report.copy()
        report["quantity"] = report["quantity"] * 2 // 3
        rest["kind"], rest["reason"], rest["amount"] = CANCELLED, NOT_FILLED_AT_ONCE, 0
        rest["quantity"] -= report["quantity"]
        return [report, rest]

    only(market, clean, Dealt(market, part, send), "size")


def test_commission_nobody_expected_is_commission(market, clean):
    """A broker that was thought to charge none takes 7 cents a step."""

    def deal(report):
        if report["kind"][0] == FILLED:
            report["amount"] = -7 * int(report["quantity"][0])
        return [report]

    only(market, clean, Dealt(market, deal), "commission")


def test_a_night_that_is_not_charged_is_swap(market, clean):
    """The broker books no financing at all."""
    nights = [row for row in clean.recording.events if row["kind"] == FINANCING]
    session = Dealt(market, lambda report: [] if report["kind"][0] == FINANCING else [report])

    if nights:
        only(market, clean, session, "swap")
    else:
        assert named(session.twin(market)) == {}


def test_an_order_that_vanishes_without_a_word_is_missed(market, clean):
    """Nothing was ever heard of the fifth order again."""
    sent = []

    def send(command):
        sent.append(command["kind"][0] == PLACE)
        return sum(sent) != 5 or not sent[-1]

    only(market, clean, Dealt(market, lambda report: [report], send), "missed")


def test_decisions_of_another_version_are_signal(market, clean):
    """Live ran with other parameters than the twin: the same events, other decisions."""
    slot = market.world.slots[0]
    other = [type(slot)(slot.strategy, slot.params._replace(reach=3.0), slot.instruments, slot.bar_seconds)]
    session = Dealt(market, lambda report: [report], slots=other)
    told = session.twin(market)

    assert session.total != clean.total
    assert named(told) == {"signal": session.total - clean.total}
    assert told.found["decisions"] > 50


def test_a_person_who_halts_is_missed(market, clean):
    """From noon on nothing was entered because somebody said so: the backtest knows nothing of that."""
    tape = market.tape
    place = len(tape) // 3
    order = np.zeros(1, tape.dtype)
    order["kind"], order["ts"], order["verb"] = OPERATOR, tape["ts"][place], HALT
    rows = np.concatenate([part.view("V80") for part in (tape[: place + 1], order, tape[place + 1 :])])
    halted = type(market).__new__(type(market))
    halted.plan, halted.world, halted.tape = market.plan, market.world, rows.view(tape.dtype)
    session = Dealt(halted, lambda report: [report])

    only(market, clean, session, "missed")


def test_what_is_open_in_the_morning_counts_from_there(market, clean):
    """A deal begun before the run is worth what it made since."""
    runner = market.world.runner(EVERYTHING)
    runner.apply(clean.recording.events)
    book = Book(runner)

    assert book.finish()[1] == 0
    assert sum(deal.net for deal in book.deals) == 0
