"""Whether a service lives, by the file it writes."""

import json
import os

import pytest
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.errors import TradewindError
from tradewind.services.life import Life
from tradewind.stack.processes import begin, stop, unnoted
from tradewind.stack.services import SILENT_S, beat_file, sign_of_life


def life(tmp_path, name="recorder"):
    return Life(name, tmp_path), beat_file(tmp_path, name)


def test_a_service_that_works_says_so(tmp_path):
    one, path = life(tmp_path)
    one.working()

    assert sign_of_life(path) == ("working", "")


def test_one_that_lacks_something_lives_and_says_what(tmp_path):
    one, path = life(tmp_path)
    one.degraded("no Kafka")

    assert sign_of_life(path) == ("degraded", "no Kafka")


def test_one_that_stopped_or_fell_silent_does_not_live(tmp_path):
    one, path = life(tmp_path)
    one.working()
    when = path.stat().st_mtime

    assert sign_of_life(path, when + SILENT_S - 1).state == "working"
    with pytest.raises(TradewindError, match="was last heard of 31 s ago"):
        sign_of_life(path, when + SILENT_S + 1)
    one.over()
    with pytest.raises(TradewindError, match="stopped"):
        sign_of_life(path)


def test_no_file_is_no_sign(tmp_path):
    with pytest.raises(TradewindError, match=r"no sign of life .*recorder\.json.*Was it started"):
        sign_of_life(beat_file(tmp_path, "recorder"))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff", b"null"])
def test_a_file_that_is_none_is_no_sign(tmp_path, content):
    path = beat_file(tmp_path, "recorder")
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(TradewindError, match="cannot be read"):
        sign_of_life(path)


@pytest.mark.parametrize(("name", "file"), [("trader", "status.json"), ("watchdog", "watchdog.json")])
def test_trader_and_watchdog_are_known_by_their_account(tmp_path, name, file):
    path = tmp_path / "accounts" / "live" / file
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"turn": 1}))
    words = ["stack", "healthy", name, "--account", "live", "--data", str(tmp_path)]

    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.output) == (0, "working\n")

    os.utime(path, (1, 1))
    assert isinstance(CliRunner().invoke(app, words).exception, TradewindError)


def test_a_process_whose_beginner_was_killed_before_it_was_noted_is_found(tmp_path):
    running = begin("sleeper", ["sleep", "60"], tmp_path, "", ready=lambda: True)
    (tmp_path / "sleeper.pid").unlink()
    found = unnoted(tmp_path, "sleeper")

    assert found is not None
    assert (found.pid, found.started) == (running.pid, running.started)
    assert stop(found)
    assert unnoted(tmp_path, "sleeper") is None
