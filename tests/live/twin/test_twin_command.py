"""`tradewind twin` on an account that traded two days of paper: the table, the page, the JSON, and what it refuses."""

import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from paper_day import doubled_swap, late, market_of
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.cli import twin as verb
from tradewind.data.synthetic import write_synthetic
from tradewind.errors import BadData, UnknownName
from tradewind.modes import open_history
from tradewind.requests import period_end, period_start
from tradewind.settings import Settings
from tradewind.twin.beginning import twin_of_day
from tradewind.twin.document import document
from tradewind.twin.page import draw_page
from tradewind.twin.recording import Start, StartedStrategy, day_span, places_of
from tradewind.twin.stored import stored_tape

HERE = Path(__file__).parent
DAYS = ("2025-10-07", "2025-10-08", "2025-10-09")


class Account:
    """A journal in memory."""

    def __init__(self, recording, start):
        self.rows = {name: getattr(recording, name) for name in ("events", "commands", "trades")}
        self.start = start

    def read(self, log, start=0):
        return self.rows[log][start:]

    def notes(self, kind):
        return [SimpleNamespace(document=self.start.document())] if kind == "start" else []


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Three days of made-up gold."""
    folder = tmp_path_factory.mktemp("desk") / "data"
    span = period_start(DAYS[0]), period_end(DAYS[-1])
    write_synthetic(open_history(Settings(data=folder)), ("XAUUSD",), span=span)
    return market_of(folder, HERE / "eager.py", "XAUUSD", span)


def account_of(market, *faults):
    start = Start(
        [StartedStrategy(str(HERE / "eager.py"))], ["XAUUSD"], plain=True, account="demo",
        settings=market.plan.request.settings.model_dump(mode="json", exclude={"data"}),
    )  # fmt: skip
    return Account(market.session(*faults).recording, start)


@pytest.fixture(scope="module")
def slow(market):
    """An account whose orders were late and whose nights were dear."""
    return account_of(market, late, doubled_swap)


@pytest.fixture
def typed(market, slow, monkeypatch):
    """The command line, with that account behind it."""
    monkeypatch.setattr(verb, "open_account", lambda _settings, _name: slow)
    folder = market.plan.request.settings.data

    def run(*words):
        return CliRunner().invoke(app, ["twin", *words, "--data", str(folder)])

    return run, folder


def day(account, market, which, reference=None):
    settings = market.plan.request.settings
    return twin_of_day(account, period_day(which), settings, reference).twin


def period_day(text):
    return np.datetime64(text).astype(object)


def test_days_of_an_account_sum_to_all_of_it(market):
    """Each day begins where the one before ended, open positions at their worth; no cent is lost between them."""
    account = account_of(market)
    session = market.session()
    told = [day(account, market, which) for which in DAYS]

    assert sum(one.live for one in told) == session.total
    assert all(set(one.causes.values()) == {0} for one in told)
    assert all(one.backtest == one.live for one in told)


def test_a_day_of_an_account_names_what_went_wrong(market, slow):
    """The faults are found day by day, from where the account stood in the morning."""
    told = [day(slow, market, which) for which in DAYS]

    assert sum(one.live for one in told) == market.session(late, doubled_swap).total
    assert {cause for one in told for cause, amount in one.causes.items() if amount} == {"latency", "swap"}
    assert all(one.difference == sum(one.causes.values()) for one in told)


def test_the_night_belongs_to_the_day_that_ends(market):
    """What is booked at the close, and the DAY event after it, are the last of a day."""
    recording = market.session(doubled_swap).recording
    span = places_of(recording.events, day_span(period_day(DAYS[0])))
    following = places_of(recording.events, day_span(period_day(DAYS[1])))

    assert span[1] == following[0]
    assert recording.events["kind"][span[1] - 1] == 3
    assert recording.events["ts"][span[1] - 1] == day_span(period_day(DAYS[0]))[1]


def test_the_command_prints_causes_and_writes_a_page(typed):
    """The table has every cause, the page asks nothing of a network and names the causes too."""
    run, folder = typed
    result = run(DAYS[0], "--account", "demo")
    page = (folder / "reports" / f"twin-demo-{DAYS[0]}.html").read_text(encoding="utf-8")

    assert result.exit_code == 0, result.output
    assert "latency" in result.output
    assert "unexplained" in result.output
    assert "Content-Security-Policy" in page
    assert "From backtest to live" in page
    assert "http://" not in page.split("</style>")[1].split("<footer>")[0]


def test_json_has_exact_amounts_that_sum(typed):
    """Amounts are decimal text; the causes sum to the difference, and so do those of the trades."""
    run, _ = typed
    told = json.loads(run(DAYS[1], "--account", "demo", "--json", "--against", "history").output)
    causes = {cause: Decimal(amount) for cause, amount in told["causes"].items()}

    assert sum(causes.values()) == Decimal(told["difference"])
    assert Decimal(told["live"]) - Decimal(told["backtest"]) == Decimal(told["difference"])
    assert sum(Decimal(each) for trade in told["trades"] for each in trade["causes"].values()) == sum(causes.values())
    assert {cause for cause, amount in causes.items() if amount} <= {"latency", "swap"}
    assert causes["latency"] != 0


def test_the_stored_day_is_the_same_as_the_recorded_one(market):
    """Held against the history, a clean day shows zero in every cause, and so does every morning and night."""
    account = account_of(market)
    settings = market.plan.request.settings
    for which in DAYS:
        told = day(account, market, which, stored_tape(settings))

        assert set(told.causes.values()) == {0}
        assert told.found["dropped"] == told.found["foreign"] == 0


def test_both_references_tell_the_same_of_a_feed_that_came_whole(market, slow):
    settings = market.plan.request.settings
    for which in DAYS:
        assert day(slow, market, which, stored_tape(settings)).causes == day(slow, market, which).causes


def test_a_name_in_a_recording_cannot_become_markup(market):
    """What comes from files of others can only be read on the page."""
    made = twin_of_day(account_of(market), period_day(DAYS[0]), market.plan.request.settings)
    told = document(made) | {"strategies": ["<script>alert(1)</script>"], "account": "<b>"}
    page = draw_page(told)

    assert "<script>alert(1)" not in page
    assert "<b></dd>" not in page


def test_what_cannot_be_told_is_said_in_one_line(market, slow, tmp_path):
    """A day without a recording, an account that is not there, an event that is missing: each has its sentence."""
    with pytest.raises(BadData, match="Nothing was recorded on 2024-01-02"):
        day(slow, market, "2024-01-02")
    with pytest.raises(UnknownName, match="account"):
        verb.open_account(Settings(data=tmp_path), "nobody")
    torn = account_of(market)
    torn.rows["events"] = np.delete(torn.rows["events"].view("V80"), 100).view(torn.rows["events"].dtype)
    with pytest.raises(BadData, match="gap after number 100"):
        day(torn, market, DAYS[0])
    torn.start = Start([], [])
    with pytest.raises(BadData, match="has no symbols"):
        day(torn, market, DAYS[0])
