"""A board whose server goes away, forgets, is slow or says no: publishing never waits or raises, and all comes back."""

import signal
import socket
import threading
import time

import pytest
from real_servers import begun, folder, redis, secret

from tradewind.adapters.address import read_address
from tradewind.adapters.redis import PREFIX, QUEUE, RedisBoard
from tradewind.errors import BadSettings, TradewindError
from tradewind.stack.processes import free_ports, stop
from tradewind.stack.redis import start_redis

LONG_S = 30.0


def address():
    return read_address(redis(), folder() / "secrets")


@pytest.fixture
def board():
    made = RedisBoard(address(), timeout_s=2.0)
    made._client.flushall()
    yield made
    made.close()


def until(what):
    """Return once it is so."""
    end = time.monotonic() + LONG_S
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_what_the_server_forgets_is_written_again(board):
    board.publish("a", 1)
    board.publish("b", 2)
    until(lambda: board.latest("b") == 2)
    reader = board.subscribe("a")
    board._client.flushall()

    until(lambda: (board.latest("a"), board.latest("b")) == (1, 2))
    board.publish("a", 3)
    until(lambda: board.latest("a") == 3)
    assert list(reader) in ([1, 3], [3])  # it does not know what it saw before it came
    assert reader.missed == 0


def test_a_reader_sees_nothing_twice_when_the_server_forgets(board):
    reader = board.subscribe("a")
    board.publish("a", 1)
    until(lambda: list(reader) == [1])
    for number in range(2, 6):
        board._client.flushall()
        board.publish("a", number)
        until(lambda number=number: board.latest("a") == number)
        until(lambda: board.state.waiting == 0)
    board._client.flushall()
    board.publish("a", 6)

    seen = []
    until(lambda: seen.extend(reader) or seen[-1:] == [6])
    assert seen == sorted(set(seen))
    assert len(seen) + reader.missed == 5


def test_a_server_that_is_killed_and_comes_back_has_the_newest_values_again(tmp_path):
    ports, password = free_ports(1), secret("redis")
    running = begun(start_redis, tmp_path / "redis", *ports, password)
    board = RedisBoard(read_address(f"redis://{running.address}/0", password.parent), timeout_s=2.0)
    reader = board.subscribe("a")
    board.publish("a", 1)
    board.publish("still", "here")
    until(lambda: board.latest("still") == "here")
    assert list(reader) == [1]

    stop(running, first=signal.SIGKILL)
    board.publish("a", 2)
    until(lambda: not board.state.up)
    since = board.state.since_ns
    assert board.latest("a") is None
    assert list(reader) == []
    board.publish("a", 3)
    assert board.state.waiting >= 2
    assert board.state.since_ns == since

    begun(start_redis, tmp_path / "redis", *ports, password)
    until(lambda: board.state.up and board.latest("still") == "here" and board.latest("a") == 3)
    assert board.state.since_ns > since
    assert board.state.lost == 0
    assert list(reader) == [2, 3]
    assert reader.missed == 0
    board.close()


def test_a_server_that_never_was_costs_nothing_and_is_bounded():
    board = RedisBoard(read_address(f"redis://127.0.0.1:{free_ports(1)[0]}/0"), timeout_s=0.5)
    for number in range(QUEUE + 2_500):
        board.publish("a", number)

    until(lambda: board.state.why not in {"", "not tried yet"})
    state = board.state
    assert not state.up
    assert QUEUE <= state.waiting <= QUEUE + 500  # those on their way stand beside the queue
    assert state.waiting + state.lost == QUEUE + 2_500
    assert board.latest("a") is None
    assert list(board.subscribe("a")) == []
    with pytest.raises(TradewindError, match="does not answer"):
        board.prove()
    board.close(LONG_S)
    assert not board._thread.is_alive()


def test_a_server_that_does_not_answer_holds_nobody_up():
    """It takes connections and says nothing: every publish returns, and nothing was ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []
        threading.Thread(target=lambda: [taken.append(server.accept()) for _ in range(50)], daemon=True).start()
        board = RedisBoard(read_address(f"redis://127.0.0.1:{server.getsockname()[1]}/0"), timeout_s=0.2)
        for number in range(5_000):
            board.publish("a", number)
        until(lambda: board.state.why.startswith("Timeout"))

        assert not board.state.up
        assert board.state.waiting == 5_000
        assert board.latest("a") is None
        board.close(LONG_S)
        assert not board._thread.is_alive()


def test_a_wrong_password_is_told_and_shown_nowhere(tmp_path):
    wrong = tmp_path / "redis"
    wrong.touch(0o600)
    wrong.write_text("not-the-password-at-all")
    board = RedisBoard(read_address(redis(), tmp_path))

    with pytest.raises(BadSettings, match=r"refuses us: .*Correct the user, or the secret in its file") as caught:
        board.prove()
    board.publish("a", 1)
    until(lambda: board.state.why not in {"", "not tried yet"})
    assert not board.state.up
    assert "not-the-password" not in f"{caught.value} {board.state} {board!r}"
    board.close()


@pytest.mark.parametrize(
    ("text", "words"), [("redis://127.0.0.1/prices", "'prices' is no number"), ("redis://127.0.0.1/x1", "'x1'")]
)
def test_an_address_that_names_no_database_is_refused(text, words):
    with pytest.raises(BadSettings, match=words):
        RedisBoard(read_address(text))


def test_a_database_the_server_does_not_have_is_a_clear_error():
    with pytest.raises(BadSettings, match="DB index is out of range"):
        RedisBoard(address()._replace(database="4711")).prove()


def test_a_topic_that_somebody_else_took_stops_no_other(board):
    board._client.set(PREFIX + "taken", "not a stream")
    board.publish("taken", 1)
    board.publish("free", 2)

    until(lambda: board.latest("free") == 2)
    until(lambda: board.state.waiting == 0)
    assert board.state.unfit == 1
    assert "taken: WRONGTYPE" in board.state.why


def test_bytes_that_are_no_values_are_passed_over(board):
    board.publish("a", 1)
    until(lambda: board.latest("a") == 1)
    reader = board.subscribe("a")
    key = PREFIX + "a"
    for fields in ({"x": 1}, {"e": "x", "s": 1, "v": 1}, {"e": 1, "s": -1, "v": 1}, {"e": 1, "s": 1, "v": b"\xff"}):
        board._client.xadd(key, fields)
    board._client.xadd(key, {"e": 5, "s": 1, "v": "{broken"})
    board.publish("a", 2)

    until(lambda: board.latest("a") == 2)
    assert list(reader) == [None, 2]


def test_two_publishers_of_a_topic_are_told_apart(board):
    other = RedisBoard(address(), timeout_s=2.0)
    reader = board.subscribe("a")
    for number in range(3):
        for who, name in ((board, "first"), (other, "second")):
            who.publish("a", [name, number])
            until(lambda who=who, name=name, number=number: who.latest("a") == [name, number])

    assert list(reader) == [[name, number] for number in range(3) for name in ("first", "second")]
    assert reader.missed == 0
    other.close()
