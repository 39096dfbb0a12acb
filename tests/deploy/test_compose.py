"""What the compose file promises of every container, checked without an engine."""

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest
import yaml
from compose_file import (
    DEPLOY,
    ENVIRONMENT,
    EXPORTERS,
    ONCE,
    OURS,
    ROOT,
    SERVERS,
    MissingVariable,
    compose,
    filled_in,
    services,
    text,
)
from typer.main import get_command

from tradewind.adapters.address import read_address
from tradewind.cli import app
from tradewind.databases.rights import SERVICES as USERS
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.told import Told
from tradewind.monitoring import RULES
from tradewind.monitoring.routing import SECRETS as ALERTS
from tradewind.monitoring.routing import routing
from tradewind.settings import load_settings
from tradewind.stack.beginning import begin_folder

PUBLISHED = {
    "postgres": 5432,
    "timescaledb": 5433,
    "redis": 6379,
    "kafka": 9092,
    "prometheus": 9090,
    "alertmanager": 9095,
    "grafana": 3000,
    "api": 8600,
}
"""The ports of this machine, all on 127.0.0.1."""
TOP = {"name", "services", "networks", "volumes", "secrets"}
KEYS = {
    "user": str, "read_only": bool, "cap_drop": list, "security_opt": list, "init": bool, "restart": str,
    "logging": dict, "image": str, "build": dict, "working_dir": str, "environment": dict, "volumes": list,
    "tmpfs": list, "stop_grace_period": str, "stop_signal": str, "shm_size": str, "secrets": list, "ports": list,
    "networks": list, "healthcheck": dict, "entrypoint": list, "deploy": dict, "command": list, "depends_on": dict,
    "pid": str, "profiles": list,
}  # fmt: skip
"""What a service says here, and as what: the part of the Compose Specification that we use."""
HEALTH = {"test": list, "interval": str, "timeout": str, "retries": int, "start_period": str, "disable": bool}
CONDITIONS = {"service_healthy", "service_completed_successfully"}
DURATION = re.compile(r"\d+(?:s|m|h)")
SIZE = re.compile(r"\d+[kmgKMG]")
NAMES = [*OURS, *SERVERS, *ONCE]

every = pytest.mark.parametrize("name", NAMES)


def test_the_services_are_those_of_the_design():
    assert sorted(services()) == sorted(NAMES)
    assert all(key in TOP or key.startswith("x-") for key in compose())


@every
def test_a_service_says_what_the_specification_knows_and_as_it_knows_it(name):
    """A wrong key or type is refused by an engine, but only when somebody starts it."""
    service = services()[name]

    assert {key: type(value) for key, value in service.items()} == {key: KEYS[key] for key in service}
    assert {key: type(value) for key, value in service["healthcheck"].items()} == {
        key: HEALTH[key] for key in service["healthcheck"]
    }
    assert all(isinstance(value, str) for value in service.get("environment", {}).values())
    assert all(isinstance(word, str) for word in service.get("command", []))
    for key in ("interval", "timeout", "start_period"):
        assert DURATION.fullmatch(service["healthcheck"].get(key, "1s"))
    assert DURATION.fullmatch(service.get("stop_grace_period", "1s"))
    for other, how in service.get("depends_on", {}).items():
        assert other in services()
        assert how["condition"] in CONDITIONS


@every
def test_a_container_can_do_nothing_but_its_work(name):
    service = services()[name]

    assert service["user"] == "1000:1000"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "devices", "network_mode", "ipc", "userns_mode", "cgroup"} & set(service)
    assert service.get("pid", "service:trader") == "service:trader"
    assert all("docker.sock" not in volume for volume in service.get("volumes", []))
    assert all("size=" in each for each in service.get("tmpfs", []))


@every
def test_a_container_is_bounded_and_looked_after(name):
    service = services()[name]
    limits = service["deploy"]["resources"]["limits"]

    assert set(limits) == {"cpus", "memory", "pids"}
    assert 0 < float(limits["cpus"]) <= 2
    assert SIZE.fullmatch(limits["memory"])
    assert 0 < limits["pids"] <= 400
    assert service["logging"]["options"]["max-size"]
    assert service["healthcheck"].get("disable") or service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


def test_everything_together_fits_a_machine_of_sixteen_gigabytes():
    sizes = {"M": 1, "G": 1024}
    told = [service["deploy"]["resources"]["limits"]["memory"] for service in services().values()]

    assert sum(int(each[:-1]) * sizes[each[-1]] for each in told) <= 16 * 1024


@every
def test_an_image_is_pinned_to_a_whole_version(name):
    image, _, tag = services()[name]["image"].partition(":")

    assert image
    assert re.match(r"v?\d+\.\d+\.?\d*(?:-|$)", tag), tag
    assert (image == "tradewind") == (name in OURS or name in ONCE)


def test_every_published_port_is_on_this_machine_alone():
    told = {name: service["ports"] for name, service in services().items() if "ports" in service}

    assert {name: [port.rpartition(":")[0] for port in ports] for name, ports in told.items()} == {
        name: [f"127.0.0.1:{port}"] for name, port in PUBLISHED.items()
    }
    assert not [name for name, service in services().items() if "expose" in service]


def test_only_those_who_speak_to_brokers_or_send_alerts_have_a_way_out():
    """A network that publishes lets nothing out; the one between servers lets nothing in either."""
    networks = compose()["networks"]
    members = {net: {name for name, service in services().items() if net in service["networks"]} for net in networks}

    assert networks["servers"] == {"internal": True}
    assert networks["edge"]["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert members["edge"] == set(PUBLISHED) - {"alertmanager"}
    assert members["alerts"] == {"alertmanager"}  # its addresses are webhooks; it reaches no broker
    assert members["brokers"] == {"feed", "trader", "watchdog"}
    assert members["servers"] == set(NAMES) - {"watchdog"}


def test_every_secret_is_a_file_and_every_file_is_needed():
    told, used = compose()["secrets"], [service.get("secrets", []) for service in services().values()]

    assert told == {name: {"file": f"/srv/desk/secrets/{name}"} for name in told}
    assert set(told) == {name for names in used for name in names}


@every
def test_no_secret_stands_in_an_environment_or_a_command(name):
    """What is called a password names a file, and what a command reads it reads from there."""
    service = services()[name]
    words = re.compile(r"pass|secret|token|key", re.IGNORECASE)
    for key, value in service.get("environment", {}).items():
        assert not words.search(key) or value.startswith("/run/secrets/"), key
    for word in [*service.get("command", []), *service["healthcheck"].get("test", [])]:
        assert not re.search(r"--(?:requirepass|pass|password)\b|\s-a\s", word)
    read = set(re.findall(r"/run/secrets/([\w-]+)", str(service)))
    assert read <= set(service.get("secrets", []))


def test_a_service_has_the_secrets_it_needs_and_no_others():
    """The users are those that [ports] names; the owner of the tables is used by nobody who runs for good."""
    told = {name: set(services()[name].get("secrets", [])) for name in (*OURS, *ONCE)}

    assert told == {
        "api": {"postgresql-api", "timescale-api", "redis", "tokens"},
        "feed": {"broker"},
        "recorder": {"postgresql-recorder", "timescale-recorder"},
        "outbox": {"postgresql-trader"},
        "trader": {"postgresql-trader", "timescale-recorder", "redis", "broker"},
        "watchdog": {"broker"},
        "tables": {f"{scheme}-{user}" for scheme in ("postgresql", "timescale") for user in ("tradewind", *USERS)},
        "topics": set(),
    }


def test_nothing_speaks_to_a_broker_unless_it_was_asked_for():
    told = {name for name, service in services().items() if service.get("profiles") == ["trading"]}

    assert told == {"feed", "trader", "watchdog"}
    assert told == {name for name, service in services().items() if "brokers" in service["networks"]}


def test_nothing_but_the_folder_and_what_lies_beside_the_file_is_mounted():
    for name, service in services().items():
        for volume in service.get("volumes", []):
            source, target, *more = volume.split(":")
            if source.startswith(("./", "../src/tradewind/monitoring/")):
                assert (DEPLOY / source).exists()
                assert more == ["ro"], volume
            else:
                assert source == "cache" or source.startswith("/srv/desk/"), volume
            assert "secrets" not in source, f"{name} sees a folder of secrets"
            assert target.startswith("/")


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_without_what_init_writes_nothing_starts(missing):
    with pytest.raises(MissingVariable, match=missing):
        compose({key: value for key, value in ENVIRONMENT.items() if key != missing})


def test_init_writes_everything_the_file_asks_for(tmp_path):
    """Names of the environment, secrets, folders of the servers: all there, and nobody is root."""
    begin_folder(tmp_path / "desk", containers=True)
    lines = (tmp_path / "desk" / ".env").read_text().splitlines()
    environment = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    told = compose(environment)

    assert set(environment) == set(re.findall(r"\$\{(\w+)", text()))
    for secret in told["secrets"].values():
        assert Path(secret["file"]).is_file()
    named = {Path(each["file"]).name for each in told["secrets"].values()}
    assert named == {path.name for path in (tmp_path / "desk" / "secrets").iterdir()}
    for service in told["services"].values():
        assert not service["user"].startswith("0:")
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source == "cache" or source.startswith(".") or Path(source).exists(), source


def test_the_settings_that_init_writes_name_the_services(tmp_path, monkeypatch):
    """Each address is a service of the file, at the port where it listens inside."""
    begin_folder(tmp_path / "desk", containers=True)
    monkeypatch.chdir(tmp_path / "desk")
    ports = load_settings().ports
    told = {
        read_address(each).host: read_address(each) for each in (ports.journal, ports.history, ports.feed, ports.board)
    }

    assert {name: address.port for name, address in told.items()} == {
        "postgres": 5432, "timescaledb": 5432, "kafka": 9093, "redis": 6379,
    }  # fmt: skip
    assert "INSIDE://kafka:9093" in services()["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert told["postgres"].database == services()["postgres"]["environment"]["POSTGRES_DB"]
    assert told["timescaledb"].database == services()["timescaledb"]["environment"]["POSTGRES_DB"]
    assert ports.secrets == Path("/run/secrets")


def verbs(command):
    """Return the words that a command of the command line knows next."""
    return set(getattr(command, "commands", {}))


def accepted(words):
    """Return whether the words are a verb of the command line and its options; nothing is run."""
    command, rest = get_command(app), list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return False
        command = command.commands[rest.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    return all(word in options for word in rest if word.startswith("-"))


@pytest.mark.parametrize("name", [*OURS, *ONCE])
def test_what_a_service_runs_is_a_verb_with_these_options(name):
    service = services()[name]

    assert accepted(service["command"])
    if name in OURS:
        assert service["healthcheck"]["test"][:2] == ["CMD", "tradewind"]
        assert accepted(service["healthcheck"]["test"][2:])


@pytest.mark.parametrize("words", [["nonsense"], [], ["stack", "nonsense"], ["run", "feed", "--nonsense"]])
def test_what_is_no_verb_is_found(words):
    assert not accepted(words)


def test_kafka_makes_nothing_by_itself_and_gives_nothing_up():
    told = services()["kafka"]["environment"]

    assert told["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert told["KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE"] == "false"
    assert told["KAFKA_CONTROLLER_QUORUM_VOTERS"].startswith("1@127.0.0.1:")
    assert not any("JMX" in key for key in told)
    jars = (ROOT / "src" / "tradewind" / "stack" / "kafka.pom.xml").read_text()
    assert f"<version>{services()['kafka']['image'].partition(':')[2]}</version>" in jars


def test_every_name_of_an_environment_is_documented():
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    names = {key for service in services().values() for key in service.get("environment", {})} | set(ENVIRONMENT)

    missing = sorted(name for name in names if f"`{name}`" not in page)

    assert not missing


def test_the_other_files_of_the_folder_are_yaml():
    for path in sorted(DEPLOY.rglob("*.y*ml")):
        assert yaml.safe_load(path.read_text(encoding="utf-8")), path


def scraped():
    """Return the addresses that Prometheus is told in its own file, by component."""
    told = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    groups = [group for job in told["scrape_configs"] for group in job.get("static_configs", [])]
    return {group["labels"]["component"]: group["targets"] for group in groups if "labels" in group}


def test_what_prometheus_scrapes_is_a_service_beside_it_under_the_name_rules_ask_for():
    named = set(re.findall(r'up\{component=~?"([\w|-]+)"\}', (RULES / "servers.yml").read_text(encoding="utf-8")))

    assert {one for names in named for one in names.split("|")} <= set(scraped())
    for component, (target,) in scraped().items():
        service = services()[target.partition(":")[0]]
        told = str(service.get("healthcheck")) + str(service.get("environment", {}).get("KAFKA_OPTS"))
        assert target.partition(":")[2] in told, component
        assert "servers" in service["networks"]


def test_ours_are_found_by_the_files_they_write(tmp_path):
    """What begins a folder makes the one that Prometheus is shown; a process there names its own host, not 0.0.0.0."""
    begin_folder(tmp_path / "desk", containers=True)
    shown = f"{tmp_path}/desk/tradewind-data/metrics:/etc/prometheus/ours:ro"
    door = open_door(
        Told(), Probes(lambda: None, list), ("0.0.0.0", 0), data=tmp_path / "desk" / "tradewind-data",  # noqa: S104 - as in a container
        component="recorder",
    )  # fmt: skip
    (written,) = (tmp_path / "desk" / "tradewind-data" / "metrics").iterdir()
    target = json.loads(written.read_text())[0]["targets"][0]
    door.close()

    assert shown in compose(ENVIRONMENT | {"TRADEWIND_FOLDER": f"{tmp_path}/desk"})["services"]["prometheus"]["volumes"]
    assert target == f"{socket.gethostname()}:{door.port}"
    assert "/etc/prometheus/ours/*.json" in (DEPLOY / "prometheus" / "prometheus.yml").read_text()


def test_prometheus_takes_its_settings_with_our_rules(tmp_path):
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    path = tmp_path / "prometheus.yml"
    path.write_text(text.replace("/etc/prometheus/rules", str(RULES)))
    done = subprocess.run(["promtool", "check", "config", path], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert len(list(RULES.glob("*.yml"))) == done.stdout.count("rules found") > 0


def test_alertmanager_takes_its_settings_and_they_are_those_of_a_stack_without_containers(tmp_path):
    """Debian's amtool is older than the image and knows no `url_file`; everything else is as it is."""
    text = (DEPLOY / "alertmanager" / "alertmanager.yml").read_text(encoding="utf-8")
    path = tmp_path / "alertmanager.yml"
    path.write_text(re.sub(r"url_file: \S+", "url: http://127.0.0.1:1/", text))
    done = subprocess.run(["amtool", "check-config", path], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(text) == routing({name: {"url_file": f"/run/secrets/{name}"} for name in ALERTS})
    assert set(services()["alertmanager"]["secrets"]) == set(ALERTS)


def test_whoever_reads_figures_has_no_other_secret_than_the_one_for_that():
    told = {name: services()[name].get("secrets", []) for name in EXPORTERS}

    assert told == {
        "postgres-exporter": ["postgresql-monitor"], "timescale-exporter": ["timescale-monitor"],
        "redis-exporter": ["redis"], "node-exporter": [],
    }  # fmt: skip
    assert all(set(services()[name]["networks"]) == {"servers"} for name in EXPORTERS)


@pytest.mark.parametrize(
    ("value", "wanted"), [("a$$b", "a$b"), ("${A}/x", "1/x"), ("${A:?why}", "1"), (["${A}", 2], ["1", 2])]
)
def test_names_are_filled_in_as_the_specification_says(value, wanted):
    assert filled_in(value, {"A": "1"}) == wanted
