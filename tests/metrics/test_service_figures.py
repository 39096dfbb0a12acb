"""Figures of services move for their causes; each service answers at a door of its own."""

import http.client
import json
import socket
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tradewind.adapters.entrance import users
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.kafka.consuming import Record
from tradewind.adapters.kafka.messages import Unreadable
from tradewind.adapters.kafka.topics import JOURNAL
from tradewind.api.app import create
from tradewind.api.house import house
from tradewind.errors import TradewindError
from tradewind.logs.log import QUIET
from tradewind.metrics.told import Told
from tradewind.services.api_figures import ApiFigures, ends_at
from tradewind.services.doors import probes_of
from tradewind.services.life import Life
from tradewind.services.recorder import Recorder
from tradewind.services.together import run
from tradewind.services.waiting import Waiting
from tradewind.settings import Api, Metrics, Settings

with warnings.catch_warnings():  # it would rather have another HTTP client, which we do not use
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


def figure(told: Told, name: str, **labels: str) -> float | None:
    told_of = [
        sample.value
        for family in text_string_to_metric_families(told.text().decode())
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(told_of) if told_of else None


def asked(target: Path, path: str) -> tuple[int, str]:
    line = http.client.HTTPConnection(json.loads(target.read_text())[0]["targets"][0], timeout=5)
    line.request("GET", path, headers={"Host": "localhost"})
    got = line.getresponse()
    return got.status, got.read().decode()


def test_services_of_one_process_have_a_door_each_and_it_closes_with_them(tmp_path: Path):
    answers: dict[str, tuple[int, str]] = {}
    both = threading.Barrier(2)

    def work(life: Life) -> None:
        life.working()
        life.turn()
        answers[life.name] = asked(tmp_path / "metrics" / f"{life.name}.json", "/readyz")
        answers[f"{life.name} figures"] = asked(tmp_path / "metrics" / f"{life.name}.json", "/metrics")
        both.wait(10)

    run({"feed": work, "recorder": work}, Settings(data=tmp_path), QUIET)

    assert answers["feed"][0] == answers["recorder"][0] == 200
    assert 'tradewind_service_state{state="working"} 1.0' in answers["feed figures"][1]
    assert "tradewind_build_info{" in answers["feed figures"][1]
    assert "tradewind_disk_free_ratio" in answers["recorder figures"][1]
    assert not list((tmp_path / "metrics").iterdir())


def test_a_service_that_lacks_something_is_not_ready_and_says_what(tmp_path: Path):
    life = Life("feed", tmp_path)
    life.degraded("no prices: maintenance")
    probes = probes_of(life, tmp_path)
    probes.refresh()
    (check,) = probes.ready()

    assert not check.ok
    assert check.says == "no prices: maintenance"
    assert figure(life.told, "tradewind_service_state", state="degraded") == 1
    assert figure(life.told, "tradewind_service_state", state="working") == 0


def test_a_port_that_is_taken_costs_figures_and_nothing_else(tmp_path: Path):
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = Settings(data=tmp_path, metrics=Metrics(port=port))
        run({"recorder": Life.working}, settings, QUIET._replace(aloud=heard.append))

    assert any("recorder tells no figures" in text and str(port) in text for text in heard)


@pytest.fixture
def api(tmp_path: Path):
    entrance = Entrance(tmp_path)
    users.add_user(entrance, "anna", "a-long-password-1", ["read", "admin"], 1)
    home = house(Settings(data=tmp_path))
    app = create(home)
    told = Told(process=False)
    figures = ApiFigures(told, home, Api())
    figures.hub = app.state.stream
    app.edge["answered"] = figures.answered
    with TestClient(app, client=("127.0.0.1", 50_000)) as client:
        yield client, figures


def come_in(client: TestClient, password: str) -> dict:
    return client.post("/api/v1/login", json={"name": "anna", "password": password}).json()


def test_requests_refusals_and_locks_are_counted(api):
    client, figures = api
    for _ in range(8):
        come_in(client, "wrong")
    client.get("/api/v1/accounts", headers={"Authorization": "Bearer tw_nonsense"})
    figures.refresh()
    told = figures.told

    assert figure(told, "tradewind_auth_failures_total", reason="log in") >= 5
    assert figure(told, "tradewind_auth_failures_total", reason="key or token") >= 1
    assert figure(told, "tradewind_auth_lockouts_total") == 1
    assert figure(told, "tradewind_api_requests_total", method="POST", code="4xx") == 8
    assert figure(told, "tradewind_api_request_seconds_count") == 9


def test_a_token_that_comes_twice_is_counted_and_so_are_deeds(api):
    client, figures = api
    pair = come_in(client, "a-long-password-1")
    bearer = {"Authorization": f"Bearer {pair['token']}"}
    client.post("/api/v1/keys", json={"name": "robot", "scopes": ["read"]}, headers=bearer)
    for _ in range(2):
        client.post("/api/v1/renew", json={"token": pair["renewal"]})
    figures.refresh()

    assert figure(figures.told, "tradewind_token_reuse_total") == 1
    assert figure(figures.told, "tradewind_admin_actions_total") >= 1
    assert figure(figures.told, "tradewind_stream_clients") == 0
    assert figure(figures.told, "tradewind_jobs_open", state="running") == 0


def test_what_was_before_is_not_counted_again(api):
    client, figures = api
    come_in(client, "wrong")
    again = ApiFigures(Told(process=False), figures.home, Api())
    again.refresh()

    assert figure(again.told, "tradewind_auth_failures_total", reason="log in") == 0


def test_a_trail_that_cannot_be_read_is_an_error_of_the_databases(api):
    _client, figures = api
    figures.home.entrance.path.write_bytes(b"no database at all, however long one looks at it" * 30)
    figures.refresh()

    assert figure(figures.told, "tradewind_db_errors_total") == 1
    with pytest.raises(TradewindError):
        users.users(figures.home.entrance)


def test_when_a_certificate_ends_is_read_from_it(tmp_path: Path):
    assert ends_at(tmp_path / "none.pem") is None


SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def journal_at(seconds_ago: float) -> Record:
    """A message of a journal, published so long ago."""
    published = NOW - int(seconds_ago * SECOND)
    return Record(JOURNAL.name, 0, 0, b"paper", Unreadable("nothing", b""), b"", published)


class Refused(Recorder):
    """A recorder whose database ends the connection whenever something is to be written."""

    def __init__(self) -> None:
        self.address, self.group = "a database", "tradewind-market"
        self.reader = SimpleNamespace(batch=lambda _most, _seconds: [journal_at(40.0), journal_at(1.0)])
        self.waiting = Waiting(lambda: NOW)

    def commit(self, _records: Sequence[Record]) -> None:
        raise psycopg.OperationalError("terminating connection due to administrator command")


def test_a_batch_that_the_database_refuses_is_counted_and_not_taken_for_recorded(tmp_path: Path):
    life, refused = Life("recorder", tmp_path), Refused()
    with pytest.raises(TradewindError, match="was not recorded at a database"):
        refused.turn(life)
    refused.waiting.tell(life.told)

    assert figure(life.told, "tradewind_db_errors_total") == 1
    assert figure(life.told, "tradewind_consumer_lag_seconds", topic=JOURNAL.name) == 40
    assert figure(life.told, "tradewind_projection_lag_seconds", target="tables") == 40
    assert figure(life.told, "tradewind_db_tx_seconds_count") is None
    assert figure(life.told, "tradewind_records_written_total") is None


def test_what_waits_is_told_until_it_has_its_effect():
    """Whether something waits is known from what lies ahead; since when, from what was read last."""
    told, waiting = Told(), Waiting(lambda: NOW)

    def lag() -> float | None:
        waiting.tell(told)
        return figure(told, "tradewind_consumer_lag_seconds", topic=JOURNAL.name)

    waiting.came([journal_at(9.0)])
    waiting.came([journal_at(7.0)])  # read once more after a fault
    assert lag() == 9

    waiting.recorded([journal_at(9.0), journal_at(3.0)])
    waiting.left(JOURNAL.name, 5)
    assert lag() == 3

    waiting.left(JOURNAL.name, 0)
    assert lag() == 0
