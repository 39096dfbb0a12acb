"""`tradewind init`: settings that are read back as they were meant, secrets nobody chose, and nothing written over."""

import os
import stat
import tomllib

import pytest
from typer.testing import CliRunner

from tradewind.adapters.address import read_address
from tradewind.adapters.brokers.tokens import read_token
from tradewind.cli import app
from tradewind.databases.places import OWNER
from tradewind.databases.rights import SERVICES
from tradewind.errors import BadSettings
from tradewind.settings import Api, Metrics, Settings, load_settings
from tradewind.stack import beginning
from tradewind.stack.beginning import ALERTS, begin_folder
from tradewind.stack.places import DEFAULT, places_of, ports_from

WAYS = pytest.mark.parametrize("way", [{}, {"stack": True}, {"containers": True}], ids=["plain", "stack", "containers"])


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(*words):
    return CliRunner().invoke(app, list(words))


@WAYS
def test_the_settings_are_the_defaults_but_for_risk_rules_and_ports(tmp_path, way):
    """What is written says what would hold without it, so that a person sees it; but risk rules hold from the start."""
    begin_folder(tmp_path, **way)

    read = load_settings(tmp_path / "tradewind.toml")
    inside = {"api": Api(host="0.0.0.0", container=True), "metrics": Metrics(host="0.0.0.0", port=9600)}  # noqa: S104 - inside its container
    expected = Settings(**inside) if "containers" in way else Settings()
    assert read.model_copy(update={"ports": Settings().ports, "risk": "none", "stage": "development"}) == expected
    assert read.risk == "house"


def test_every_commented_line_of_the_broker_can_be_taken_in(tmp_path):
    begin_folder(tmp_path)
    text = (tmp_path / "tradewind.toml").read_text()
    section = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if line.startswith(("# [", "# ")) and ("[" in line or " = " in line)
    ]
    lines = section[section.index("[broker]") :]

    assert Settings.model_validate(tomllib.loads("\n".join(lines[:5]))).broker.name == "oanda"


@WAYS
def test_every_secret_is_chance_of_its_own_that_only_its_owner_reads(tmp_path, way):
    begin_folder(tmp_path / "a", **way)
    begin_folder(tmp_path / "b", **way)
    paths = sorted((tmp_path / "a" / "secrets").iterdir())
    values = [path.read_text().strip() for folder in "ab" for path in sorted((tmp_path / folder / "secrets").iterdir())]
    values = [value for value in values if value]

    assert len(set(values)) == len(values)
    assert all(len(value) >= 43 for value in values)  # 256 bits, six a letter
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    assert stat.S_IMODE((tmp_path / "a" / "secrets").stat().st_mode) == 0o700
    assert all(read_token(path).revealed() for path in paths if path.name != "broker" and path.name not in ALERTS)


def test_a_brokers_token_is_a_persons_to_give(tmp_path):
    begin_folder(tmp_path, containers=True)

    with pytest.raises(BadSettings, match="does not hold one token"):
        read_token(tmp_path / "secrets" / "broker")


def test_every_user_of_every_server_has_a_secret(tmp_path):
    begin_folder(tmp_path, stack=True)
    names = {path.name for path in (tmp_path / "secrets").iterdir()}
    databases = {f"{scheme}-{user}" for scheme in ("postgresql", "timescale") for user in (OWNER, *SERVICES)}

    assert names == databases | {"redis", "tokens", *ALERTS}


@WAYS
def test_nothing_secret_is_printed(tmp_path, way):
    option = {"stack": "--stack", "containers": "--compose"}.get(next(iter(way), ""))
    done = told("init", str(tmp_path / "desk"), *([option] if option else []))

    assert done.exit_code == 0
    for path in (tmp_path / "desk" / "secrets").iterdir():
        secret = path.read_text().strip()
        assert not secret or secret not in done.output
        assert not secret or secret not in (tmp_path / "desk" / "tradewind.toml").read_text()


@WAYS
def test_nothing_is_written_over(tmp_path, way):
    begin_folder(tmp_path, **way)
    before = files(tmp_path)
    for name in before:
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "other" / name).write_text("mine")
        with pytest.raises(BadSettings, match="is there already") as caught:
            begin_folder(tmp_path / "other", **way)
        assert "Nothing was written" in str(caught.value)
        assert files(tmp_path / "other") == {name: b"mine"}
        for path in sorted((tmp_path / "other").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (tmp_path / "other").rmdir()

    with pytest.raises(BadSettings, match="is there already, and"):
        begin_folder(tmp_path, **way)
    assert files(tmp_path) == before


def test_a_dangling_link_is_no_place_to_write_through(tmp_path):
    (tmp_path / "tradewind.toml").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BadSettings, match="is there already"):
        begin_folder(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("fails_at", [1, 2, 5, 10])
def test_a_disk_that_is_full_leaves_nothing_half_written(tmp_path, monkeypatch, fails_at):
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == fails_at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(beginning.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        begin_folder(tmp_path / "desk", stack=True)

    assert list((tmp_path / "desk").iterdir()) == []


def test_what_is_there_already_of_other_things_stays(tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mine").write_text("x")
    begin_folder(tmp_path)

    assert (tmp_path / "secrets" / "mine").read_text() == "x"


def test_git_keeps_neither_data_nor_secrets(tmp_path):
    begin_folder(tmp_path, containers=True)
    ignored = (tmp_path / ".gitignore").read_text().split()

    assert {"tradewind-data/", "secrets/", "containers/", ".env"} <= set(ignored)


def test_the_ports_of_the_stack_are_those_that_settings_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin_folder(tmp_path, stack=True, ports=ports_from(20_000))
    places = places_of(load_settings())

    assert places.ports == ports_from(20_000)
    assert (places.trading.user, places.market.user) == (OWNER, OWNER)
    assert read_address(load_settings().ports.journal).user == "trader"


def test_the_usual_ports_are_those_of_the_servers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin_folder(tmp_path, stack=True)

    assert places_of(load_settings()).ports == DEFAULT == (5432, 5433, 6379, 9092, 9093, 8600, 9090, 9095)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--stack", "--compose"), "two ways"),
        (("--port-base", "2000"), "goes with --stack"),
        (("--stack", "--port-base", "80"), "leaves no room"),
        (("--stack", "--port-base", "65531"), "leaves no room"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, words, wrong):
    done = told("init", str(tmp_path / "desk"), *words)

    assert isinstance(done.exception, BadSettings)
    assert wrong in str(done.exception)
    assert not (tmp_path / "desk").exists()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('journal = "sqlite"', "needs no server"),
        ('journal = "postgresql://trader@db.example:5432/tradewind"', "is no postgresql on this machine"),
        ('journal = "timescale://trader@127.0.0.1:5432/tradewind"', "is no postgresql on this machine"),
        ('journal = "postgresql://trader@127.0.0.1:5432"', "names no database"),
        ('journal = "postgresql://trader@127.0.0.1:6379/tradewind"', "cannot share a port"),
        ('feed = "kafka://kafka.example"', "is no kafka on this machine"),
        ('secrets = "nowhere"', "There is no secret"),
    ],
)
def test_a_stack_that_settings_do_not_describe_is_refused(tmp_path, monkeypatch, line, wrong):
    monkeypatch.chdir(tmp_path)
    begin_folder(tmp_path, stack=True)
    path = tmp_path / "tradewind.toml"
    name = line.split()[0]
    lines = [line if each.startswith(f"{name} =") else each for each in path.read_text().splitlines()]
    path.write_text("\n".join(lines))

    with pytest.raises(BadSettings, match=wrong):
        places_of(load_settings())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away; other users own what they make")
def test_root_gives_the_folder_of_containers_to_somebody_who_is_not(tmp_path):
    begin_folder(tmp_path / "desk", containers=True)

    assert all(path.lstat().st_uid == beginning.NOBODY for path in [tmp_path / "desk", *(tmp_path / "desk").rglob("*")])
