"""The reference data that the package ships, as rows: the same package gives the same rows, keys included.

Rows are added and brought up to date, never taken out: an account may still point at what an older Tradewind shipped.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from tradewind.adapters.uuid7 import uuid7
from tradewind.markets.instruments import Instrument, Profile
from tradewind.markets.loading import SHIPPED, load_profile
from tradewind.markets.sessions import End, session_rules

Row = dict[str, Any]
KEYS = {
    "trading.broker_profiles": ("name",),
    "trading.instruments": ("profile", "symbol", "valid_from"),
    "trading.sessions": ("number",),
}
OF_ITS_OWN = (
    "broker_symbol", "asset_class", "base_currency", "quote_currency", "margin_currency", "contract_size", "digits",
    "tick_size", "volume_min", "volume_max", "volume_step", "session_template", "holiday_group",
)  # fmt: skip
"""Fields of an instrument that are columns; all others stand together in `declared`."""


def refresh(connection: Any) -> int:
    """The tables have what the package ships, in the transaction under way; return how many rows that is."""
    count = 0
    for table, row in rows():
        names = list(row)
        changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("id", *KEYS[table]))
        statement = (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608 - our own names
            f" ON CONFLICT ({', '.join(KEYS[table])}) DO UPDATE SET {changed}"
        )
        connection.execute(text(statement), row)
        count += 1
    return count


def rows() -> Iterator[tuple[str, Row]]:
    """Yield every row with its table, in an order in which they can be written."""
    profiles = [load_profile(name) for name in SHIPPED]
    for profile in profiles:
        yield "trading.broker_profiles", _profile(profile)
    for profile in profiles:
        for instrument in profile.rows:
            yield "trading.instruments", _instrument(profile, instrument)
    for rule in session_rules():
        yield "trading.sessions", {
            "id": _key(f"session {rule.name}"), "number": rule.number, "name": rule.name, "cash_venue": rule.venue,
            **_end("opens", rule.opens), **_end("closes", rule.closes),
        }  # fmt: skip


def _profile(profile: Profile) -> Row:
    return {
        "id": _key(f"profile {profile.name}"),
        "name": profile.name,
        "server_clock": profile.server_clock,
        "margin_call_level": str(profile.margin_call_level),
        "stop_out_level": str(profile.stop_out_level),
        "negative_balance_protection": profile.negative_balance_protection,
    }


def _instrument(profile: Profile, instrument: Instrument) -> Row:
    told = instrument.model_dump(mode="json")
    own = {name: told.pop(name) for name in OF_ITS_OWN}
    known = {name: told.pop(name) for name in ("symbol", "valid_from", "valid_to")}
    key = f"instrument {profile.name} {instrument.symbol} {instrument.valid_from}"
    begins = datetime(*instrument.valid_from.timetuple()[:3], tzinfo=UTC)
    ns = round(begins.timestamp()) * 1_000_000_000
    declared = json.dumps(told, sort_keys=True, default=str)
    return {"id": _key(key, ns), "profile": profile.name, **known, **own, "declared": declared}


def _end(name: str, end: End | None) -> Row:
    known = end is not None and end.zone
    return {
        f"{name}_zone": end.zone if end is not None and known else None,
        f"{name}_minute": end.minute if end is not None and known else None,
        f"{name}_days": end.days if end is not None and known else None,
    }


def _key(of: str, ns: int = 0) -> str:
    return str(uuid7(of, ns))
