"""Real faults of a desk that trades, scraped by a real Prometheus with our rules as they are: each is told as itself.

That a rule waits as long as it should is proven in tests/alerts by promtool's own clock. Here its condition has to come
true, in Prometheus, because of the fault, and to pass with it.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from oanda_desk import wall
from simulated_oanda import simulated_oanda
from test_figures import Told
from test_incidents_network import Market, ready

from tradewind.live import gauges
from tradewind.metrics.build import build_of, tell_build
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.told import Told as Figures
from tradewind.monitoring import RULES
from tradewind.watchdog.beats import write_beat
from tradewind.watchdog.killfile import engage

WITHIN_S = 90.0


def program():
    """Return Prometheus, or skip where there is none."""
    found = shutil.which("prometheus")
    if found is None:
        if os.environ.get("TRADEWIND_REQUIRE_SERVICES"):
            pytest.fail("prometheus is not installed")
        pytest.skip("prometheus is not installed")
    return found


class Scraping:
    """A Prometheus that scrapes what tells where it is in a folder, every second."""

    def __init__(self, folder, metrics):
        """It answers."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        told = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "*.yml")],
            "scrape_configs": [
                {
                    "job_name": "tradewind",
                    "file_sd_configs": [{"files": [f"{metrics}/*.json"], "refresh_interval": "1s"}],
                }
            ],
        }
        folder.mkdir(parents=True)
        (folder / "prometheus.yml").write_text(json.dumps(told))
        command = [program(), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                   f"--web.listen-address=127.0.0.1:{self.port}"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def alerts(self):
        """Return the names of the alerts whose condition holds, waiting or firing."""
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/alerts", timeout=5) as answer,
        ):
            return {one["labels"]["alertname"] for one in json.load(answer)["data"]["alerts"]}
        return set()

    def value(self, text):
        """Return the one value that a query has, None where it has none."""
        where = f"http://127.0.0.1:{self.port}/api/v1/query?query={quote(text)}"
        with urllib.request.urlopen(where, timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
        return float(found[0]["value"][1]) if found else None


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Give a venue, a desk that has traded at it, and a Prometheus that knows the desk."""
    with simulated_oanda(now=wall) as venue:
        market = Market(venue)
        desk = Told(venue, tmp_path_factory.mktemp("injected"))
        desk.thread.start()
        data = desk.desk.folder.root.parents[1]
        scraping = Scraping(tmp_path_factory.mktemp("prometheus") / "one", data / "metrics")
        try:
            desk.until(lambda: desk.driver is not None and ready(desk))
            desk.until(lambda: (desk.figure("tradewind_fills_total") or 0) >= 2)
            until(lambda: "DeadMansSnitch" in scraping.alerts())
            yield venue, desk, scraping, data
        finally:
            scraping.process.kill()
            scraping.process.wait(10)
            desk.driver.inbox.put("stop")
            desk.thread.join(60)
            desk.journal.close()
            market.close()


def until(question):
    """Wait until the question is answered with yes."""
    end = time.monotonic() + WITHIN_S
    while not (found := question()):
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.2)
    return found


@contextlib.contextmanager
def at_the_venue(world, **faults):
    """The venue has these faults."""
    venue, *_ = world
    venue.faults(**faults)
    yield
    venue.faults(**{name: type(value)() for name, value in faults.items()})


@contextlib.contextmanager
def disk_of(percent):
    """The disk says that so many of a hundred bytes are free."""
    usage = shutil.disk_usage

    def told(path):
        return usage(path)._replace(free=usage(path).total * percent // 100)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gauges.shutil, "disk_usage", told)
        yield


@contextlib.contextmanager
def slow_disk(world):
    """Every commit of the journal takes a fifth of a second."""
    _, desk, *_ = world
    journal = desk.desk.journal._journal
    commit = journal.commit

    def slow(epoch):
        time.sleep(0.2)
        return commit(epoch)

    journal.commit = slow
    yield
    del journal.commit


@contextlib.contextmanager
def late_loop(world):
    """The desk's thread comes back half a second late from each wait, as on a machine that has no time for it."""
    _, desk, *_ = world
    inbox = desk.driver.inbox
    take = inbox.take

    def late(seconds):
        time.sleep(0.5)
        return take(seconds)

    inbox.take = late
    yield
    del inbox.take


@contextlib.contextmanager
def hand_at_the_venue(world):
    """A person trades by hand in the account, and closes that again."""
    venue, *_ = world

    def asked(method, path, body):
        request = urllib.request.Request(  # noqa: S310 - our own venue on this machine
            f"{venue.url}/v3/accounts/{venue.account}/{path}", json.dumps(body).encode(),
            {"Authorization": f"Bearer {venue.token}", "Content-Type": "application/json"}, method=method,
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return json.load(answer)

    order = {"type": "MARKET", "instrument": "XAU_USD", "units": "3", "timeInForce": "FOK", "positionFill": "OPEN_ONLY"}
    done = asked("POST", "orders", {"order": order})
    yield
    asked("PUT", f"trades/{done['orderFillTransaction']['tradeOpened']['tradeID']}/close", {"units": "ALL"})


@contextlib.contextmanager
def silent_watchdog(world):
    """A watchdog gave one sign of life, and then none."""
    _, desk, *_ = world
    path = desk.desk.folder.watchdog
    write_beat(path, 1, {"ready": True})
    yield
    path.unlink()


@contextlib.contextmanager
def second_trader(world):
    """Another process, of another build, says that it leads the same account."""
    *_, data = world
    told = Figures()
    told.gauge("tradewind_leader").set(1)
    tell_build(told, build_of("")._replace(commit="another"))
    probes = Probes(lambda: 0.0, list)
    door = open_door(told, probes, ("127.0.0.1", 0), data=Path(data), component="copy", account="test")
    yield
    door.close()


@contextlib.contextmanager
def backup_of_before_yesterday(world):
    """The last good backup is two days old."""
    *_, data = world
    path = Path(data) / "backups" / "last.json"
    path.parent.mkdir(exist_ok=True)
    told = {"target": "data", "folder": "there"}
    path.write_text(json.dumps({**told, "at_ns": time.time_ns() - 2 * 86_400 * 10**9}))
    yield
    path.write_text(json.dumps({**told, "at_ns": time.time_ns()}))


@contextlib.contextmanager
def killed_process(world):
    """A trader was killed: its file is left, and nobody listens there."""
    *_, data = world
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    path = Path(data) / "metrics" / "trader-gone.json"
    path.write_text(
        json.dumps([{"targets": [f"127.0.0.1:{port}"], "labels": {"component": "trader", "account": "gone"}}])
    )
    yield
    path.unlink()


DYING = """
import sys, time
from pathlib import Path
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.told import Told
open_door(Told(), Probes(lambda: 0.0, list), ("127.0.0.1", 0), data=Path(sys.argv[1]), component="dying")
time.sleep(60)
"""


@contextlib.contextmanager
def dying_again_and_again(world):
    """A process is begun and killed five times, each time at another port."""
    *_, scraping, data = world
    for times in range(5):
        with subprocess.Popen([sys.executable, "-c", DYING, data]) as process:
            asked = 'changes(process_start_time_seconds{component="dying"}[10m])'
            until(lambda asked=asked, times=times: scraping.value(asked) == times)
            process.kill()
    yield
    (Path(data) / "metrics" / "dying.json").unlink()


FAULTS = {
    "the broker is in maintenance": (lambda world: at_the_venue(world, maintenance=True), "BrokerNoProof"),
    "orders never arrive and are never answered": (lambda world: at_the_venue(world, lost=2), "OrderUnknown"),
    "the disk is nearly full": (lambda _: disk_of(3), "DiskAlmostFull"),
    "the disk fills": (lambda _: disk_of(8), "DiskLow"),
    "the disk is slow": (slow_disk, "JournalSlow"),
    "the machine has no time for the loop": (late_loop, "LoopLag"),
    "a person trades in the account": (hand_at_the_venue, "ReconDifference"),
    "the watchdog falls silent": (silent_watchdog, "WatchdogSilent"),
    "two processes lead the account": (second_trader, "TwoLeaders"),
    "two builds run together": (second_trader, "VersionSkew"),
    "the last backup is two days old": (backup_of_before_yesterday, "BackupOld"),
    "a trader was killed": (killed_process, "TraderGone"),
    "a process dies again and again": (dying_again_and_again, "CrashLoop"),
}  # fmt: skip


LINGERING = {"JournalSlow", "LoopLag", "WatchdogSilent", "CrashLoop"}
"""What is told of the last minutes, or until a watchdog speaks again."""


def test_a_desk_without_watchdog_and_lease_is_told_from_the_first(world):
    assert {"WatchdogMissing", "NotTradingReady"} <= until(world[2].alerts)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_its_alert_true_and_its_end_makes_it_pass(world, fault):
    begin, wanted = FAULTS[fault]
    _, _, scraping, _ = world
    until(lambda: wanted not in scraping.alerts())

    began = time.monotonic()
    with begin(world):
        until(lambda: wanted in scraping.alerts())
        print(f"{fault}: {wanted} after {time.monotonic() - began:.1f} s")
    if wanted not in LINGERING:
        until(lambda: wanted not in scraping.alerts())


def test_a_kill_is_told(world):
    """Last, because nothing is traded afterwards."""
    _, desk, scraping, _ = world
    engage(desk.desk.folder.root, 1)

    until(lambda: "KillEngaged" in scraping.alerts())
