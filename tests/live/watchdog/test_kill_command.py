"""`tradewind kill`, `rearm` and `watchdog` as a person uses them, against real processes."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from watchdog_broker import ENTRIES, PENDING, PROTECTION, TRADES, FakeOanda, write_key
from watchdog_trials import environment, read, start_trader, start_watchdog, until

from tradewind.errors import TradewindError
from tradewind.watchdog.rearm import rearm


@pytest.fixture
def broker():
    with FakeOanda() as fake:
        yield fake


@pytest.fixture
def desk(tmp_path, broker):
    """Return a function that opens an account, with a key, and a trader if a mode is given."""
    started = []

    def account(name, mode=None, *, key=True):
        folder = tmp_path / "accounts" / name
        folder.mkdir(parents=True)
        if key:
            write_key(folder, broker.url)
        if mode:
            started.append(start_trader(folder, mode))
            return folder, started[-1]
        return folder, None

    account.data = tmp_path
    yield account
    for process in started:
        process.kill()
        process.wait(30)


def tradewind(desk, *words):
    """Return what the command line said and its exit code."""
    command = [sys.executable, "-m", "tradewind.cli", *words, "--data", desk.data]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_a_trader_that_obeys_is_asked_and_answers(desk, broker):
    """The level is in force by its own word, so nothing is sent from here."""
    folder, trader = desk("gold", "obeys")
    code, lines, _ = tradewind(desk, "kill", "--account", "gold", "--level", "1")

    assert code == 0
    assert lines == [
        "gold: kill level 1 asked for: no entries",
        f"gold: the trader (process {trader.pid}) took level 1",
    ]
    assert trader.poll() is None
    assert (folder / "KILL").read_text() == "1\n"
    assert broker.account("gold").asked == []


def test_a_trader_that_hangs_is_ended_and_its_entries_cancelled_from_here(desk, broker):
    """Line by line what was done, with the key file and nothing else."""
    folder, trader = desk("gold", "stopped")
    os.kill(trader.pid, signal.SIGSTOP)
    (folder / "journal.sqlite").write_bytes(b"garbage")
    code, lines, _ = tradewind(desk, "kill", "--account", "gold")

    assert code == 0
    assert trader.wait(30) == -signal.SIGKILL
    assert set(broker.account("gold").orders) == PROTECTION
    assert broker.account("gold").trades == TRADES
    assert lines[:3] == [
        "gold: kill level 2 asked for: no entries, pending entries cancelled",
        f"gold: the trader (process {trader.pid}) does not answer within 2 s",
        f"gold: process {trader.pid} was ended",
    ]
    assert "gold: cancelled: LIMIT 5 XAU_USD at 2400.0 (order 10)" in lines
    assert lines[-1] == "gold: level 2 is done at the broker; 2 open, their stops in place"


def test_all_accounts_are_stopped_and_the_worst_decides_the_exit_code(desk, broker):
    """One without a key cannot be proved; the others are done all the same."""
    desk("gold")
    desk("dow", key=False)
    _, trader = desk("euro", "obeys")
    code, lines, _ = tradewind(desk, "kill", "--all", "--level", "3")

    assert code == 1
    assert broker.account("gold").trades == {}
    assert f"euro: the trader (process {trader.pid}) took level 3" in lines
    assert "dow: orders at the broker were NOT touched; use the broker's own page or telephone" in lines
    assert {(desk.data / "accounts" / name / "KILL").read_text() for name in ("gold", "dow", "euro")} == {"3\n"}


def test_a_level_is_not_lowered_by_killing_again(desk, broker):
    """Two after three stays three, and three is what is done."""
    folder, _ = desk("gold")
    (folder / "KILL").write_text("3\n")
    code, lines, _ = tradewind(desk, "kill", "--account", "gold", "--level", "2")

    assert code == 0
    assert "gold: kill level 3 was in force already; a level is never lowered by this" in lines
    assert broker.account("gold").trades == {}


def test_what_is_left_open_without_a_stop_is_shouted_and_not_proved(desk, broker):
    """Exit code 1: somebody has to look."""
    desk("gold")
    del broker.account("gold").orders["31"]
    code, lines, _ = tradewind(desk, "kill", "--account", "gold")

    assert code == 1
    assert "gold: OPEN WITHOUT A STOP: -1 US30_USD from 38990.0 (trade 30)" in lines


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("kill",), "Say which account"),
        (("kill", "--all", "--account", "gold"), "Say which account"),
        (("kill", "--account", "silver"), "Accounts there: gold"),
        (("kill", "--account", "../accounts/gold"), "no name of an account"),
        (("kill", "--account", "gold", "--level", "5"), "Invalid value for '--level'"),
        (("rearm", "--account", "gold", "--person", " ", "--reason", "x"), "needs a person"),
        (("rearm", "--account", "gold", "--person", "Ann", "--reason", "x"), "no kill file"),
        (("watchdog", "--account", "silver"), "no account 'silver'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(desk, words, told):
    """Nothing was done."""
    folder, _ = desk("gold")
    code, lines, error = tradewind(desk, *words)

    assert (code, lines) == (2, [])
    assert told in error
    assert not (folder / "KILL").exists()


def test_how_it_stands_is_told_in_words_and_for_machines(desk):
    """Level asked and taken, trader, watchdog."""
    folder, trader = desk("gold", "obeys")
    desk("silver")
    watchdog = start_watchdog(folder)
    until(lambda: read(folder / "watchdog.json").get("ready"), "a ready watchdog")
    tradewind(desk, "kill", "--account", "gold", "--level", "2")
    code, lines, _ = tradewind(desk, "kill", "--status")
    _, text, _ = tradewind(desk, "kill", "--status", "--all", "--json")
    watchdog.kill()
    watchdog.wait(30)

    assert code == 0
    assert lines == [
        f"gold: kill level 2 asked for; trader {trader.pid} at level 2; watchdog {watchdog.pid} ready",
        "silver: no kill level asked for; no trader runs; NO watchdog",
    ]
    gold = json.loads("\n".join(text))[0]
    assert (gold["asked"], gold["taken"], gold["trader"], gold["watchdog_ready"]) == (2, 2, trader.pid, True)


def answer(folder, told):
    """Answer the next order in the inbox, as a trader would."""

    def run():
        order = until(lambda: list((folder / "inbox").glob("*.json")), "an order")[0]
        (folder / "taken").write_text(order.read_text())
        (folder / "outbox").mkdir(exist_ok=True)
        order.unlink()
        (folder / "outbox" / order.name).write_text(json.dumps(told))

    (folder / "inbox").mkdir(exist_ok=True)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_named_person_re_arms_once_the_trader_agrees(desk):
    """The order has the person and the reason; the kill file goes after the answer."""
    folder, _ = desk("gold", "obeys")
    (folder / "KILL").write_text("2\n")
    thread = answer(folder, {"outcome": "taken", "text": "Ready in a moment."})
    words = ("rearm", "--account", "gold", "--person", "Ann Lee", "--reason", "checked with the broker")
    code, lines, _ = tradewind(desk, *words)
    thread.join()

    assert (code, lines) == (
        0, ["gold: the trader took the order and the kill file is away. Ready in a moment."],
    )  # fmt: skip
    assert read(folder / "taken") == {
        "verb": "rearm", "person": "Ann Lee", "reason": "checked with the broker", "level": 0,
    }  # fmt: skip
    assert not (folder / "KILL").exists()


def test_a_trader_that_refuses_or_is_silent_or_absent_stays_killed(desk):
    """The kill file stays, and an order nobody took is taken back."""
    folder, trader = desk("gold", "obeys")
    (folder / "KILL").write_text("2\n")
    thread = answer(folder, {"outcome": "refused", "text": "Positions differ."})
    with pytest.raises(TradewindError, match="Positions differ"):
        rearm(folder, "Ann", "why not")
    thread.join()
    with pytest.raises(TradewindError, match="did not answer"):
        rearm(folder, "Ann", "why not", wait_s=0.3)
    assert list((folder / "inbox").iterdir()) == []
    trader.kill()
    trader.wait(30)
    with pytest.raises(TradewindError, match="No trader runs"):
        rearm(folder, "Ann", "why not")

    assert (folder / "KILL").read_text() == "2\n"


def test_a_kill_while_a_person_re_arms_wins(desk):
    """The file that was seen at first is gone; the one written since stays."""
    folder, _ = desk("gold", "obeys")
    (folder / "KILL").write_text("2\n")

    def kill_again():
        until((folder / "taken").exists, "the order")
        code, _, _ = tradewind(desk, "kill", "--account", "gold", "--level", "3")
        assert code == 0
        (folder / "outbox").mkdir()
        (folder / "outbox" / (folder / "taken").read_text()).write_text('{"outcome": "taken"}')

    def take():
        order = until(lambda: list((folder / "inbox").glob("*.json")), "an order")[0]
        (folder / "taken").write_text(order.name)

    (folder / "inbox").mkdir()
    threads = [threading.Thread(target=work) for work in (take, kill_again)]
    for thread in threads:
        thread.start()
    with pytest.raises(TradewindError, match="killed again meanwhile: level 3"):
        rearm(folder, "Ann", "why not", wait_s=60)
    for thread in threads:
        thread.join()
    assert (folder / "KILL").read_text() == "3\n"


def test_the_switch_works_without_the_rest_of_us(desk, broker):
    """`python -m tradewind.watchdog kill FOLDER` needs the account's folder and the standard library."""
    folder, _ = desk("gold")
    words = [sys.executable, "-m", "tradewind.watchdog", "kill", folder, "--level", "2"]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0
    assert not broker.account("gold").entries()
    assert set(PENDING) - set(broker.account("gold").orders) == ENTRIES


def test_the_watchdog_verb_leaves_a_light_process_that_watches(desk):
    """It becomes `python -m tradewind.watchdog`; numpy and the rest of the command line are not in it."""
    folder, _ = desk("gold")
    command = [sys.executable, "-m", "tradewind.cli", "watchdog", "--account", "gold", "--data", desk.data]
    with subprocess.Popen(command, env=environment()) as watchdog:
        until(lambda: read(folder / "watchdog.json").get("ready"), "a ready watchdog")
        mapped = (folder.__class__(f"/proc/{watchdog.pid}/maps")).read_text()
        pid = read(folder / "watchdog.json")["pid"]
        watchdog.kill()

    assert pid == watchdog.pid
    assert "numpy" not in mapped
    assert "pydantic" not in mapped
