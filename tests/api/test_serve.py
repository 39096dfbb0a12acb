"""`tradewind serve`: where it listens and where it will not, the first user, and how it ends."""

import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import warnings

import pytest
from api_hands import PASSWORD, START

from tradewind.adapters.entrance import first, users
from tradewind.adapters.entrance.database import Entrance
from tradewind.api.house import house
from tradewind.errors import BadSettings
from tradewind.services.api import greet
from tradewind.services.listening import bound, check, names
from tradewind.settings import Api, Ports, Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import httpx


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a certificate of our own and its key."""
    folder = tmp_path_factory.mktemp("tls")
    words = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {folder}/k -out {folder}/c"
    subprocess.run(words.split(), check=True, capture_output=True)
    return folder / "c", folder / "k"


def free_port():
    """Return a port nobody has at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.5"])
def test_this_machine_needs_no_certificate(host):
    check(Api(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "trading.example"])  # noqa: S104 - it is refused
def test_anywhere_else_needs_one(host, certificate):
    with pytest.raises(BadSettings, match="not this machine alone"):
        check(Api(host=host))

    check(Api(host=host, certificate=certificate[0], key=certificate[1]))


def test_a_certificate_that_is_none_is_refused_before_anything_begins(certificate, tmp_path):
    public, key = certificate
    with pytest.raises(BadSettings, match="go together"):
        check(Api(certificate=public))
    with pytest.raises(BadSettings, match="no file"):
        check(Api(certificate=public, key=tmp_path / "none"))
    with pytest.raises(BadSettings, match="no certificate and its key"):
        check(Api(certificate=key, key=key))
    open_to_all = tmp_path / "key"
    open_to_all.write_bytes(key.read_bytes())
    open_to_all.chmod(0o644)
    with pytest.raises(BadSettings, match="read by others"):
        check(Api(certificate=public, key=open_to_all))


def test_names_of_requests_are_those_of_the_settings_never_every_address():
    assert names(Api(host="::", hosts=("trading.example",))) == {"trading.example"}
    assert names(Api(host="192.0.2.7")) == {"192.0.2.7"}


def test_a_port_that_somebody_has_is_said():
    port = free_port()
    with bound(Api(port=port)), pytest.raises(BadSettings, match=f"127.0.0.1:{port}"):
        bound(Api(port=port))


def test_the_first_user_is_told_once_and_must_choose_a_password(tmp_path):
    said = []
    home = house(Settings(data=tmp_path / "new"), lambda: START)
    greet(home, said.append, watched=True)
    greet(home, said.append, watched=True)

    assert len(said) == 2
    given = said[1].strip()
    with pytest.raises(users.OnceOnly):
        users.come_in(home.entrance, "admin", (given, None), START)
    chosen = users.come_in(home.entrance, "admin", (given, PASSWORD), START)
    assert not chosen.once
    with pytest.raises(users.WrongPassword):
        users.come_in(home.entrance, "admin", (given, None), START)
    assert users.come_in(home.entrance, "admin", (PASSWORD, None), START).name == "admin"


def test_a_log_is_told_how_to_make_a_user_and_no_password(tmp_path):
    said = []
    home = house(Settings(data=tmp_path / "new"), lambda: START)
    greet(home, said.append, watched=False)

    assert said == [f"There is no user yet, so nobody can log in. In a shell: {first.HOW}"]
    assert users.users(home.entrance) == []
    assert shlex.split(first.HOW)[:4] == ["tradewind", "users", "add", first.NAME]


def test_a_password_made_for_one_log_in_opens_nothing_without_another(hands):
    users.add_user(hands.house.entrance, "bob", "given by a machine", {"read"}, START, once=True)
    client, shown = hands.client(), {"name": "bob", "password": "given by a machine"}

    assert client.post("/api/v1/login", json=shown).status_code == 403
    assert client.post("/api/v1/login", json=shown | {"new_password": "given by a machine"}).status_code == 422
    assert client.post("/api/v1/login", json=shown | {"new_password": "weak"}).status_code == 422
    assert client.post("/api/v1/login", json=shown).status_code == 403
    token = client.post("/api/v1/login", json=shown | {"new_password": PASSWORD}).json()["token"]
    assert client.get("/api/v1/me", headers={"authorization": f"Bearer {token}"}).json()["name"] == "bob"


def test_a_database_of_the_first_format_is_taken_over(tmp_path):
    entrance = Entrance(tmp_path)
    users.add_user(entrance, "ann", PASSWORD, {"read"}, START)
    with sqlite3.connect(entrance.path) as database:
        database.execute("ALTER TABLE users DROP COLUMN once")
        database.execute("PRAGMA user_version = 1")

    assert [one.name for one in users.users(Entrance(tmp_path))] == ["ann"]
    assert not users.enter(Entrance(tmp_path), "ann", PASSWORD, START).once


def test_the_signing_key_lies_with_the_other_secrets(tmp_path):
    house(Settings(data=tmp_path / "data", ports=Ports(secrets=tmp_path / "secrets")))

    assert (tmp_path / "secrets" / "tokens").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "data" / "secrets").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_as_a_process_and_ends_cleanly(tmp_path, number):
    port = free_port()
    words = [sys.executable, "-m", "tradewind.cli", "serve", "--data", str(tmp_path), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            told = [server.stdout.readline() for _ in range(2)]
            assert "tradewind users add" in told[0]
            assert f"http://127.0.0.1:{port}" in told[1]
            assert httpx.get(f"http://127.0.0.1:{port}/api/v1/me").status_code == 401
            again = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
            assert again.returncode == 2
            assert "another port" in again.stderr
            assert len(again.stderr.splitlines()) == 1
            time.sleep(0.5)  # workers begin
            server.send_signal(number)
            assert server.wait(30) == 0
            assert "Traceback" not in server.stderr.read()
        finally:
            server.kill()
