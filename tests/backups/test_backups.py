"""A backup is whole or is none, holds what was committed, and comes back as it was; what is damaged is refused."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tradewind.adapters.entrance import first
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.journal import SqliteJournal
from tradewind.backups.contents import MANIFEST, check, read
from tradewind.backups.keeping import kept, prune, rules_of
from tradewind.backups.restoring import restore
from tradewind.backups.taking import take
from tradewind.errors import BadData, BadSettings
from tradewind.live.paper import run_tape
from tradewind.live.papering import on_a_tape, with_prices
from tradewind.live.prepare import prepare
from tradewind.live.start import LAYOUTS, open_account
from tradewind.modes import Choice, Request, open_history, plan_backtest
from tradewind.risk.resolving import Account, load_rules
from tradewind.runner import LOGS
from tradewind.settings import Settings

TURNS = Path(__file__).resolve().parents[1] / "live" / "desk" / "turns.py"
FIRST = int(np.datetime64("2025-03-10", "ns").astype(int))
DAY = 86_400_000_000_000
RULES = load_rules("house", Account("USD", 10_000_000))


def request(data):
    """Return what is traded: gold at made-up prices of two days."""
    wanted = Request([Choice(TURNS)], ["XAUUSD"], bar="M15", settings=Settings(data=data), start=FIRST,
                     end=FIRST + 2 * DAY, risk=RULES.limits)  # fmt: skip
    return with_prices(wanted, "synthetic", 7)[0]


def taken(data, to, **more):
    """Return the folder of a new backup."""
    given = {"history": False, "secrets": False, "settings_file": None, **more}
    return take(Settings(data=data), to, say=lambda _text: None, **given)


def in_pieces(blocks, rows=20):
    """Yield a tape in pieces, each of which is a commit."""
    for block in blocks:
        for start in range(0, len(block), rows):
            yield block[start : start + rows]


def state_of(data):
    """Return the bytes of the account's state as its journal has it, and the epoch of the next life."""
    desk, journal = open_account(prepare(request(data)), "paper", "paper", beats=False)
    with journal:
        return desk.core.state.tobytes(), desk.epoch


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """A data folder with an account that traded two days, a run's worth of bars, logs and a user database."""
    data = tmp_path_factory.mktemp("traded") / "tradewind-data"
    on_a_tape(request(data), "paper", 0.0, fresh=False, on_turn=lambda _desk: None, say=lambda _text: None)
    (data / "logs").mkdir(exist_ok=True)
    (data / "logs" / "trader.jsonl").write_text("{}\n")
    return data


def test_what_comes_back_has_the_same_state_to_the_byte_and_ids_of_its_own(traded, tmp_path):
    """The account's state is that of the journal; its epoch is one that no start had, so no order id comes twice."""
    backup = taken(traded, tmp_path / "kept")
    restore(backup, tmp_path / "one")
    restore(backup, tmp_path / "two")

    state, epoch = state_of(traded)
    one, first = state_of(tmp_path / "one" / "tradewind-data")
    two, second = state_of(tmp_path / "two" / "tradewind-data")
    assert state == one == two
    assert read(backup).journals["paper"].commit > 1
    assert first > epoch + 1_000_000
    assert second >= first


def test_a_backup_while_the_account_trades_is_its_journal_up_to_a_commit(tmp_path):
    """Each of several, taken in the middle of it, holds the first rows of every log and nothing else."""
    data, found, done = tmp_path / "tradewind-data", [], threading.Event()
    wanted = request(data)
    desk, journal = open_account(prepare(wanted), "paper", "paper", beats=False)

    def back_up():
        while not done.is_set():
            found.append(taken(data, tmp_path / "kept"))

    with journal:
        desk.begin(1, desk.start_document)
        thread = threading.Thread(target=back_up)
        thread.start()
        try:
            run_tape(desk, in_pieces(plan_backtest(wanted, open_history(wanted.settings)).feed()))
        finally:
            done.set()
            thread.join()
    assert len({read(one).journals["paper"].commit for one in found}) > 2
    with SqliteJournal.open(desk.folder.journal, LAYOUTS, readonly=True) as whole:
        logs = {log: whole.read(log).tobytes() for log in LOGS}
    for number, one in enumerate(found):
        restore(one, tmp_path / f"back-{number}")
        path = tmp_path / f"back-{number}" / "tradewind-data" / "accounts" / "paper" / "journal.sqlite"
        with SqliteJournal.open(path, LAYOUTS, readonly=True) as part:
            assert part.check() is None
            assert all(logs[log].startswith(part.read(log).tobytes()) for log in LOGS)


def test_users_settings_strategies_and_runs_come_back_and_nothing_that_makes_itself_again(
    traded, tmp_path, monkeypatch
):
    """Logs, prices and secrets stay out unless they are asked for; the shadow files of databases always."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tradewind.toml").write_text('risk = "house"\n')
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "mine.py").write_text("pass\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "tokens").write_text("canary-4711-canary-4711-canary")
    first.make(Entrance(traded), 1)
    ports = {"ports": {"secrets": tmp_path / "secrets"}, "data": traded}

    backup = take(Settings.model_validate(ports), tmp_path / "kept", history=False, secrets=False,
                  settings_file=None, say=print)  # fmt: skip
    more = take(Settings.model_validate(ports), tmp_path / "kept", history=True, secrets=True,
                settings_file=None, say=print)  # fmt: skip

    names = set(read(backup).files)
    assert {"tradewind.toml", "strategies/mine.py", "data/entrance.sqlite"} <= names
    assert not [name for name in names if "/logs/" in name or name.startswith(("secrets", "data/history"))]
    assert not [name for name in read(more).files if name.endswith(("-wal", "-shm", ".lock"))]
    assert not any("canary-4711" in path.read_text(errors="replace") for path in backup.rglob("*") if path.is_file())
    assert "secrets/tokens" in read(more).files
    assert any(name.startswith("data/history/") for name in read(more).files)
    restore(more, tmp_path / "back")
    assert (tmp_path / "back" / "secrets" / "tokens").read_text().startswith("canary-4711")
    assert (tmp_path / "back" / "tradewind-data" / "entrance.sqlite").stat().st_mode & 0o077 == 0


def flipped(path):
    """One bit of the file is another."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def told(folder, **changed):
    """The manifest says something else."""
    document = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**document, **changed}))


JOURNAL = "data/accounts/paper/journal.sqlite"
DAMAGES = {
    "a flipped bit": (lambda folder: flipped(folder / JOURNAL), "not as it was written"),
    "a file that was cut": (lambda folder: (folder / JOURNAL).write_bytes(b"SQLite"), "not as it was written"),
    "a missing file": (lambda folder: (folder / JOURNAL).unlink(), "is missing"),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "is no backup"),
    "half a manifest": (lambda folder: (folder / MANIFEST).write_text('{"format": 1'), "cannot be read"),
    "a later format": (lambda folder: told(folder, format=2), "this version knows 1"),
    "a path that leads out": (lambda folder: told(folder, files={"../x": "0" * 64}), "outside of itself"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_backup_is_refused_whole(traded, tmp_path, damage):
    """The reason is one sentence, and nothing lies in the folder it was to come back into."""
    do, says = damage
    backup = taken(traded, tmp_path / "kept")
    do(backup)

    with pytest.raises(BadData, match=says):
        restore(backup, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_folder_with_something_in_it_is_let_alone(traded, tmp_path):
    backup = taken(traded, tmp_path / "kept")
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "mine").write_text("1")

    with pytest.raises(BadData, match="is not empty"):
        restore(backup, tmp_path / "back")
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["mine"]


def test_a_backup_of_something_damaged_is_none_and_leaves_nothing(traded, tmp_path):
    """What cannot be read is said now, not on the day it is needed."""
    data = tmp_path / "data"
    restore(taken(traded, tmp_path / "kept"), tmp_path / "one")
    (tmp_path / "one" / "tradewind-data").rename(data)
    (data / "runs.sqlite").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)

    with pytest.raises(Exception, match=r"runs\.sqlite"):
        taken(data, tmp_path / "second")
    assert list((tmp_path / "second").iterdir()) == []


def test_of_older_backups_the_newest_of_each_day_week_and_month_stays():
    """A year of two a day under 7d,4w,12m: seven days, four weeks, twelve months, the newest of each."""
    moments = [datetime(2026, 1, 1, 6, tzinfo=UTC) + timedelta(hours=12 * step) for step in range(730)]
    left = sorted(kept(moments, rules_of("7d,4w,12m")), reverse=True)

    days = [datetime(2026, 12, 31, 18, tzinfo=UTC) - timedelta(days=step) for step in range(7)]
    assert left[:7] == days
    assert [one.isocalendar().week for one in left if one.isoweekday() == 7][:3] == [52, 51, 50]
    assert {one.month for one in left} == set(range(1, 13))
    assert len(left) <= 7 + 4 + 12
    assert kept(moments[:1], rules_of("1y")) == {moments[0]}


def test_pruning_leaves_what_is_no_backup_of_ours(traded, tmp_path):
    first, second = taken(traded, tmp_path / "kept"), taken(traded, tmp_path / "kept")
    (tmp_path / "kept" / "tradewind-old").mkdir()

    assert prune(tmp_path / "kept", rules_of("1d")) == [first]
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {second.name, "tradewind-old"}
    check(second, read(second))


@pytest.mark.parametrize("rule", ["", "7", "d7", "7d,", "7h", "-1d"])
def test_a_rule_that_is_none_is_said(rule):
    with pytest.raises(BadSettings, match="is no rule"):
        rules_of(rule)


def test_the_watchdogs_key_goes_along_only_with_the_secrets(traded, tmp_path):
    key = traded / "accounts" / "paper" / "emergency.toml"
    key.touch(0o600)
    try:
        plain, whole = taken(traded, tmp_path / "kept"), taken(traded, tmp_path / "kept", secrets=True)
    finally:
        key.unlink()

    assert not [name for name in read(plain).files if name.endswith("emergency.toml")]
    assert "data/accounts/paper/emergency.toml" in read(whole).files
