"""The watchdog at work on real processes: it stays after it acted, pages, survives a broken world, and is re-armed."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from watchdog_broker import ENTRIES, PENDING, PROTECTION, FakeOanda, write_key
from watchdog_trials import environment, read, start_trader, start_watchdog, until

from tradewind.watchdog import guard as guarding
from tradewind.watchdog import processes
from tradewind.watchdog.beats import NoBeat, write_beat
from tradewind.watchdog.guard import Guard, Plan
from tradewind.watchdog.watch import Patience

QUICK = Plan(2, Patience(stall_s=2.0, start_s=2.0, obey_s=2.0))
"""A little above the half second between the stand-in's beats, with room for a busy machine."""


class Ears:
    """A pager that keeps what it is given."""

    ways = ()

    def __init__(self):
        self.pages, self.notes = [], []
        self.page, self.note = self.pages.append, self.notes.append

    def failed(self):
        return {}


class Running:
    """A watchdog in this process, looked with until something is true."""

    def __init__(self, folder, plan=QUICK):
        self.ears = Ears()
        self.guard = Guard(folder, plan, self.ears)

    def until(self, true, what):
        def looked():
            self.guard.look(time.monotonic_ns())
            return true()

        return until(looked, what)

    def heard(self, words):
        return self.until(lambda: any(words in page for page in self.ears.pages), f"a page that says {words!r}")


@pytest.fixture
def broker():
    with FakeOanda() as fake:
        yield fake


@pytest.fixture
def folder(tmp_path, broker):
    write_key(tmp_path / "gold", broker.url)
    return tmp_path / "gold"


@pytest.fixture
def trader(folder):
    started = []

    def start(mode):
        started.append(start_trader(folder, mode))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(30)


def test_it_stays_and_takes_what_comes_later_until_a_person_re_arms(folder, broker, trader):
    """An order that reaches the broker after the kill goes too; when the kill file is away it watches again."""
    hung = trader("stopped")
    watchdog = Running(folder)
    watchdog.until(lambda: read(folder / "watchdog.json").get("ready"), "a proof that the key works")
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog.heard("kill level 2 is done")
    assert hung.wait(30) == -signal.SIGKILL

    account = broker.account("gold")
    account.orders["10"] = dict(PENDING["10"])
    watchdog.until(lambda: not account.entries(), "the late order to go")
    restarted = trader("obeys")
    watchdog.until(lambda: read(folder / "status.json").get("kill") == 2, "the new trader to take the level")
    account.orders["11"] = dict(PENDING["11"])
    watchdog.until(lambda: not account.entries(), "the watchdog to keep verifying beside it")
    (folder / "KILL").unlink()
    watchdog.heard("a person has re-armed")

    assert restarted.poll() is None
    assert set(account.orders) == PROTECTION


def test_a_status_that_is_garbage_is_a_hang_and_the_holder_of_the_lease_is_ended(folder, broker, trader):
    """The lock on the lease tells who it is, not the file."""
    hung = trader("stopped")
    os.kill(hung.pid, signal.SIGSTOP)
    (folder / "status.json").write_bytes(b"\x00\xff{{{")
    Running(folder).heard("kill level 2 is done")

    assert hung.wait(30) == -signal.SIGKILL
    assert set(broker.account("gold").orders) == PROTECTION


def test_a_trader_that_does_not_take_the_level_is_ended(folder, broker, trader):
    """A person wrote 3 into the file; the trader lives, turns, and goes on."""
    deaf = trader("deaf")
    (folder / "KILL").write_text("3\n")
    Running(folder).heard("kill level 3 is done")

    assert deaf.wait(30) == -signal.SIGKILL
    assert broker.account("gold").trades == {}


def test_a_process_that_only_looks_like_the_trader_is_left_alone(folder):
    """The pid in the status belongs to another process by now, and nobody holds the lease."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    told = {"pid": other.pid, "started": 1, "monotonic_ns": 5, "turn": 5, "leader": True}
    (folder / "status.json").write_text(json.dumps(told))
    watchdog = Running(folder)
    watchdog.until(lambda: watchdog.guard.turn > 20, "twenty looks")

    assert other.poll() is None
    assert not (folder / "KILL").exists()
    assert processes.stop(processes.Process(other.pid, 1)) == ""
    assert other.poll() is None
    other.kill()
    other.wait(30)


def test_a_trader_that_crashed_is_told_and_nothing_is_done(folder, broker, trader):
    """Nobody holds the lease: it may be started again at once, and its orders stay."""
    crashed = trader("obeys")
    watchdog = Running(folder)
    watchdog.until(lambda: watchdog.guard.turn > 5, "some looks")
    crashed.kill()
    crashed.wait(30)
    watchdog.heard("gone without saying so")

    assert not (folder / "KILL").exists()
    assert broker.account("gold").orders == PENDING


def test_a_trader_that_ends_as_it_should_wakes_nobody(folder, trader):
    """Its last beat says that it ended."""
    leaving = trader("obeys")
    watchdog = Running(folder)
    watchdog.until(lambda: watchdog.guard.turn > 5, "some looks")
    (folder / "leave").touch()
    leaving.wait(30)
    before = watchdog.guard.turn
    watchdog.until(lambda: watchdog.guard.turn > before + 20, "twenty looks more")

    assert watchdog.ears.pages == []


def test_a_full_disk_stops_neither_the_kill_nor_the_broker_work(folder, broker, trader, monkeypatch):
    """Nothing can be written: the file that stands ready is renamed, and pages still go out."""
    hung = trader("stopped")
    watchdog = Running(folder)
    os.kill(hung.pid, signal.SIGSTOP)

    def full(*_about, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(guarding.killfile, "write_whole", full)
    monkeypatch.setattr(guarding, "write_beat", full)
    watchdog.heard("kill level 2 is done")

    assert (folder / "KILL").read_text() == "2\n"
    assert set(broker.account("gold").orders) == PROTECTION
    assert any("No space left" in page for page in watchdog.ears.pages)


def test_a_kill_file_that_can_nowhere_be_written_is_tried_until_it_stands(folder, broker, trader, monkeypatch):
    """Its absence is not taken for a person's leave to trade."""
    hung = trader("stopped")
    watchdog = Running(folder)
    os.kill(hung.pid, signal.SIGSTOP)
    broken = [True]
    engage = guarding.killfile.engage
    monkeypatch.setattr(
        guarding.killfile, "engage", lambda *about: (0, "nothing can be written") if broken[0] else engage(*about)
    )
    watchdog.heard("kill level 2 is done")
    assert not (folder / "KILL").exists()
    assert not any("re-armed" in page for page in watchdog.ears.pages)
    broken[0] = False

    watchdog.until((folder / "KILL").exists, "the kill file")
    assert set(broker.account("gold").orders) == PROTECTION


def test_a_broker_that_is_down_is_asked_until_it_is_done_and_the_page_says_so_once(folder, broker, trader):
    """The trouble is one page, not one a second; then the work is done."""
    hung = trader("stopped")
    watchdog = Running(folder)
    down = [True]
    broker.faults = lambda *_about: (503, b"busy") if down[0] else None
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog.heard("is not done")
    before = watchdog.guard.turn
    watchdog.until(lambda: watchdog.guard.turn > before + 100, "a hundred looks")
    assert len([page for page in watchdog.ears.pages if "is not done" in page]) == 1
    down[0] = False

    watchdog.heard("kill level 2 is done")
    assert not broker.account("gold").entries()


def test_level_four_leaves_the_broker_alone_once_all_is_done(folder, broker, trader):
    """After everything is closed nothing more is sent."""
    hung = trader("stopped")
    watchdog = Running(folder, QUICK._replace(level=4))
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog.heard("kill level 4 is done")
    account = broker.account("gold")
    account.asked.clear()
    watchdog.guard._next_errand = 0
    before = watchdog.guard.turn
    watchdog.until(lambda: watchdog.guard.turn > before + 50, "fifty looks")

    assert account.asked == []
    assert account.trades == {}


def test_a_trade_without_a_stop_is_paged(folder, broker, trader):
    """It is not closed at level 2, but somebody is woken."""
    del broker.account("gold").orders["21"]
    hung = trader("stopped")
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog = Running(folder)
    watchdog.heard("open without a stop: 5 XAU_USD from 2390.1 (trade 20)")

    assert "20" in broker.account("gold").trades


def test_a_watchdog_whose_key_does_not_work_says_so_before_it_is_needed(folder, broker):
    """Not ready, with the reason, in its heartbeat; ready once the key is mended."""
    (folder / "emergency.toml").chmod(0o644)
    watchdog = Running(folder)
    watchdog.until(lambda: read(folder / "watchdog.json").get("reasons"), "a reason")
    beat = read(folder / "watchdog.json")
    assert not beat["ready"]
    assert "chmod 600" in beat["reasons"][0]
    (folder / "emergency.toml").chmod(stat.S_IRUSR | stat.S_IWUSR)

    watchdog.until(lambda: read(folder / "watchdog.json").get("ready"), "readiness")
    assert set(broker.account("gold").orders) >= ENTRIES


def test_paper_needs_no_key_and_nobody_is_told_that_there_is_none(tmp_path):
    """Nothing of it can lie at a broker; with its first heartbeat the watchdog is ready, without it it is not."""
    (tmp_path / "toy").mkdir()
    watchdog = Running(tmp_path / "toy")
    watchdog.until(lambda: read(tmp_path / "toy" / "watchdog.json").get("reasons"), "a reason")
    write_beat(tmp_path / "toy" / "status.json", 1, {"mode": "paper"})
    watchdog.until(lambda: read(tmp_path / "toy" / "watchdog.json").get("ready"), "readiness")
    assert watchdog.ears.pages == []

    write_beat(tmp_path / "toy" / "status.json", 2, {"mode": "live"})
    watchdog.heard("no good key")


def test_a_key_file_that_went_bad_leaves_the_key_we_had(folder, broker, trader):
    """It is said, the watchdog is not ready, and the work is done all the same."""
    hung = trader("stopped")
    watchdog = Running(folder)
    watchdog.until(lambda: read(folder / "watchdog.json").get("ready"), "a proof that the key works")
    (folder / "emergency.toml").write_text("token = ")
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog.heard("kill level 2 is done")

    assert any("no good key" in page for page in watchdog.ears.pages), watchdog.ears.pages
    assert not broker.account("gold").entries()


def test_a_look_that_hangs_does_not_hold_up_the_work(folder, broker, trader):
    """The broker answers nothing while all is well; when the trader hangs, the work starts beside that look."""
    hung = trader("stopped")
    waits = threading.Event()
    first = []

    def fault(_method, _path):
        if not first:
            first.append(True)
            waits.wait(60)

    broker.faults = fault
    watchdog = Running(folder)
    watchdog.until(lambda: first, "the look to hang")
    os.kill(hung.pid, signal.SIGSTOP)
    watchdog.until(lambda: not broker.account("gold").entries(), "the entries to go")
    assert watchdog.guard._check.busy
    waits.set()

    watchdog.heard("kill level 2 is done")


def test_a_kill_without_a_trader_is_done_at_once(folder, broker):
    """Long before the next look that only proves the key."""
    watchdog = Running(folder)
    watchdog.until(lambda: read(folder / "watchdog.json").get("ready"), "a proof that the key works")
    before = watchdog.guard._next_errand
    (folder / "KILL").write_text("2")
    watchdog.heard("kill level 2 is done")

    assert time.monotonic_ns() < before
    assert not broker.account("gold").entries()


def test_a_broker_that_is_down_for_a_month_is_still_asked(folder):
    """Pauses grow to half a minute and no further, however often it failed."""
    watchdog = Running(folder)
    pauses = []
    for failed in (1, 10, 11, 12, 100, 100_000):
        watchdog.guard._failed = failed
        pauses.append(watchdog.guard._pause(ours=True))

    assert pauses == [1, 1, 2, 4, 30, 30]


def test_a_second_watchdog_of_an_account_is_refused(folder):
    """One line, exit code 2."""
    first = start_watchdog(folder)
    words = [sys.executable, "-m", "tradewind.watchdog", folder]
    second = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    first.kill()
    first.wait(30)

    assert second.returncode == 2
    assert "runs already" in second.stderr


class Hook(BaseHTTPRequestHandler):
    """A webhook that fails once, then takes what comes."""

    def do_POST(self):
        self.server.tries.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if len(self.server.tries) == 1 else 204)
        self.end_headers()

    def log_message(self, *_about):
        """Say nothing."""


def test_pages_go_out_by_every_way_while_standard_error_is_closed(tmp_path, broker):
    """File, program and webhook get the words; the webhook's first failure is tried again."""
    hook = HTTPServer(("127.0.0.1", 0), Hook)
    hook.tries = []
    threading.Thread(target=hook.serve_forever, args=(0.02,), daemon=True).start()
    rung = tmp_path / "rung"
    page = f'[page]\nrun = ["/bin/sh", "-c", "cat >> {rung}"]\nwebhook = "http://127.0.0.1:{hook.server_port}/x"\n'
    folder = tmp_path / "gold"
    write_key(folder, broker.url, page)
    trader = start_trader(folder, "stopped")
    words = [sys.executable, "-m", "tradewind.watchdog", folder, "--stall", "1"]
    reader, writer = os.pipe()
    os.close(reader)
    watchdog = subprocess.Popen(words, env=environment(), stderr=writer)
    until(lambda: read(folder / "watchdog.json").get("ready"), "the watchdog")
    os.kill(trader.pid, signal.SIGSTOP)
    said = "gold: the trader (process"
    until(lambda: rung.exists() and said in rung.read_text(), "the program")
    until(lambda: len(hook.tries) > 1, "the webhook")
    until(lambda: "is done" in (folder / "alerts.jsonl").read_text(), "the file")
    for process in (watchdog, trader):
        process.kill()
        process.wait(30)
    os.close(writer)
    hook.shutdown()
    hook.server_close()

    told = json.loads(hook.tries[1])
    assert told["text"] == told["content"]
    assert hook.tries[0] == hook.tries[1]
    lines = [json.loads(line)["text"] for line in (folder / "alerts.jsonl").read_text().splitlines()]
    assert lines[0].startswith(said)
    assert "canary" not in "".join(lines)


def test_the_trader_is_found_by_its_lock_even_where_nothing_is_written(folder, trader):
    """And is nobody once it has let go."""
    lives = trader("obeys")
    found = processes.find_trader(folder, NoBeat("nothing"))
    lives.kill()
    lives.wait(30)

    assert found == processes.Process(lives.pid, found.started)
    assert processes.find_trader(folder, NoBeat("nothing")) is None
    assert processes.stop(found) == ""
