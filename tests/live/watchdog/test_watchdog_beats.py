"""Heartbeats from a file that anything may have happened to."""

import json
import os
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some
from watchdog_trials import environment

from tradewind.watchdog.beats import LARGEST, Beat, NoBeat, parse_beat, read_beat, write_beat, write_whole
from tradewind.watchdog.processes import started

GOOD = {"pid": 4242, "started": 5, "monotonic_ns": 9_000, "turn": 3, "leader": True, "kill": 2, "positions": []}


def changed(**fields):
    return json.dumps({**GOOD, **fields}).encode()


def test_a_beat_says_whose_it_is():
    """All that is judged comes out; the rest is kept."""
    seen = parse_beat(changed(turned_ns=8_000))

    assert seen[:7] == (4242, 5, 9_000, 3, 8_000, True, 2)
    assert seen.rest["positions"] == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00" * 500,
        b"{",
        changed()[:-1],
        b"[1, 2]",
        b"null",
        b"[" * 100_000,
        b'{"pid": ' + b"9" * 10_000 + b"}",
        b"\xff\xfe{}",
        changed(pid=1),
        changed(pid=0),
        changed(pid=-4242),
        changed(pid="4242"),
        changed(pid=True),
        changed(pid=4242.0),
        changed(pid=2**63),
        changed(turn=None),
        changed(monotonic_ns=float("nan")),
        changed(monotonic_ns=-1),
        changed(turned_ns=9_001),
        changed(turned_ns="now"),
        changed(started=[]),
        changed(kill=1.5),
        b"{}",
    ],
)
def test_what_cannot_be_right_is_no_beat(text):
    """Every wrong thing has a reason and nothing is raised."""
    seen = parse_beat(text)

    assert isinstance(seen, NoBeat)
    assert seen.why
    assert not seen.missing


def mutations(count, seed):
    """Yield beats with bytes changed, cut, doubled and inserted."""
    chance = random.Random(seed)
    whole = changed(turned_ns=8_000, orders=[{"id": "TWK7QD-3-1-1042-E0", "quantity": 5}])
    alphabet = b'{}[]",:0123456789eE+-.tfn\\u\x00\xff '
    for _ in range(count):
        text = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text) + 1)
            match chance.randrange(4):
                case 0:
                    text[at : at + 1] = bytes([chance.choice(alphabet)])
                case 1:
                    del text[at : at + chance.randint(1, 40)]
                case 2:
                    text[at:at] = text[at : at + chance.randint(1, 40)]
                case _:
                    text[at:at] = bytes([chance.choice(alphabet)])
        yield bytes(text)


def beats_of(texts):
    """Return how many of the texts are beats; each of those must be possible."""
    count = 0
    for text in texts:
        seen = parse_beat(text)
        if isinstance(seen, Beat):
            count += 1
            assert all(type(number) is int and 0 <= number < 2**63 for number in (*seen[:5], seen.kill))
            assert seen.pid > 1
            assert seen.turned_ns <= seen.monotonic_ns
        else:
            assert seen.why
    return count


def test_a_beat_with_changed_bytes_is_a_possible_beat_or_none():
    """Thirty thousand mutations: no exception, nothing impossible, and both kinds occur."""
    assert 100 < beats_of(mutations(30_000, seed=14)) < 29_900


@pytest.mark.soak
def test_a_million_changed_beats_are_possible_beats_or_none():
    """The same a million times over."""
    beats_of(mutations(1_000_000, seed=15))


@given(some.binary(max_size=300))
def test_any_bytes_at_all_are_a_beat_or_none(text):
    """Nothing is raised."""
    beats_of([text])


def test_a_file_that_is_no_plain_small_file_is_no_beat_and_nobody_waits(tmp_path):
    """A pipe, a folder, a device, a file without end, a name that leads nowhere."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b" " * (LARGEST + 1))
    (tmp_path / "round").symlink_to(tmp_path / "round")

    for name in ("pipe", "folder", "large", "round"):
        seen = read_beat(tmp_path / name)
        assert isinstance(seen, NoBeat), name
        assert not seen.missing
    assert isinstance(read_beat(tmp_path.__class__("/dev/zero")), NoBeat)
    assert read_beat(tmp_path / "none") == NoBeat("there is no file", missing=True)


def test_a_beat_written_is_this_process_now(tmp_path):
    """It names us, and grows."""
    write_beat(tmp_path / "status.json", 1, {"kill": 1})
    first = read_beat(tmp_path / "status.json")
    write_beat(tmp_path / "status.json", 2, {"kill": 1})
    second = read_beat(tmp_path / "status.json")

    assert (first.pid, first.started, first.kill) == (os.getpid(), started(os.getpid()), 1)
    assert first.monotonic_ns < second.monotonic_ns <= time.monotonic_ns()
    assert [file.name for file in tmp_path.iterdir()] == ["status.json"]


def test_a_write_that_fails_leaves_the_old_beat_and_no_rest(tmp_path):
    """The file is replaced whole or not at all."""
    write_whole(tmp_path / "status.json", b"old")
    (tmp_path / f".status.json.{os.getpid()}.tmp").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "status.json", b"new")
    assert (tmp_path / "status.json").read_bytes() == b"old"


def test_the_watchdog_loads_the_standard_library_and_our_errors_only():
    """No kernel, no numpy, nothing of others: whatever is broken there, this runs."""
    loaded, plain = modules("tradewind.watchdog.__main__"), modules("json")
    ours = {name for name in loaded if name.split(".")[0] == "tradewind"}
    others = {name.split(".")[0] for name in loaded - plain - ours} - set(sys.stdlib_module_names)

    assert not others
    assert {name for name in ours if not name.startswith("tradewind.watchdog")} == {"tradewind", "tradewind.errors"}


def modules(name):
    """Return the modules that are loaded once `name` is, in a fresh interpreter that sees installed packages."""
    source = environment()["PYTHONPATH"].split(":")[0]
    words = f"import sys, json; sys.path.insert(0, {source!r}); import {name}; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-I", "-c", words]
    return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
