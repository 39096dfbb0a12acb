"""An account's desk is opened: folder, journal, epoch; what is not the same as at the last start is refused."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tradewind.adapters.address import read_server
from tradewind.adapters.extras import module_of
from tradewind.adapters.journal import ChainedJournal, SqliteJournal
from tradewind.adapters.lease import Lease, Lock, lock_account
from tradewind.adapters.memory import DTYPES
from tradewind.broker import Capabilities
from tradewind.errors import TradewindError
from tradewind.live.desk import Desk
from tradewind.live.folder import Folder, account_folder
from tradewind.live.newcomer import taken_in
from tradewind.live.prepare import Prepared
from tradewind.live.roster import as_before, look_at_those_left_out, standing, with_those_added
from tradewind.settings import Settings
from tradewind.trading.executions import EXECUTION
from tradewind.trading.identity import new_tag

LAYOUTS: Mapping[str, np.dtype[Any]] = {**DTYPES, "executions": EXECUTION}
LEASE_S = 10.0
ON_A_SERVER = "journal-postgresql.watermark"
"""Lies in the folder of an account whose journal is on a server."""
TRADED_ALONE_WITHIN = 2.0
"""Seconds of the lease that must be left for a request to be begun."""
MUST_AGREE = ("symbols", "bar", "strategies", "profile")
"""What a replay of the journal depends on beside the code; strategies may be added behind those there are."""


def open_journal(
    settings: Settings, folder: Folder, *, readonly: bool = False, lock: Lock | None = None
) -> ChainedJournal:
    """Return the journal of the account, checked, from where the settings keep it.

    A journal on a server is written by whoever holds the `lock` of `lock_leader`; without one it takes its own.
    """
    if settings.ports.journal == "sqlite":
        if (folder.root / ON_A_SERVER).exists():
            raise _elsewhere(folder, "on a server of PostgreSQL", "this machine")
        return SqliteJournal.open(folder.journal, LAYOUTS, readonly=readonly)
    address = read_server(settings.ports.journal, "postgresql", settings.ports.secrets)
    if folder.journal.exists():
        raise _elsewhere(folder, f"in {folder.journal}", str(address))
    adapter = module_of("stack", "tradewind.adapters.postgres.journal")
    journal: ChainedJournal = adapter.PostgresJournal.open(
        address, folder.root, LAYOUTS, readonly=readonly, lease=lock, lease_s=LEASE_S
    )
    return journal


def _elsewhere(folder: Folder, there: str, here: str) -> TradewindError:
    return TradewindError(
        f"The journal of the account {folder.name} is {there}, not on {here}.",
        "Give another --account, or set [ports] journal as it was.",
    )


def lock_leader(settings: Settings, folder: Folder) -> Lock:
    """Return the lock on an account: on this machine, and where the journal is on a server for all machines."""
    lock = lock_account(folder.root, time.time_ns())
    if settings.ports.journal == "sqlite":
        return lock
    try:
        address = read_server(settings.ports.journal, "postgresql", settings.ports.secrets)
        adapter = module_of("stack", "tradewind.adapters.postgres.lease")
        lease: Lock = adapter.PostgresLease.take(address, folder.name, lock, ttl_s=LEASE_S)
    except BaseException:
        lock.release()
        raise
    return lease


def first_start(settings: Settings, folder: Folder) -> dict[str, Any] | None:
    """Return what the journal says of its first start, None where it has none."""
    if settings.ports.journal == "sqlite" and not folder.journal.is_file():
        return None
    with open_journal(settings, folder, readonly=True) as journal:
        found = journal.notes("start")
    return dict(found[0].document) if found else None


def open_account(
    prepared: Prepared,
    name: str,
    mode: str,
    capabilities: Capabilities | None = None,
    *,
    lock: Lock | None = None,
    **options: Any,
) -> tuple[Desk, ChainedJournal]:
    """Return the desk of an account, recovered, and its journal; the caller begins it, and keeps the `lock`.

    Raises TradewindError where another process runs it, where the journal is damaged, and where it was written for
    other strategies, instruments or another mode.
    """
    folder = account_folder(Path(prepared.request.settings.data), name)
    folder.begins()
    journal = open_journal(prepared.request.settings, folder, lock=lock)
    try:
        asked, before = len(prepared.strategies), standing(journal)
        whole = traded = prepared
        if before is not None:
            whole = with_those_added(prepared, before)
            traded = as_before(whole, before)
        tag = new_tag(Random(os.urandom(8))) if before is None else before["tag"]  # noqa: S311 - a name, no secret
        document = traded.start_document() | {"mode": mode, "tag": tag, "asked": asked}
        if before is not None:
            _agree(before, document, folder)
        epoch = journal.position.epoch + 1
        desk = Desk(traded, folder, journal, tag=tag, epoch=epoch, capabilities=capabilities, **options)
        desk.start_document = document
        if before is not None:
            look_at_those_left_out(desk, before, asked)
        if whole is not traded:
            taken_in(desk, whole, journal)
    except BaseException:
        journal.close()
        raise
    return desk, journal


def open_leading(
    prepared: Prepared, account: str, mode: str, capabilities: Capabilities | None
) -> tuple[Desk, ChainedJournal, Lease]:
    """Return the desk of an account that this process alone leads."""
    folder = account_folder(Path(prepared.request.settings.data), account)
    folder.make()
    settings = prepared.request.settings
    lock = lock_leader(settings, folder)
    try:
        desk, journal = open_account(
            prepared, account, mode, capabilities, lock=lock, currency=settings.account.currency
        )
        lateness = 0.0 if capabilities is None else capabilities.lateness_s
        lease = Lease.take(journal, account, LEASE_S, lock=lock, lateness_s=lateness)
    except BaseException:
        lock.release()
        raise
    desk.epoch = lease.epoch
    return desk, journal, lease


def _agree(before: Mapping[str, Any], now: Mapping[str, Any], folder: Folder) -> None:
    """What the journal was written for is what is asked for now."""
    if before["mode"] != now["mode"]:
        raise TradewindError(
            f"The account {folder.name} was used for {before['mode']} trading, not {now['mode']}.",
            "Give another --account.",
        )
    for name in MUST_AGREE:
        if before[name] != now[name]:
            raise TradewindError(
                f"The account {folder.name} was started with {name} {_short(before[name])}, not {_short(now[name])}.",
                "Give another --account, or start it as before.",
            )


def _short(value: Any) -> str:
    """Return a setting in a few words."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ", ".join(
            f"{Path(one['file']).stem} {one['digest'][:8]} {one['parameters'] or ''}".strip() for one in value
        )
    if isinstance(value, dict):
        return (
            ", ".join(str(key) for key in value) if "digest" not in value else f"{value['name']} {value['digest'][:8]}"
        )
    return str(value)


def now_ns() -> int:
    """Return the wall clock, ns UTC."""
    return time.time_ns()
