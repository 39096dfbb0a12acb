"""A strategy added in the middle of a tape: the one before notices nothing, the new one is as if it had always been."""

import numpy as np
import pytest
from graft_desk import PLAIN, A, B, added, log, of, on_tape, opened, remembered, request, settings

from tradewind.errors import TradewindError
from tradewind.kernel.records import EVENT
from tradewind.kernel.step import DISABLE, ENABLE
from tradewind.live.paper import _beyond
from tradewind.runner import LOGS


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Settings with made-up days, and what the first strategy makes of them alone."""
    found = settings(tmp_path_factory.mktemp("graft"))
    with opened(request(found, A), "alone") as desk:
        on_tape(desk)
    return found, desk.folder.root, desk.tape_rows


def cut_of(rows):
    """Return where a test cuts: in the middle of a day, with bars half made."""
    return rows // 2 + 17


def as_if_always(found, path, cut):
    """Return the account and the memory of a run with both from the start, the second opening nothing up to the cut."""
    with opened(request(found, A, path), f"both-{path.stem}") as desk:
        desk.operate(DISABLE, strategy=1)
        on_tape(desk, cut)
        desk.operate(ENABLE, strategy=1)
        since = desk.core.now
        on_tape(desk)
        return desk.folder.root, remembered(desk, 1).copy(), since


@pytest.mark.parametrize("path", [PLAIN, B], ids=["nothing new to see", "days, four hours, sessions, orders"])
def test_the_first_notices_nothing_and_the_second_is_as_if_it_had_always_been_there(world, path):
    """Named at a start: commands, trades and memory, all of them."""
    found, alone, rows = world
    cut = cut_of(rows)
    with opened(request(found, A), f"start-{path.stem}") as desk:
        on_tape(desk, cut)
    with opened(request(found, A, path), f"start-{path.stem}") as desk:
        at = desk.core.now
        on_tape(desk)
        grafted, memory = desk.folder.root, remembered(desk, 1).copy()
    always, expected, _ = as_if_always(found, path, cut)

    assert of(log(grafted, "commands"), 0) == of(log(alone, "commands"), 0)
    assert of(log(grafted, "trades"), 0) == of(log(alone, "trades"), 0)
    assert memory.tobytes() == expected.tobytes()
    decided = of(log(grafted, "commands"), 1)
    assert len(decided) > 10
    assert decided == of(log(always, "commands"), 1)
    assert decided[0][0] >= at
    assert of(log(grafted, "trades"), 1) == of(log(always, "trades"), 1)


def test_added_by_a_person_while_the_tape_runs_it_is_the_same(world):
    """The order is answered with what it has seen; the note says who wanted it and why."""
    found, alone, rows = world
    with opened(request(found, A), "person") as desk:
        on_tape(desk, cut_of(rows))
        answer = added(desk, PLAIN)
        on_tape(desk)
        memory, note = remembered(desk, 1).copy(), desk.journal.notes("graft")[0].document
    always, expected, _ = as_if_always(found, PLAIN, cut_of(rows))

    assert answer["done"]
    assert "plain_comer trades from here on" in answer["text"]
    assert (note["why"]["person"], note["why"]["reason"]) == ("Ann", "a test")
    assert memory.tobytes() == expected.tobytes()
    assert of(log(desk.folder.root, "commands"), 0) == of(log(alone, "commands"), 0)
    assert of(log(desk.folder.root, "commands"), 1) == of(log(always, "commands"), 1)


def test_a_journal_without_snapshots_replays_through_every_place_where_one_was_added(world):
    """Three strategies, two grafts, a stop between: state, venue and memories byte for byte from the first commit."""
    found, _, rows = world
    with opened(request(found, A), "bare") as desk:
        on_tape(desk, rows // 3)
        assert added(desk, PLAIN)["done"]
        on_tape(desk, rows // 2)
    with opened(request(found, A), "bare") as desk:
        assert len(desk.prepared.strategies) == 2
        assert added(desk, A, "2-add")["done"]
        on_tape(desk)
        live, events = desk.core.runner.snapshot(), desk.journal.read("events").tobytes()
    for path in (desk.folder.root / "journal.snapshots").iterdir():
        path.unlink()
    with opened(request(found, A, PLAIN, A), "bare") as desk:
        assert desk.core.runner.snapshot() == live
        assert desk.journal.read("events").tobytes() == events
        assert [len(one.document["start"]["strategies"]) for one in desk.journal.notes("graft")] == [2, 3]


def test_a_place_in_the_journal_that_does_not_fit_is_refused(world, monkeypatch):
    """A replay that gives another state where a strategy was added does not go on."""
    found, _, rows = world
    with opened(request(found, A), "other") as desk:
        on_tape(desk, rows // 4)
        assert added(desk, PLAIN)["done"]
    for path in (desk.folder.root / "journal.snapshots").iterdir():
        path.unlink()
    monkeypatch.setattr("tradewind.live.grafting._bars", lambda *_: None)

    with (
        pytest.raises(TradewindError, match="another state where it adds a strategy"),
        opened(request(found, A), "other"),
    ):
        pass


def test_a_tape_with_edges_goes_on_where_one_without_stopped():
    """Rows are skipped as they were counted: those of before without edges of sessions."""
    rows = np.zeros(10, EVENT)
    rows["kind"] = 1, 7, 1, 8, 1, 7, 1, 1, 8, 1
    rows["ts"] = range(10)
    blocks = [rows[:3], rows[3:4], rows[4:8], rows[8:]]

    def left(skip, edgeless):
        return [int(one) for block in _beyond(blocks, skip, edgeless) for one in block["ts"]]

    assert left(0, 0) == list(range(10))
    assert left(2, 2) == list(range(3, 10))
    assert left(3, 3) == list(range(5, 10))
    assert left(5, 3) == list(range(7, 10))
    assert left(6, 6) == []
    assert left(5, 5) == [8, 9]


def test_every_log_goes_on_without_a_gap(world):
    """Events are numbered through, and what was written before a graft is as the first alone wrote it."""
    found, alone, rows = world
    with opened(request(found, A), "gap") as desk:
        on_tape(desk, rows // 2)
        before = {name: len(desk.journal.read(name)) for name in LOGS}
        assert added(desk, PLAIN)["done"]
        on_tape(desk)
    root = desk.folder.root
    events = log(root, "events")

    assert (events["number"] == range(1, len(events) + 1)).all()
    for name, count in before.items():
        assert log(root, name)[:count].tobytes() == log(alone, name)[:count].tobytes(), name
