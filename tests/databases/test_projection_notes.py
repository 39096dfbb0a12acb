"""Notes, strangers' fills and heartbeats find their tables, whatever stands in them; and rights suffice for it."""

import json
from uuid import UUID

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stored import asked, tables_at

from tradewind.adapters.projection import beat, project, project_all, wipe
from tradewind.adapters.projection.picture import KEYS, Picture
from tradewind.adapters.projection.taking import take
from tradewind.adapters.uuid7 import uuid7
from tradewind.databases.rights import group_of
from tradewind.kernel.records import COMMAND, FILLED, PLACE
from tradewind.trading.executions import EXECUTION

START = {
    "kind": "start", "epoch": 3, "ts": 1_700_000_000_000_000_000, "tag": "K7QD", "mode": "live",
    "symbols": ["XAUUSD", "NOSUCH"], "profile": {"name": "oanda", "digest": "d"},
    "strategies": [{"file": "/s/turns.py", "digest": "a", "parameters": {"x": 1}}] * 2,
    "settings": {"account": {"currency": "EUR"}},
}  # fmt: skip
NOTES = [
    START,
    {"kind": "alert", "about": "refusals", "level": "warning", "text": "the broker's \x00 words \ud800", "ts": 5},
    # As the trader writes differences: the kind of the difference is the kind of the note.
    {"kind": "position larger", "instrument": 0, "order": 7, "broker": "p4", "ours": 2, "theirs": 3, "id": "", "ts": 6},
    {"kind": "balance", "ours": 10, "theirs": 12, "ts": 7},
    {"kind": "missed", "minutes": 3, "filled": 2, "refused": [], "ts": 8},
    {"kind": "order of a person", "order": {"person": "ada", "verb": "flatten"}, "done": True, "text": "done"},
    {"kind": "read up to", "sequence": "77"},
    {"kind": "somebody's own", "value": float("nan"), "deep": [{"x\x00": float("inf")}]},
]


def test_each_kind_of_note_stands_in_its_table(where):
    """Numbered by its place among the notes; words of others lose what no text may hold."""
    with tables_at(where) as connection:
        project(connection, "gold", 1, [("notes", one) for one in NOTES])
        account = asked(connection, "SELECT name, mode, tag, profile, currency, epoch FROM trading.accounts")
        alerts = asked(connection, "SELECT number, about, level, text, at_ns FROM monitoring.alerts")
        found = asked(connection, "SELECT number, kind, ours, theirs FROM monitoring.reconciliations ORDER BY number")
        quality = asked(connection, "SELECT number, kind FROM monitoring.data_quality")
        audit = asked(connection, "SELECT number, kind, person FROM monitoring.audit ORDER BY number")
        names = asked(connection, "SELECT name FROM trading.strategies ORDER BY number")
        known = asked(
            connection,
            "SELECT one.symbol, shipped.symbol FROM trading.account_instruments AS one"
            " LEFT JOIN trading.instruments AS shipped ON shipped.id = one.instrument ORDER BY one.number",
        )

    assert account == [("gold", "live", "K7QD", "oanda", "EUR", 3)]
    assert alerts == [(2, "refusals", "warning", "the broker's \ufffd words ?", 5)]
    assert found == [(3, "position larger", 2, 3), (4, "balance", 10, 12)]
    assert quality == [(5, "missed")]
    assert audit == [(1, "start", ""), (6, "order of a person", "ada"), (8, "somebody's own", "")]
    assert names == [("turns",), ("turns#2",)]
    assert known == [("XAUUSD", "XAUUSD"), ("NOSUCH", None)]


def execution(**fields):
    """Return a row of the log of executions."""
    row = np.zeros(1, EXECUTION)
    for name, value in fields.items():
        row[name] = value
    return row


def test_a_strangers_fill_is_kept_and_is_not_ours(where):
    """It has a row of its own and changes no position."""
    stranger = execution(kind=FILLED, strategy=-1, quantity=2, price=9, side=1, execution=b"x1", position=b"p9")
    with tables_at(where) as connection:
        project(connection, "gold", 1, [("notes", START), ("executions", stranger)])
        fills = asked(connection, "SELECT execution, ours, quantity, broker_position, strategy FROM trading.fills")
        held = asked(connection, "SELECT * FROM trading.positions")

    assert [(one[0], bool(one[1]), *one[2:]) for one in fills] == [("x1", False, 2, "p9", None)]
    assert held == []


def test_an_order_has_the_id_it_was_sent_under_also_after_a_restart(where):
    """The epoch in force when it was decided is part of it."""
    command = np.zeros(1, COMMAND)
    for name, value in {"kind": PLACE, "order": 5, "stop_order": 6, "quantity": 2, "side": 1, "type": 1}.items():
        command[name] = value
    later = command.copy()
    later["order"], later["stop_order"] = 8, 0
    with tables_at(where) as connection:
        project(connection, "gold", 1, [("notes", START), ("commands", command)])
        project(connection, "gold", 2, [("notes", {**START, "epoch": 4}), ("commands", later)])
        ids = asked(connection, "SELECT client_id, role, living FROM trading.orders ORDER BY number")

    assert [one[:2] for one in ids] == [
        ("TWK7QD-3-0-5-E0", "entry"), ("TWK7QD-3-0-6-S0", "stop-loss"), ("TWK7QD-4-0-8-E0", "entry")
    ]  # fmt: skip


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = ("start", "alert", "balance", "missed", "bars differ", "order of a person", "read up to", "other")
WORDS = (
    "symbols",
    "strategies",
    "settings",
    "profile",
    "tag",
    "mode",
    "epoch",
    "ts",
    "order",
    "ours",
    "theirs",
    "broker",
    "instrument",
    "about",
    "level",
    "text",
    "id",
)


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(WORDS), JSON, max_size=8)), max_size=5)
)
def test_no_note_can_stop_a_journal(notes):
    """Whatever stands in it, a note becomes rows of values a database takes."""
    picture = Picture("gold")
    take(picture, 1, [("notes", {**one, "kind": kind}) for kind, one in notes])

    for row in (row for table in picture.changes.values() for row in table.values()):
        for value in row.values():
            assert type(value) in (str, int, bool, type(None))
            assert "\x00" not in str(value)
            assert type(value) is not int or -(2**63) <= value < 2**63


def test_heartbeats_are_the_latest_of_each_source(where):
    """An older beat that comes late changes nothing."""
    status = {"account": "gold", "pid": 7, "mode": "live", "ready": True, "kill": 0, "reasons": {}}
    with tables_at(where) as connection:
        beat(connection, "trader gold", status, 2_000)
        beat(connection, "trader gold", {**status, "kill": 2, "ready": False}, 3_000)
        beat(connection, "trader gold", status, 2_500)
        found = asked(
            connection, "SELECT source, account, pid, ready, kill_level, beat_ns, beat FROM monitoring.heartbeats"
        )

    ((source, account, pid, ready, kill, ns, told),) = found
    assert (source, account, pid, bool(ready), kill, ns) == ("trader gold", "gold", 7, False, 2, 3_000)
    assert (json.loads(told) if isinstance(told, str) else told)["kill"] == 2


def test_the_recorders_rights_are_enough_to_project_and_no_other_services_are(place, busy):
    """What the recorder has to do it may do; wiping is for the owner."""
    address = place()
    with tables_at(address) as owner:
        owner.execute(f"SET ROLE {group_of('recorder')}")
        project_all(owner, "busy", busy.commits[:5])
        beat(owner, "recorder", {"pid": 1}, 5)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
            wipe(owner, "busy")
        for service in ("feed", "trader", "api", "backup"):
            owner.execute(f"SET ROLE {group_of(service)}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
                project_all(owner, "busy", busy.commits[:6])
        owner.execute("RESET ROLE")
        wipe(owner, "busy")
        assert not asked(owner, "SELECT * FROM trading.orders")


def test_keys_are_of_version_seven_sort_by_time_and_follow_from_what_they_are_of():
    """RFC 9562, 5.7: the bits of version and variant, the milliseconds in front."""
    moments = [0, 1, 250_000, 999_999, 1_000_000, 1_700_000_000_000_000_000, (2**48 - 1) * 1_000_000]
    keys = [uuid7("same", ns) for ns in moments]

    assert all((key.version, key.variant) == (7, "specified in RFC 4122") for key in keys)
    assert keys == sorted(keys)
    assert [key.int >> 80 for key in keys] == [ns // 1_000_000 for ns in moments]
    assert uuid7("one", 5) == uuid7("one", 5) != uuid7("other", 5)
    assert len({uuid7() for _ in range(1000)}) == 1000
    assert uuid7("x", -5).int >> 80 == 0
    # The RFC's own example has these milliseconds (appendix A.6: 2022-02-22 14:22:22 -05:00).
    assert str(uuid7("x", 1_645_557_742_000_000_000)).startswith("017f22e2-79b0-7")
    with pytest.raises(ValueError, match="beyond"):
        uuid7("x", 2**48 * 1_000_000)


def test_rows_of_all_tables_have_such_keys(where, busy):
    """And no two the same."""
    with tables_at(where) as connection:
        project_all(connection, "busy", busy.commits[:4])
        keys = [UUID(str(one)) for table in KEYS for (one,) in asked(connection, "SELECT id FROM " + table)]  # noqa: S608  names of ours

    assert len(keys) == len(set(keys)) > 100
    assert {key.version for key in keys} == {7}
