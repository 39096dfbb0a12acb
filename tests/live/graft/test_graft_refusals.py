"""What cannot be added is refused in a sentence, and nothing has changed; who may be left out at a start."""

from dataclasses import replace

import pytest
from graft_desk import PLAIN, A, added, on_tape, opened, request, settings
from typer.testing import CliRunner

from tradewind.cli import app
from tradewind.errors import TradewindError
from tradewind.kernel.records import STRATEGIES
from tradewind.kernel.step import DISABLE
from tradewind.modes import Choice
from tradewind.twin.recording import recording_of

ROWS = 900
"""So much of the tape is enough here."""


@pytest.fixture
def found(tmp_path):
    """Settings with made-up days."""
    return settings(tmp_path)


def written(folder, name, text):
    """Return a strategy file with this text."""
    path = folder / name
    path.write_text(f'"""A strategy."""\n\n{text}\n')
    return path


def refused(desk, path, **more):
    """Return why a strategy was not added; state and journal are as they were, but for the order's note."""
    desk.settle(0, at_once=True)
    before, events = desk.core.runner.snapshot(), desk.core.events
    answer = added(desk, path, **more)
    assert answer["done"] is False
    assert desk.core.runner.snapshot() == before
    assert (desk.core.events, desk.newcomer, len(desk.prepared.strategies)) == (events, None, 1)
    assert desk.journal.notes("graft") == []
    return answer["text"]


def test_what_cannot_be_added_is_refused_in_a_sentence_and_nothing_has_changed(found, tmp_path):
    """Files that do not load or compile, parameters that are none, orders that do not say who and why."""
    broken = written(tmp_path, "broken.py", "def on_bar(state, bar, memory, params:\n    pass")
    unknown = written(tmp_path, "unknown.py", "def on_bars(state, bar, memory, params):\n    pass")
    plain = written(tmp_path, "uncompiled.py", "def on_bar(state, bar, memory, params):\n    open('x')")
    edges = written(tmp_path, "edges.py", "def on_session(state, event, memory, params):\n    pass")
    wakes = written(tmp_path, "weighty.py", "def on_bar(state, bar, memory, params):\n    pass")
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)

        assert "broken.py:3" in refused(desk, broken)
        assert "on_bars is no handler" in refused(desk, unknown)
        assert "Numba cannot compile it" in refused(desk, plain)
        assert "no parameter 'distanze'. Did you mean 'distance'?" in refused(desk, A, set=["distanze=3"])
        assert "distance='far' is not a whole number" in refused(desk, A, set=["distance=far"])
        assert "is not name=value" in refused(desk, A, set=["distance"])
        assert "is not name=value" in refused(desk, A, set=["plain_comer.distance=1"])
        assert "There is no strategy file" in refused(desk, tmp_path / "nothing.py")
        assert "who gives it and why" in refused(desk, PLAIN, person="")
        assert "who gives it and why" in refused(desk, PLAIN, reason=" ")
        assert "Stop the account and start it with both" in refused(desk, edges)
        assert added(desk, wakes)["done"]


def test_a_seventeenth_strategy_finds_no_room(found):
    """Sixteen trade; the seventeenth is refused before anything is compiled."""
    with opened(request(found, *[A] * STRATEGIES)) as desk:
        on_tape(desk, 200)
        answer = added(desk, PLAIN)

        assert answer["done"] is False
        assert "room for 16" in answer["text"]
        assert len(desk.prepared.strategies) == STRATEGIES


def test_the_same_strategy_again_has_a_number(found):
    """With parameters of its own; both names can be disabled."""
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)

        assert "turns#2 trades from here on" in added(desk, A, set=["distance=4000"])["text"]
        desk.folder.ask("2", {"verb": "disable", "strategy": "turns#2"})
        desk.people()
        assert desk.folder.answered("2", 1.0)["done"]
        assert desk.core.state["strategies"]["enabled"][:3].tolist() == [1, 0, 0]


def test_only_one_at_a_time_is_on_its_way(found):
    """The second is told to wait; the first is not disturbed."""
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)
        order = {"verb": "add", "strategy": str(PLAIN), "person": "Ann", "reason": "a test"}
        desk.folder.ask("1", order)
        desk.folder.ask("2", order)
        desk.people()

        assert "on its way" in desk.folder.answered("2", 1.0)["text"]
        desk.newcomer.wait()
        desk.people()
        assert desk.folder.answered("1", 1.0)["done"]
        assert len(desk.prepared.strategies) == 2


def test_weights_that_do_not_know_the_newcomer_refuse_it(found):
    """An account with weights for its strategies has none for another."""
    weighed = found.model_copy(
        update={
            "portfolio": found.portfolio.model_copy(update={"weights": {"turns": {"XAUUSD": 0.5}}}),
            "sizing": found.sizing.model_copy(update={"method": "fixed_fraction"}),
        }
    )
    with opened(request(weighed, A)) as desk:
        on_tape(desk, ROWS)

        assert "gives no weight to plain_comer in XAUUSD" in refused(desk, PLAIN)


def started(wanted):
    """An account is started and stopped at once."""
    with opened(wanted):
        pass


def test_a_start_with_something_else_than_one_strategy_more_is_refused(found):
    """Other symbols, other bars, another order of strategies, other parameters."""
    with opened(request(found, A, PLAIN)) as desk:
        on_tape(desk, ROWS)

    with pytest.raises(TradewindError, match="was started with symbols"):
        started(replace(request(found, A, PLAIN), symbols=["US30"]))
    with pytest.raises(TradewindError, match="was started with bar"):
        started(replace(request(found, A, PLAIN, A), bar="M5"))
    with pytest.raises(TradewindError, match="was started with strategies"):
        started(request(found, PLAIN, A))
    with pytest.raises(TradewindError, match="was started with strategies"):
        started(request(found, Choice(A, {"distance": "7"}), PLAIN))
    started(request(found, A, PLAIN, A))


def test_a_strategy_added_by_a_person_goes_on_after_a_start_that_does_not_name_it(found):
    """A keeper that starts the trader again does not know of it, however often."""
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)
        assert added(desk, PLAIN)["done"]
    for _ in range(2):
        with opened(request(found, A)) as desk:
            assert [one.name for one in desk.prepared.strategies] == ["turns", "plain_comer"]
            assert desk.core.state["strategies"]["enabled"][:2].tolist() == [1, 1]


def test_its_file_has_to_be_what_it_was(found, tmp_path):
    """Gone or changed: the start says so, and the journal is not touched."""
    path = written(tmp_path, "mine.py", "def on_bar(state, bar, memory, params):\n    pass")
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)
        assert added(desk, path)["done"]
    text = path.read_text()

    path.write_text(text.replace("pass", "bar.close"))
    with pytest.raises(TradewindError, match="its text is another now"):
        started(request(found, A))
    path.unlink()
    with pytest.raises(TradewindError, match="is not there any more"):
        started(request(found, A))
    path.write_text(text)
    started(request(found, A))


def test_only_what_is_disabled_and_flat_may_be_left_out_and_its_place_stays(found):
    """The last one, at a start; it stays disabled and keeps its number."""
    with opened(request(found, A, PLAIN)) as desk:
        on_tape(desk, ROWS)
    with pytest.raises(TradewindError, match="plain_comer, which holds a position"):
        started(request(found, A))
    with opened(request(found, A, PLAIN)) as desk:
        desk.operate(DISABLE, strategy=1)
        on_tape(desk, ROWS + 300)
        flat = not desk.core.position(1, 0)
    assert flat
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS + 600)
        assert desk.core.state["strategies"]["enabled"][:2].tolist() == [1, 0]
        assert desk.prepared.strategies[1].name == "plain_comer"


def test_the_command_says_what_is_missing(found):
    """Which strategy, and a name that is none."""
    with opened(request(found, A)) as desk:
        on_tape(desk, 200)
    given = ["order-desk", "add", "--account", "test", "--data", str(found.data), "--wait", "0.1"]

    assert "Which strategy?" in str(CliRunner().invoke(app, given).exception)
    assert "There is no strategy file openin_range" in str(
        CliRunner().invoke(app, [*given, "--strategy", "openin_range"]).exception
    )


def test_a_twin_run_of_an_account_with_a_strategy_added_is_refused(found):
    """It follows the strategies of the first start alone; half of an account would be compared with the whole."""
    with opened(request(found, A)) as desk:
        on_tape(desk, ROWS)
        recording_of(desk.journal)
        assert added(desk, PLAIN)["done"]
        with pytest.raises(TradewindError, match="a twin run follows those of the start alone"):
            recording_of(desk.journal)
