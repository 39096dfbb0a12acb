"""The whole stack of real servers: up, looked at, hit, mended and down again, each from a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from psycopg import DatabaseError
from real_servers import kafka

from tradewind.adapters.address import read_address
from tradewind.adapters.file_lock import FileLock
from tradewind.adapters.postgres.connection import DatabaseRefused, connect
from tradewind.metrics.catalogue import METRICS
from tradewind.modes import open_history, open_runs
from tradewind.monitoring import RULES
from tradewind.services.least_rights import as_user
from tradewind.settings import load_settings
from tradewind.stack.beginning import begin_folder
from tradewind.stack.places import ports_from
from tradewind.stack.processes import lives, read_running, stop
from tradewind.stack.services import API, SERVICES, livez

NAMES = ["postgresql", "timescale", "redis", "kafka"]
WATCHERS = [
    "node", "postgresql-exporter", "timescale-exporter", "redis-exporter", "alertmanager", "prometheus",
]  # fmt: skip
EXPORTED = ["node", "postgresql-exporter", "timescale-exporter", "redis-exporter", "kafka"]
WITHIN_S = 60.0
OURS = [*(service.name for service in SERVICES), API.name]


def tradewind(folder, *words, code=0):
    """Return what a command printed, standard error included, after it ended with the code."""
    command = [sys.executable, "-m", "tradewind.cli", *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def free_row():
    """Return the first of a row of ports on which nothing listens."""
    for base in range(23_000, 30_000, 7):
        with socket.socket() as one:
            if all(one.connect_ex(("127.0.0.1", port)) for port in ports_from(base)):
                return base
    raise AssertionError("no ports are free")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Give a folder whose stack is up, and take it down."""
    kafka()  # skips, or fails, where servers cannot be had
    folder = tmp_path_factory.mktemp("desk")
    begin_folder(folder, stack=True, ports=ports_from(free_row()))
    settings = folder / "tradewind.toml"
    settings.write_text(settings.read_text().replace("every = 15", "every = 2"))
    try:
        output = tradewind(folder, "stack", "up")
        yield folder, output
    finally:
        tradewind(folder, "stack", "down")


@pytest.fixture
def up(desk):
    """Give the folder with everything running, whatever the test before did."""
    found = [running(desk[0], name) for name in NAMES]
    if not all(one is not None and lives(one) for one in found):
        tradewind(desk[0], "stack", "up")
    return desk[0]


def running(folder, name):
    return read_running(folder / "tradewind-data" / "stack" / name / f"{name}.pid")


def health(folder, code=0):
    found = tradewind(folder, "stack", "status", "--json", code=code)
    return {line["name"]: line for line in json.loads(found)}


def address(folder, name, user):
    text = getattr(load_settings(folder / "tradewind.toml").ports, name)
    return read_address(re.sub(r"//\w+@", f"//{user}@", text), folder / "secrets")


def test_everything_is_up_and_well(desk):
    folder, output = desk
    found = health(folder)

    assert list(found) == [*NAMES, *WATCHERS, *OURS]
    assert all(line["well"] and line["pid"] for line in found.values())
    assert "tables t" in found["postgresql"]["told"]
    assert "tables m" in found["timescale"]["told"]
    assert all(f"{name} is ready after" in output for name in NAMES)


def test_the_page_is_there_and_its_log_holds_no_password(desk, up):
    """Nobody can log in yet: the terminal and the log say how to make a user, and neither has a password."""
    livez(load_settings(up / "tradewind.toml").api)
    log = (up / "tradewind-data" / "stack" / "api" / "api.log").read_text()

    assert "tradewind users add admin" in desk[1]
    assert "tradewind users add admin" in log
    assert not re.search(r"^  [\w-]{43}$", log, re.MULTILINE)
    assert list(health(up))[-1] == "api"


def test_the_api_reads_journals_and_prices_and_keeps_runs_as_its_own_user(up, monkeypatch):
    """As the settings name them the user is the trader's; the service is somebody else, who may not write journals."""
    monkeypatch.chdir(up)
    settings = as_user(load_settings(), "api")

    assert [read_address(getattr(settings.ports, name)).user for name in ("journal", "runs", "history")] == ["api"] * 3
    assert list(open_history(settings).series()) == []
    assert list(open_runs(settings).list()) == []
    with connect(address(up, "journal", "api")) as connection, pytest.raises(DatabaseError, match="permission denied"):
        connection.execute("DELETE FROM trading.journal_blocks")


def test_each_service_logs_in_with_its_own_secret_and_with_no_other(up):
    for name in ("journal", "history"):
        for user in ("feed", "recorder", "trader", "api", "backup", "monitor"):
            with connect(address(up, name, user)) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (user,)
    wrong = address(up, "journal", "trader")
    with pytest.raises(DatabaseRefused):
        connect(wrong._replace(password=address(up, "journal", "feed").password))
    with pytest.raises(DatabaseRefused):
        connect(wrong._replace(password=None))


def test_nothing_listens_but_on_this_machine(up):
    """Every listening socket of the stack's processes, as the operating system tells it, has the address 127.0.0.1."""
    inodes = set()
    for name in [*NAMES, API.name]:
        for handle in Path(f"/proc/{running(up, name).pid}/fd").iterdir():
            if (found := re.match(r"socket:\[(\d+)\]", str(handle.readlink()))) is not None:
                inodes.add(found[1])
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.append(fields[1].rpartition(":")[0])

    assert len(listening) >= 6
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}


def test_no_secret_is_seen_where_others_look(desk, up):
    """Neither in what was printed, nor in a list of processes, nor in an environment or a file that others may read."""
    seen = [desk[1]]
    for name in [*NAMES, *OURS]:
        process = Path(f"/proc/{running(up, name).pid}")
        seen += [(process / "cmdline").read_text(), (process / "environ").read_text(errors="replace")]
    for path in (up / "tradewind-data" / "stack").rglob("*"):
        if path.is_file() and path.stat().st_size < 1_000_000 and path.stat().st_mode & 0o077:
            seen.append(path.read_text(errors="replace"))
        if path.suffix == ".log":
            seen.append(path.read_text(errors="replace"))
    for path in (one for one in (up / "secrets").iterdir() if one.read_text().strip()):
        assert not [text for text in seen if path.read_text().strip() in text], path.name


def test_up_again_leaves_alone_what_runs(up):
    before = {name: running(up, name) for name in NAMES}
    output = tradewind(up, "stack", "up")

    assert {name: running(up, name) for name in NAMES} == before
    assert "is ready after" not in output


@pytest.mark.soak
def test_servers_that_were_killed_are_red_and_come_back_with_what_they_had(up):
    with connect(address(up, "journal", "tradewind")) as connection:
        connection.execute("CREATE TABLE public.kept AS SELECT 1 AS one")
    killed = {name: running(up, name) for name in ("postgresql", "redis", "kafka")}
    for one in killed.values():
        os.kill(one.pid, signal.SIGKILL)
    until = time.monotonic() + 30
    while any(lives(one) for one in killed.values()) and time.monotonic() < until:
        time.sleep(0.05)

    found = health(up, code=1)
    assert {name for name in NAMES if not found[name]["well"]} == set(killed)
    assert {found[name]["told"] for name in killed} == {"it does not run"}

    ours = {name: running(up, name) for name in OURS}
    output = tradewind(up, "stack", "up")
    assert "timescale is ready" not in output
    assert {name: running(up, name) for name in OURS} == ours  # they waited for their servers
    assert all(lives(one) for one in ours.values())
    with connect(address(up, "journal", "tradewind")) as connection:
        assert connection.execute("SELECT one FROM public.kept").fetchone() == (1,)
        connection.execute("DROP TABLE public.kept")


@pytest.mark.soak
def test_a_pid_that_is_somebody_elses_now_is_let_alone(up):
    """The number of a server that died was given to another process: it is neither stopped nor taken for the server."""
    path = up / "tradewind-data" / "stack" / "redis" / "redis.pid"
    real = json.loads(path.read_text())
    with subprocess.Popen(["sleep", "60"]) as stranger:
        path.write_text(json.dumps({**real, "pid": stranger.pid, "started": 1}))
        assert not health(up, code=1)["redis"]["well"]
        assert "cannot listen" in tradewind(up, "stack", "up", code=2)
        assert stranger.poll() is None
        path.write_text(json.dumps(real))
        stranger.kill()


@pytest.mark.soak
def test_two_at_a_time_are_one_too_many(up):
    lock = FileLock(up / "tradewind-data" / "stack" / "lock", "The stack", "just now")
    try:
        for verb in ("up", "down"):
            assert f"is in use by process {os.getpid()}, since just now" in tradewind(up, "stack", verb, code=2)
    finally:
        lock.release()
    assert all(lives(running(up, name)) for name in NAMES)


@pytest.mark.soak
def test_down_stops_all_of_it_and_the_next_up_finds_everything(up):
    with connect(address(up, "history", "tradewind")) as connection:
        connection.execute("CREATE TABLE public.still_here ()")
    before = {name: running(up, name) for name in NAMES}

    assert f"{len(NAMES) + len(OURS)} stopped." in tradewind(up, "stack", "down")
    assert not [name for name, one in before.items() if lives(one)]
    assert "Nothing ran." in tradewind(up, "stack", "down")

    tradewind(up, "stack", "up")
    with connect(address(up, "history", "tradewind")) as connection:
        connection.execute("DROP TABLE public.still_here")


def test_up_that_is_killed_on_its_way_leaves_nothing_that_down_cannot_stop(up):
    tradewind(up, "stack", "down")
    command = [sys.executable, "-m", "tradewind.cli", "stack", "up"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, cwd=up, env=environment, stderr=subprocess.PIPE, text=True) as going:
        for line in going.stderr:
            if line.startswith("kafka ..."):
                going.kill()
                break
    begun = [one for one in (running(up, name) for name in NAMES) if one is not None and lives(one)]
    assert len(begun) >= 3

    tradewind(up, "stack", "down")
    assert not [one.name for one in begun if lives(one)]


def test_a_port_that_another_program_has_is_named(tmp_path):
    base = free_row()
    begin_folder(tmp_path, stack=True, ports=ports_from(base))
    with socket.create_server(("127.0.0.1", base)):
        output = tradewind(tmp_path, "stack", "up", code=2)

    assert f"postgresql cannot listen on 127.0.0.1:{base}" in output
    assert "Traceback" not in output


def test_a_folder_without_a_stack_has_nothing_to_stop(tmp_path):
    assert "There is no stack in" in tradewind(tmp_path, "stack", "down", code=2)


def asked(folder, path, port="prometheus"):
    """Return what Prometheus, or another, answers."""
    number = getattr(load_settings(folder / "tradewind.toml").metrics, port)
    with urlopen(f"http://127.0.0.1:{number}{path}", timeout=10) as answer:
        return json.load(answer)


def until(question, within=WITHIN_S):
    """Return the first answer that is something; the last one where none comes in time."""
    end = time.monotonic() + within
    while not (found := question()) and time.monotonic() < end:
        time.sleep(0.3)
    return found


def query(folder, text):
    """Return the series that a query answers with."""
    return asked(folder, f"/api/v1/query?query={quote(text)}")["data"]["result"]


def targets(folder):
    """Return how each target is, by component."""
    found = asked(folder, "/api/v1/targets")["data"]["activeTargets"]
    return {one["labels"].get("component", "prometheus"): one["health"] for one in found}


def test_every_process_is_a_target_and_up(up):
    wanted = {"prometheus", *EXPORTED, *OURS}
    found = until(lambda: (told := targets(up)).keys() >= wanted and set(told.values()) == {"up"} and told)

    assert found, targets(up)
    assert set(found) == wanted


def test_rules_are_loaded_and_none_fails(up):
    def well():
        groups = asked(up, "/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return rules if all(rule["health"] == "ok" for rule in rules) else []

    rules = until(well)
    written = sum(text.read_text().count("- alert:") for text in RULES.glob("*.yml"))

    assert len(rules) == written > 40


@pytest.mark.parametrize(
    "text",
    [
        "kafka_controller_kafkacontroller_activecontrollercount == 1",
        "kafka_controller_kafkacontroller_offlinepartitionscount == 0",
        "kafka_controller_controllerstats_uncleanleaderelections_total",
        "kafka_server_replicamanager_underreplicatedpartitions == 0",
        "kafka_log_logmanager_offlinelogdirectorycount == 0",
        "pg_up == 1",
        "pg_settings_max_connections",
        "pg_stat_activity_count",
        "pg_stat_activity_max_tx_duration",
        "pg_stat_archiver_failed_count",
        "redis_up == 1",
        "node_filesystem_avail_bytes",
        'tradewind_service_state{component="recorder",state="working"} == 1',
        "tradewind_consumer_lag_records",
        "tradewind_dead_letters_total == 0",
        "tradewind_outbox_lag_events == 0",
        "tradewind_auth_failures_total",
        "tradewind_build_info",
        "process_resident_memory_bytes",
    ],
)
def test_what_rules_and_dashboards_ask_for_is_answered(up, text):
    assert until(lambda: query(up, text))


def test_panels_about_servers_are_answered(up):
    """Those about our own processes are asked in tests/dashboards, of a process that tells every figure."""
    told = (Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards").glob("*.json")
    panels = [panel for path in told for panel in json.loads(path.read_text())["panels"]]
    texts = {one["expr"] for panel in panels for one in panel["targets"] if "expr" in one}
    asked = {text for text in texts if re.search(r"\b(kafka|pg|redis|node|python)_", text)}
    unanswered = [text for text in sorted(asked) if not until(lambda text=text: query(up, text), 60.0)]

    assert len(asked) > 12
    assert not unanswered


def test_there_are_few_series_and_each_of_ours_is_in_the_catalogue(up):
    """T27: fewer than 5,000."""
    until(lambda: query(up, 'up{component="api"} == 1'))
    told = {one["metric"]["__name__"] for one in query(up, '{__name__=~"tradewind_.+"}')}
    names = {name.removesuffix(end) for name in told for end in ("_bucket", "_sum", "_count") if name.endswith(end)}
    plain = {name for name in told if not name.endswith(("_bucket", "_sum", "_count"))}

    assert (names | plain) <= set(METRICS)
    assert float(query(up, 'count({__name__=~".+"})')[0]["value"][1]) < 5_000


def test_a_server_that_dies_is_told_to_alertmanager_and_that_it_is_well_again(up):
    folder = up / "tradewind-data" / "stack"
    running = read_running(folder / "redis" / "redis.pid")
    stop(running)

    def told(name):
        found = asked(up, "/api/v2/alerts", "alertmanager")
        return [one for one in found if one["labels"]["alertname"] == name]

    assert until(lambda: told("DeadMansSnitch"))
    down = until(lambda: query(up, "redis_up == 0"))
    pending = until(lambda: query(up, 'ALERTS{alertname="RedisDown"}'))
    tradewind(up, "stack", "up")

    assert down
    assert pending
    assert lives(read_running(folder / "redis" / "redis.pid"))
    assert until(lambda: query(up, "redis_up == 1"))


DEATHS = {"kafka": "KafkaGone", "postgresql": "PostgresDown", "recorder": "ServiceGone"}


def test_whatever_dies_its_own_alert_comes_true_and_passes_once_it_is_back(up):
    """All of them at once, by SIGKILL: each condition holds in the running Prometheus, and no longer after `up`."""

    def waiting():
        return {one["metric"]["alertname"] for one in query(up, "ALERTS")}

    for name in DEATHS:
        os.kill(running(up, name).pid, signal.SIGKILL)
    for alert in DEATHS.values():
        assert until(lambda alert=alert: alert in waiting()), alert

    tradewind(up, "stack", "up")
    for alert in DEATHS.values():
        assert until(lambda alert=alert: alert not in waiting()), alert
