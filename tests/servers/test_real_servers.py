"""The servers of the stack as plain processes: they start, know their secrets, survive a kill, and stop."""

import signal

import pytest
import redis as redis_client
from confluent_kafka.admin import AdminClient, NewTopic
from real_servers import begun, folder, kafka, postgres, redis, secret

from tradewind.adapters.address import read_address
from tradewind.adapters.postgres.connection import DatabaseRefused, connect
from tradewind.errors import TradewindError
from tradewind.stack.kafka import start_kafka
from tradewind.stack.processes import begin, free_ports, lives, stop
from tradewind.stack.redis import start_redis


def test_postgresql_asks_for_the_password_and_listens_here_alone():
    address = read_address(postgres(), folder() / "secrets")

    with connect(address) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
    with pytest.raises(DatabaseRefused, match="Correct the address or the secret"):
        connect(address._replace(password=None))


def test_redis_asks_for_the_password_and_refuses_what_is_dangerous():
    address = read_address(redis())
    password = secret("redis").read_text()
    with redis_client.Redis(port=address.port) as nobody, pytest.raises(redis_client.exceptions.AuthenticationError):
        nobody.get("a")

    with redis_client.Redis(port=address.port, password=password) as client:
        client.set("a", 1)
        assert client.get("a") == b"1"
        with pytest.raises(redis_client.exceptions.NoPermissionError):
            client.config_get("*")


def test_kafka_keeps_its_topics_through_a_kill_and_makes_none_by_itself():
    kafka()
    where, ports = folder() / "another kafka", free_ports(2)
    running = begun(start_kafka, where, *ports)
    admin = AdminClient({"bootstrap.servers": running.address})
    admin.create_topics([NewTopic("kept", 3)])["kept"].result(10)

    stop(running, first=signal.SIGKILL)
    assert not lives(running)
    running = begun(start_kafka, where, *ports)

    topics = AdminClient({"bootstrap.servers": running.address}).list_topics(timeout=10).topics
    assert len(topics["kept"].partitions) == 3
    assert stop(running)
    assert not stop(running)


def test_a_server_that_does_not_start_is_named_with_its_last_words(tmp_path):
    with pytest.raises(TradewindError, match="nonsense did not become ready: out of luck"):
        begin("nonsense", ["sh", "-c", "echo out of luck; exit 1"], tmp_path, "", ready=lambda: False)


def test_a_port_that_is_taken_is_a_clear_error(tmp_path):
    port = read_address(redis()).port

    with pytest.raises(TradewindError, match="something does already"):
        start_redis(tmp_path, port)


def test_nobody_elses_process_is_stopped(tmp_path):
    running = begin("sleeper", ["sleep", "60"], tmp_path, "", ready=lambda: True)
    other = running._replace(started=running.started + 1)

    assert not stop(other)
    assert lives(running)
    assert stop(running, first=signal.SIGKILL)
