"""Dashboards: written anew they are the same, they ask for figures there are, and every question is answered."""

import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from boards import operating, trading
from boards.panels import HEIGHTS, WIDTH, as_json

from tradewind.metrics.catalogue import METRICS
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.told import Told
from tradewind.stack.processes import free_ports

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards"
BOARDS = (*trading.BOARDS, *operating.BOARDS)
ASKED = [(f"{board.uid}: {one.title}", text) for board in BOARDS for one in board.panels if not one.database
         for text in one.ask]  # fmt: skip
OURS = [(name, text) for name, text in ASKED if not re.search(r"\b(kafka|pg|redis|node|python|ALERTS)_?", text)]
NOT_DRAWN = {
    "tradewind_md_duplicates_total": "the recorder's rows doubled; they have no effect",
    "tradewind_fill_late_seconds": "in the twin's report, fill by fill",
    "tradewind_slippage_bps": "in the twin's report, fill by fill",
    "tradewind_cash_drift": "a difference of the account is drawn",
    "tradewind_notifications_total": "who is not told hears of it by the snitch",
}
"""Figures that are on no board, and why."""


@pytest.mark.parametrize("board", BOARDS, ids=[board.uid for board in BOARDS])
def test_what_grafana_is_given_is_what_the_code_says(board):
    assert (FOLDER / f"{board.uid}.json").read_text() == as_json(board), "run `make dashboards`"


def test_no_file_is_of_a_board_that_is_gone():
    assert {path.stem for path in FOLDER.glob("*.json")} == {board.uid for board in BOARDS}
    assert len(BOARDS) == 10


@pytest.mark.parametrize("board", BOARDS, ids=[board.uid for board in BOARDS])
def test_panels_lie_beside_and_below_each_other_and_never_over(board):
    told = json.loads(as_json(board))["panels"]
    cells = [
        (x, y)
        for one in told
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    ]

    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < WIDTH
    assert {one["gridPos"]["h"] for one in told} <= set(HEIGHTS.values())
    assert json.loads(as_json(board))["editable"] is False


def test_every_figure_is_drawn_somewhere_or_there_is_a_reason():
    asked = " ".join(text for _, text in ASKED)
    drawn = {name for name in METRICS if re.search(rf"\b{name}(_bucket)?\b", asked)}

    assert set(METRICS) - drawn == set(NOT_DRAWN)


@pytest.mark.parametrize(("name", "text"), OURS, ids=[name for name, _ in OURS])
def test_a_panel_asks_only_for_figures_there_are(name, text):
    found = set(re.findall(r"\btradewind_\w+", text))
    known = {*METRICS, *(f"{one}_bucket" for one, metric in METRICS.items() if metric.kind == "histogram")}

    assert found <= known, name


def tell_everything(told: Told) -> None:
    """Every figure of the catalogue has a value, or one more."""
    for name, one in METRICS.items():
        labels = ["daily_loss" if label == "limit" else "x" for label in one.labels]
        if one.kind == "counter":
            told.counter(name, *labels).inc(3)
        elif one.kind == "gauge":
            # Checks that are red and states that hold are what tables list.
            value = 0 if name in ("tradewind_check", "tradewind_watchdog_heartbeat_timestamp_seconds") else 1
            told.gauge(name, *labels).set(value)
        else:
            told.histogram(name, *labels).observe(0.01)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A real Prometheus that scrapes one process which tells every figure there is."""
    program = shutil.which("prometheus")
    if program is None:
        if os.environ.get("TRADEWIND_REQUIRE_SERVICES"):
            pytest.fail("prometheus is not installed")
        pytest.skip("prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus")
    told, over = Told(), threading.Event()
    door = open_door(told, Probes(lambda: 0.0, list), ("127.0.0.1", 0), data=folder, component="trader", account="a")

    def go_on():
        while not over.wait(0.2):
            tell_everything(told)

    thread = threading.Thread(target=go_on)
    thread.start()
    (port,) = free_ports(1)
    scrape = {"job_name": "tradewind", "file_sd_configs": [{"files": [str(folder / "metrics" / "*.json")]}]}
    (folder / "p.yml").write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}))
    command = [program, f"--config.file={folder / 'p.yml'}", f"--storage.tsdb.path={folder / 'd'}",
               f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answer(port, "rate(tradewind_fills_total[5m])"))
            time.sleep(1.5)  # another scrape or two, for what needs some
            yield port
        finally:
            process.terminate()
            over.set()
            thread.join()
            door.close()


def until(question, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := question():
                return found
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("Prometheus tells nothing")


def answer(port, text):
    """Return the series that a panel's question is answered with."""
    asked = quote(text.replace("$account", ".*"))
    with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={asked}", timeout=10) as told:
        return json.load(told)["data"]["result"]


@pytest.mark.parametrize(("name", "text"), OURS, ids=[f"{name} {place}" for place, (name, _) in enumerate(OURS)])
def test_a_question_of_a_panel_is_answered(prometheus, name, text):
    assert until(lambda: answer(prometheus, text), 20.0), name
