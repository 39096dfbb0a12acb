"""Whether a database is as it should be, line by line; each line that is not says what to do."""

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text

from tradewind.databases.migrating import newest, standing_of, version_of
from tradewind.databases.opening import opened
from tradewind.databases.places import Place
from tradewind.databases.rights import LETTERS, SERVICES, group_of, rights, tables_of
from tradewind.errors import TradewindError

SKEW_S = 1.0
FREE = 0.05
TO_DO = {
    "missing": "Run `tradewind db init`.",
    "older": "Run `tradewind db migrate`.",
    "newer": "Update Tradewind: it does not know this version.",
}


class Finding(NamedTuple):
    """One line: what was looked at, what was found, and what to do where that is not good."""

    what: str
    found: str
    todo: str = ""

    @property
    def good(self) -> bool:
        """Whether there is nothing to do."""
        return not self.todo


def look(place: Place) -> list[Finding]:
    """Return what there is to say of a database; one that cannot be reached is one line."""
    try:
        with opened(place.where) as connection:
            found = [_server(connection), _version(place.tree, connection)]
            if not found[1].good and found[1].todo == TO_DO["missing"]:
                return found
            if connection.dialect.name == "postgresql":
                found += [
                    _extension(place.tree, connection),
                    _roles(connection),
                    _rights(place.tree, connection),
                    _partitions(place.tree, connection),
                    _clock(connection),
                    _durable(connection),
                ]
            return [*found, _disk(connection, place)]
    except TradewindError as error:
        return [Finding("server", error.message, error.hint or "See the message.")]


def _server(connection: Any) -> Finding:
    if connection.dialect.name == "sqlite":
        return Finding("server", f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}, a file")
    number = int(connection.scalar(text("SHOW server_version_num")))
    told = f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"
    return Finding("server", told, "" if number >= 140_000 else "PostgreSQL 14 or later is needed: update it.")


def _version(tree: str, connection: Any) -> Finding:
    standing = standing_of(tree, connection)
    told = f"{version_of(tree, connection) or 'none'}, newest is {newest(tree)}"
    return Finding("tables", told if standing != "current" else f"{newest(tree)}, the newest", TO_DO.get(standing, ""))


def _extension(tree: str, connection: Any) -> Finding:
    found = connection.scalar(text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"))
    if found:
        return Finding("extension", f"TimescaleDB {found}")
    return Finding("extension", "none: plain PostgreSQL, partitions by month" if tree == "market" else "none needed")


def _roles(connection: Any) -> Finding:
    there = {str(one) for one in connection.scalars(text("SELECT rolname FROM pg_roles"))}
    users = [one for one in SERVICES if one in there]
    missing = [group_of(one) for one in SERVICES if group_of(one) not in there]
    told = f"{len(SERVICES) - len(missing)} of {len(SERVICES)} roles; users: {', '.join(users) or 'none'}"
    return Finding("roles", told, "Run `tradewind db migrate` as a user that may make roles." if missing else "")


def _rights(tree: str, connection: Any) -> Finding:
    """Every right is as the table says, none more and none less, as the server itself answers."""
    there = {str(one) for one in connection.scalars(text("SELECT rolname FROM pg_roles"))}
    wrong = []
    query = text("SELECT has_table_privilege(:role, CAST(:name AS text), :word)")
    for table in tables_of(connection, tree):
        may = rights().get(table, {})
        for role in (group_of(one) for one in SERVICES if group_of(one) in there):
            for letter, word in LETTERS.items():
                has = bool(connection.scalar(query, {"role": role, "name": table, "word": word}))
                if has != (letter in may.get(role.removeprefix("tradewind_"), "")):
                    wrong.append(f"{role} {'may' if has else 'may not'} {word.lower()} {table}")
    told = "as they should be" if not wrong else f"{len(wrong)} differ, such as: {wrong[0]}"
    return Finding("rights", told, "Run `tradewind db migrate` as the owner of the tables." if wrong else "")


def _partitions(tree: str, connection: Any) -> Finding:
    query = text(
        "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = :schema AND c.relispartition AND c.relkind = 'r'"
    )
    count = int(connection.scalar(query, {"schema": tree}))
    return Finding("partitions", f"{count}" if count else "none")


def _clock(connection: Any) -> Finding:
    before = time.time()
    theirs = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")))
    after = time.time()
    skew = 0.0 if before <= theirs <= after else min(theirs - before, theirs - after, key=abs)
    zone = str(connection.scalar(text("SHOW timezone")))
    todo = "" if abs(skew) <= SKEW_S else "Set both clocks by NTP: leases and times of fills depend on them."
    return Finding("clock", f"{skew:+.3f} s from ours, in {zone}", todo)


def _durable(connection: Any) -> Finding:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    off = [one for one in names if connection.scalar(text(f"SHOW {one}")) == "off"]
    told = "commits survive a loss of power" if not off else f"{', '.join(off)} is off"
    return Finding("commits", told, "Switch it on: a commit may be lost without it." if off else "")


def _disk(connection: Any, place: Place) -> Finding:
    """How large it is, and how much room is left where that can be seen from here."""
    if isinstance(place.where, Path):
        size, folder = place.where.stat().st_size, str(place.where.resolve().parent)
    else:
        size = int(connection.scalar(text("SELECT pg_database_size(current_database())")))
        may = connection.scalar(text("SELECT pg_has_role(current_user, 'pg_read_all_settings', 'member')"))
        folder = str(connection.scalar(text("SHOW data_directory"))) if may else ""
    told = f"{size / 1e6:,.0f} MB"
    try:
        room = shutil.disk_usage(folder)
    except OSError:
        return Finding("disk", f"{told}; free space cannot be seen from here")
    share = room.free / room.total
    return Finding("disk", f"{told}; {share:.0%} of the disk is free", "Make room." if share < FREE else "")
