"""Orders at brokers that fail, with desks that are killed: the tables show what a replay of the journal gives."""

import sys
from pathlib import Path

import pytest
from stored import asked, tables_at

from tradewind.adapters.projection import project_all
from tradewind.kernel.orders import STATUSES
from tradewind.kernel.records import FILLED, INSTRUMENTS
from tradewind.trading.executions import text_of

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "simulation" / "live"), str(TESTS / "kernel")]

from campaign import world_of  # noqa: E402  after the path
from virtual_desk import TAG, recovered  # noqa: E402  after the path


def commits_of(world):
    """Return what the world's disk holds as numbered commits; its starts say whose desk it is, as real ones do."""
    for number, batch in enumerate(world.disk.commits, 1):
        yield number, [(log, {"tag": TAG, **one} if log == "notes" else one) for log, one in batch]


def compare(connection, world, account):
    """Return what differs between the tables and a replay, after the world's journal was projected."""
    project_all(connection, account, commits_of(world))
    core = world.workshop.core(world.seed)
    book = recovered(world.disk, core, whole=True)
    living = {int(row["id"]): row for row in core.living()}
    ours = asked(
        connection,
        "SELECT number, status, side, quantity, filled, price, trigger FROM trading.orders AS one"  # noqa: S608  words of ours
        " WHERE living AND version = (SELECT min(version) FROM trading.orders AS other WHERE other.living"
        f" AND other.account = one.account AND other.number = one.number) AND account = '{account}'",
    )
    names = ("side", "quantity", "filled", "price", "trigger")
    theirs = [(one, STATUSES[row["status"]], *(int(row[name]) for name in names)) for one, row in living.items()]
    ids = asked(connection, f"SELECT number, client_id FROM trading.orders WHERE living AND account = '{account}'")  # noqa: S608  words of ours
    wanted = {(one, ticket.id) for one, ticket in book.tickets.items() if one in living}
    fills = asked(connection, f"SELECT execution FROM trading.fills WHERE account = '{account}'")  # noqa: S608  words of ours
    executions = [row for rows in world.disk.log("executions") for row in rows if row["kind"] == FILLED]
    held = asked(connection, f"SELECT quantity, cost FROM trading.positions WHERE account = '{account}'")  # noqa: S608  words of ours
    position = core.state["positions"][0 * INSTRUMENTS]
    world.workshop.give_back(core)
    kernel = (int(position["quantity"]), int(position["cost"]))
    return {
        "orders": sorted(ours) == sorted(theirs),
        "ids": wanted <= set(ids),
        "fills": sorted(one for (one,) in fills) == sorted(text_of(row["execution"]) for row in executions),
        "position": ([one for one in held if one[0]] or [(0, 0)]) == [kernel if kernel[0] else (0, 0)],
    }, len(executions)


def run(where, seeds):
    """Every seed's journal is an account in one file, and nothing of it differs."""
    wrong, count = {}, 0
    with tables_at(where) as connection:
        for seed in seeds:
            world = world_of(seed).run()
            same, fills = compare(connection, world, f"seed {seed}")
            world.close()
            count += fills
            if not all(same.values()):
                wrong[seed] = [name for name, good in same.items() if not good]

    assert not wrong
    return count


def test_two_hundred_worlds_of_faults_and_kills_are_in_the_tables_as_a_replay_gives_them(tmp_path):
    """Living orders to the tick, the ids they have at the broker, fills by the broker's ids, positions."""
    assert run(tmp_path / "tables.sqlite", range(50_000, 50_200)) > 150


def test_a_world_is_in_a_servers_tables_too(place):
    """The same on PostgreSQL."""
    assert run(place(), range(60_000, 60_015)) > 2


@pytest.mark.soak
def test_three_thousand_worlds_are_in_the_tables_as_a_replay_gives_them(tmp_path):
    """The same, longer."""
    run(tmp_path / "tables.sqlite", range(70_000, 73_000))
