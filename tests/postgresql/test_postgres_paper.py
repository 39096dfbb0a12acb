"""The same strategy on the same tape writes the same journal on a server as in a file; runs lie where settings say."""

import sys
import time
from dataclasses import replace
from datetime import date

import pytest
from oanda_desk import HERE, limits
from postgres_servers import new_account
from served_journals import expire

from tradewind.adapters.journal import Fenced, SqliteJournal, content_digest
from tradewind.adapters.postgres.journal import PostgresJournal
from tradewind.adapters.postgres.runs import PostgresRuns
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.data.synthetic import write_synthetic
from tradewind.errors import BadSettings, TradewindError
from tradewind.kernel.loop import EVERYTHING
from tradewind.live.folder import account_folder
from tradewind.live.launch import put_aside
from tradewind.live.paper import run_tape
from tradewind.live.papering import on_a_tape
from tradewind.live.prepare import prepare
from tradewind.live.restored import begin_other_lives
from tradewind.live.start import first_start, open_account, open_journal, open_leading
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import Choice, Request, backtest, open_history, open_runs, plan_backtest
from tradewind.runner import LOGS
from tradewind.settings import Ports, Settings
from tradewind.views import orders
from tradewind.views.pages import Cut


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A request for a few made-up days, and its backtest."""
    settings = Settings(data=tmp_path_factory.mktemp("world"))
    history = open_history(settings)
    span = day_open(date(2024, 3, 4)), day_close(date(2024, 3, 8))
    write_synthetic(history, ["XAUUSD"], 7, span)
    request = Request(
        [Choice(HERE / "turns.py")], ["XAUUSD"], bar="M15", start=span[0], end=span[1], settings=settings,
        feed="synthetic", journal_events=EVERYTHING, risk=limits(),
    )  # fmt: skip
    return request, history, backtest(request, history)


def on_the_server(request, address):
    """Return the request with its journal and its runs on the server."""
    place = f"postgresql://{address.user}@/{address.database}?host={address.host}"
    ports = Ports(journal=place, runs=place)
    return replace(request, settings=request.settings.model_copy(update={"ports": ports}))


def traded(request, history, account, stops=()):
    """The tape was traded by paper, cut and gone on with after so many events each; return journal and folder."""
    for cut in (*stops, None):
        desk, journal = open_account(prepare(request), account, "paper", beats=False)
        with journal:
            desk.begin(1, desk.start_document)
            blocks = plan_backtest(request, history).feed()
            run_tape(desk, blocks if cut is None else (block[:cut] for block in blocks))
            digest = journal.digest(LOGS)
    return open_journal(request.settings, desk.folder, readonly=True), digest


def test_paper_writes_the_same_rows_on_a_server_in_a_file_and_in_a_backtest(world, address):
    request, history, plan = world
    stops = (1_001,)
    mine, theirs = new_account(), new_account()
    in_file, digest = traded(request, history, mine, stops)
    on_server, same = traded(on_the_server(request, address), history, theirs, stops)

    with in_file, on_server:
        assert isinstance(in_file, SqliteJournal)
        assert isinstance(on_server, PostgresJournal)
        assert len(plan.journal.read("trades")) > 10
        assert digest == same
        for log in LOGS:
            assert on_server.read(log).tobytes() == plan.journal.read(log).tobytes(), log
        assert on_server.check() is None


def test_people_see_the_same_of_a_journal_on_a_server_and_in_a_file(world, address):
    """And what is written while they look."""
    request, history, _ = world
    mine, theirs, served = new_account(), new_account(), on_the_server(request, address)
    desk, journal = open_account(prepare(served), theirs, "paper", beats=False)
    with journal:
        desk.begin(1, desk.start_document)
        assert orders.trades(served.settings, theirs).newest is None
        run_tape(desk, plan_backtest(served, history).feed())
    traded(request, history, mine)[0].close()
    for view in (orders.orders, orders.fills, orders.trades, orders.equity, orders.actions):
        time.sleep(0.3)  # a journal is not looked at again at once
        shown = view(served.settings, theirs, Cut(500))
        assert shown.newest is not None, view
        assert shown == view(request.settings, mine, Cut(500)), view


def test_the_verb_writes_the_same_content_in_a_file_and_on_a_server(world, address):
    """What `tradewind paper` calls, with nothing but the settings changed."""
    request, _, plan = world
    account, said, digests = new_account(), [], set()
    for wanted in (request, on_the_server(request, address)):
        put = replace(
            wanted, settings=wanted.settings.model_copy(update={"data": request.settings.data / str(len(said))})
        )
        (request.settings.data / str(len(said))).mkdir()
        (request.settings.data / str(len(said)) / "history").symlink_to(request.settings.data / "history")
        on_a_tape(put, account, 0.0, fresh=False, on_turn=lambda _desk: None, say=said.append)
        folder = account_folder(put.settings.data, account)
        with open_journal(put.settings, folder, readonly=True) as journal:
            digests.add(journal.digest(LOGS))

    assert len(digests) == 1
    assert digests == {content_digest(plan.journal, LOGS)}
    assert said[0].split("Journal:")[0] == said[1].split("Journal:")[0]
    assert said[1].endswith(f"Journal: {account} at postgresql://tradewind@/postgres?host={address.host}")


def test_an_account_is_led_by_one_process_over_all_machines_and_its_journal_stays_where_it_is(world, address):
    request, history, _ = world
    served, account = on_the_server(request, address), new_account()
    desk, journal, lease = open_leading(prepare(served), account, "paper", None)
    with journal:
        elsewhere = replace(served, settings=served.settings.model_copy(update={"data": request.settings.data / "b"}))
        with pytest.raises(TradewindError, match=r"is in use by process \d+ on"):
            open_leading(prepare(elsewhere), account, "paper", None)
        desk.begin(1, desk.start_document)
        expire(address, account)
        successor, other, theirs = open_leading(prepare(elsewhere), account, "paper", None)
        with other:
            assert theirs.epoch == lease.epoch + 1
            assert first_start(served.settings, successor.folder)["mode"] == "paper"
            theirs.release()
        with pytest.raises(Fenced):
            lease.release()
    with pytest.raises(TradewindError, match="is on a server of PostgreSQL, not on this machine"):
        open_account(prepare(request), account, "paper")
    with pytest.raises(TradewindError, match="where it only grows"):
        put_aside(account_folder(served.settings.data, account), served.settings)
    traded(request, history, "kept", (10,))[0].close()
    with pytest.raises(TradewindError, match=r"is in .*journal\.sqlite, not on postgresql://"):
        open_account(prepare(served), "kept", "paper")


def test_runs_lie_where_the_settings_say(world, address):
    request, _, _ = world
    served = on_the_server(request, address).settings
    assert isinstance(open_runs(request.settings), SqliteRuns)
    runs = open_runs(served)
    assert isinstance(runs, PostgresRuns)
    run = runs.save({"id": new_account(), "summary": {}}, {})
    runs.append(run, "looks", {"a": 1})
    runs.append(run, "looks", {"a": 2})

    assert runs.appended(run, "looks") == [{"a": 1}, {"a": 2}]
    assert runs.appended(run, "others") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgres", "is no address"),
        ("redis://127.0.0.1", "is no address of postgresql"),
        ("postgresql://me:secret@127.0.0.1/x", "A password stands in the address"),
    ],
)
def test_a_wrong_address_is_said_plainly(tmp_path, text, words):
    with pytest.raises(BadSettings, match=words):
        open_runs(Settings(data=tmp_path, ports=Ports(runs=text)))


def test_a_missing_library_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "tradewind.adapters.postgres.runs")
    monkeypatch.delitem(sys.modules, "tradewind.adapters.postgres.connection")
    with pytest.raises(TradewindError, match=r"needs the extra `stack`: psycopg is missing. pip install"):
        open_runs(Settings(data=tmp_path, ports=Ports(runs="postgresql://me@127.0.0.1/x")))


def test_a_journal_that_was_restored_on_a_server_gives_no_order_id_a_second_time(world, address, tmp_path):
    """Its epoch is one that no count of starts reaches, however often the lost trader had started after the backup."""
    request, history, _ = world
    served = on_the_server(request, address)
    served = replace(served, settings=served.settings.model_copy(update={"data": tmp_path}))
    name = new_account()
    journal, _ = traded(served, history, name)
    with journal:
        former = journal.newest_epoch()

    assert begin_other_lives(served.settings) == [name]
    with open_journal(served.settings, account_folder(tmp_path, name), readonly=True) as journal:
        assert journal.newest_epoch() > former + 1_000_000
        assert journal.last_note("restored").document["former"] == former
    desk, journal = open_account(prepare(served), name, "paper", beats=False)
    journal.close()
    assert desk.epoch > former + 1_000_000
