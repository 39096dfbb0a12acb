"""The figures of one process and the door they are read at."""

import http.client
import json
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tradewind.errors import TradewindError
from tradewind.metrics.catalogue import METRICS
from tradewind.metrics.checks import Check, fresh
from tradewind.metrics.door import Probes, open_door, remove_stale
from tradewind.metrics.told import OTHER, SERIES, Told

HERE = ("127.0.0.1", 0)


def asked(port: int, path: str, host: str = "localhost") -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    line.request("GET", path, headers={"Host": host})
    got = line.getresponse()
    return got.status, got.read()


def opened(data: Path, probes: Probes, told: Told | None = None):
    return open_door(told or Told(), probes, HERE, data=data, component="trader", account="paper")


def silent() -> Probes:
    return Probes(turned_s=lambda: None, ready=list)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_metric_can_be_told_and_read_again(name: str):
    one, told = METRICS[name], Told(process=False)
    labels = tuple("x" for _ in one.labels)
    if one.kind == "counter":
        told.counter(name, *labels).inc()
    elif one.kind == "gauge":
        told.gauge(name, *labels).set(1)
    else:
        told.histogram(name, *labels).observe(0.01)
    read = {family.name for family in text_string_to_metric_families(told.text().decode())}

    assert name.removesuffix("_total") in read
    assert one.says.endswith(".")
    assert name.startswith("tradewind_")
    assert name.endswith("_total") == (one.kind == "counter")


def test_labels_beyond_the_bound_are_counted_together():
    told = Told(process=False)
    for number in range(SERIES + 50):
        told.counter("tradewind_order_rejects_total", "paper", f"reason {number}").inc()
    text = told.text().decode()

    assert text.count("tradewind_order_rejects_total{") == SERIES + 1
    assert f'reason="{OTHER}",venue="{OTHER}"}} 50.0' in text


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda told: told.counter("tradewind_fils_total"), "tradewind_fills_total"),
        (lambda told: told.gauge("tradewind_fills_total", "oanda"), "is a counter"),
    ],
    ids=["a name that is none", "another kind"],
)
def test_a_wrong_name_is_refused_with_the_nearest(ask, says: str):
    with pytest.raises(TradewindError, match=says):
        ask(Told(process=False))


def test_the_door_tells_figures_and_a_scraper_finds_it(tmp_path: Path):
    told = Told()
    told.counter("tradewind_fills_total", "paper").inc(3)
    door = opened(tmp_path, silent(), told)
    target = json.loads((tmp_path / "metrics" / "trader-paper.json").read_text())
    code, text = asked(door.port, "/metrics")
    door.close()

    labels = {"instance": "trader-paper", "component": "trader", "account": "paper"}
    assert target == [{"targets": [f"127.0.0.1:{door.port}"], "labels": labels}]
    assert code == 200
    assert b'tradewind_fills_total{venue="paper"} 3.0' in text
    assert b"process_resident_memory_bytes" in text
    assert not list((tmp_path / "metrics").iterdir())


@pytest.mark.parametrize(
    ("probes", "path", "code"),
    [
        (Probes(lambda: 0.1, list), "/livez", 200),
        (Probes(lambda: 9.0, list), "/livez", 503),
        (Probes(lambda: None, list), "/livez", 503),
        (Probes(lambda: 0.1, list), "/readyz", 503),
        (Probes(lambda: 0.1, lambda: [Check("settings", True, "Loaded.")]), "/readyz", 200),
        (Probes(lambda: 0.1, list), "/tradez", 404),
        (Probes(lambda: 0.1, list, lambda: [fresh("broker", None, 20, "Never.")]), "/tradez", 503),
        (Probes(lambda: 0.1, list, lambda: [fresh("broker", 21.0, 20, "Old.")]), "/tradez", 503),
        (Probes(lambda: 0.1, list, lambda: [fresh("broker", 1.0, 20, "Now.")]), "/tradez", 200),
        (Probes(lambda: 0.1, list), "/../etc/passwd", 404),
    ],
)
def test_only_fresh_evidence_is_green(tmp_path: Path, probes: Probes, path: str, code: int):
    door = opened(tmp_path, probes)
    got, _body = asked(door.port, path)
    door.close()

    assert got == code


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "", "127.0.0.1.evil.example"])
def test_a_page_under_another_name_reads_nothing(tmp_path: Path, host: str):
    door = opened(tmp_path, silent())
    code, body = asked(door.port, "/metrics", host)
    door.close()

    assert code == 421
    assert b"tradewind_" not in body


def test_a_port_that_is_taken_is_named(tmp_path: Path):
    door = opened(tmp_path, silent())
    with pytest.raises(TradewindError, match=f"127.0.0.1:{door.port}"):
        open_door(Told(), silent(), ("127.0.0.1", door.port), data=tmp_path, component="feed")
    door.close()


def test_targets_of_killed_processes_are_taken_back(tmp_path: Path):
    door = opened(tmp_path, silent())
    left = tmp_path / "metrics" / "feed.json"
    left.write_text('[{"targets": ["127.0.0.1:1"], "labels": {}}]')
    (tmp_path / "metrics" / "torn.json").write_text("[{")
    gone = remove_stale(tmp_path)
    kept = door.target is not None and door.target.exists()
    door.close()

    assert {path.name for path in gone} == {"feed.json", "torn.json"}
    assert kept


def test_many_may_ask_at_once(tmp_path: Path):
    told = Told()
    door = opened(tmp_path, silent(), told)
    codes: list[int] = []
    askers = [threading.Thread(target=lambda: codes.append(asked(door.port, "/metrics")[0])) for _ in range(20)]
    for one in askers:
        one.start()
    for _ in range(1000):
        told.counter("tradewind_fills_total", "paper").inc()
    for one in askers:
        one.join()
    door.close()

    assert codes == [200] * 20
