"""The tables show what the kernel knew, however the journal came to them."""

from random import Random

import pytest
from stored import asked, everything, tables_at

from tradewind.adapters.projection import MissingCommits, project, project_all, projected, wipe
from tradewind.kernel.orders import STATUSES

ACCOUNT = "busy"


def test_the_tables_show_the_kernels_orders_positions_and_trades(where, busy):
    """Every tenth time and at the end, orders that live are those of the kernel, to the tick and step."""
    done = 0
    with tables_at(where) as connection:
        for moment in [*busy.moments[9::10], busy.moments[-1]]:
            project_all(connection, ACCOUNT, busy.commits[done : moment.commit])
            done = moment.commit
            ours = asked(
                connection,
                "SELECT number, status, side, quantity, filled, price, trigger, parent FROM trading.orders AS one"
                " WHERE living AND version = (SELECT min(version) FROM trading.orders AS other WHERE other.living"
                " AND other.account = one.account AND other.number = one.number) ORDER BY number",
            )
            names = ("side", "quantity", "filled", "price", "trigger", "parent")
            theirs = [
                (int(row["id"]), STATUSES[row["status"]], *(int(row[name]) for name in names)) for row in moment.orders
            ]
            held = asked(connection, "SELECT strategy, instrument, quantity, cost FROM trading.positions")
            assert sorted(ours) == sorted(theirs)
            kernel = {key: value for key, value in moment.positions.items() if value[0]}
            assert {(s, i): (quantity, cost) for s, i, quantity, cost in held if quantity} == kernel
        trades = asked(connection, "SELECT number, gross, commission, closed_ns FROM trading.trades ORDER BY number")

    rows = busy.journal.read("trades")
    assert len(rows) > 300
    assert trades == [tuple(int(row[name]) for name in ("number", "gross", "commission", "closed_at")) for row in rows]


def test_every_fill_and_every_wish_is_there_once(where, busy):
    """As many fills as events say, as many signals as commands, and the money of the last sample."""
    with tables_at(where) as connection:
        project_all(connection, ACCOUNT, busy.commits)
        (fills,) = asked(connection, "SELECT count(*), sum(quantity * side), sum(commission) FROM trading.fills")
        (signals,) = asked(connection, "SELECT count(*) FROM analytics.signals")
        (account,) = asked(connection, "SELECT epoch, balance, equity, mode, profile FROM trading.accounts")
        named = asked(connection, "SELECT number, name FROM trading.strategies ORDER BY number")

    events, sample = busy.journal.read("events"), busy.journal.read("samples")[-1]
    filled = events[events["kind"] == 18]
    assert tuple(map(int, fills)) == (
        len(filled), int((filled["quantity"] * filled["side"]).sum()), int(filled["amount"].sum())
    )  # fmt: skip
    assert signals == (len(busy.journal.read("commands")),)
    assert account == (2, int(sample["balance"]), int(sample["equity"]), "paper", "metatrader")
    assert named == [(0, "busy"), (1, "busy#2")]


def test_a_journal_that_comes_twice_in_pieces_or_after_a_wipe_gives_the_same_rows(where, busy):
    """Repeats, any split of the commits, and another beginning leave every row as it was, keys included."""
    part, chance = busy.commits[:30], Random(5)
    with tables_at(where) as connection:
        project_all(connection, ACCOUNT, part)
        once = everything(connection)
        for number, content in part:
            assert project(connection, ACCOUNT, number, content) == 0
        assert everything(connection) == once
        wipe(connection, ACCOUNT)
        assert not any(everything(connection).values())
        place = 0
        while place < len(part):
            size = chance.randint(1, 6)
            project_all(connection, ACCOUNT, part[max(0, place - 3) : place + size])
            place += size
        assert everything(connection) == once
        assert projected(connection, ACCOUNT) == 30


def test_rows_of_a_log_may_come_in_any_number_of_parts(where, busy):
    """A commit whose rows come one by one gives the same as one whose rows come together."""
    number, content = 4, busy.commits[3][1]
    single = [(log, rows[at : at + 1]) for log, rows in content for at in range(len(rows))]
    with tables_at(where) as connection:
        project_all(connection, ACCOUNT, busy.commits[:4])
        once = everything(connection)
        wipe(connection, ACCOUNT)
        project_all(connection, ACCOUNT, busy.commits[:3])
        project(connection, ACCOUNT, number, single)

        assert len(single) > 100
        assert everything(connection) == once


def test_a_commit_that_was_left_out_is_noticed(where, busy):
    """What follows a missing commit is refused, and nothing is written."""
    with tables_at(where) as connection:
        project(connection, ACCOUNT, *busy.commits[0])
        before = everything(connection)
        with pytest.raises(MissingCommits, match=r"Commit 3 .* 2 is next"):
            project(connection, ACCOUNT, *busy.commits[2])
        assert everything(connection) == before


def test_a_transaction_that_is_undone_leaves_the_commit_to_be_projected_again(where, busy):
    """Rows and watermark are one transaction of the caller's."""
    with tables_at(where) as connection:
        project(connection, ACCOUNT, *busy.commits[0])
        connection.commit()
        project(connection, ACCOUNT, *busy.commits[1])
        connection.rollback()

        assert projected(connection, ACCOUNT) == 1
        assert project(connection, ACCOUNT, *busy.commits[1]) > 0
