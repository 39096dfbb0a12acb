"""What somebody should know: alerts of traders, what the gate did to the account, what people ordered, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.errors import TradewindError
from tradewind.kernel.refusals import REASONS
from tradewind.kernel.rows import (
    COOL,
    DISABLE_STRATEGY,
    FLATTEN,
    HALT_ENTRIES,
    KILL,
    LATCH,
    NEW_LIMITS,
    PLACE_STOP,
    REARM,
    RELEASE,
    RISK_ACTIONS,
)
from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.views.heart import folder_of
from tradewind.views.past import Past, past_of

CRITICAL, WARNING, INFO = "critical", "warning", "info"
LEVELS: Mapping[int, str] = {
    FLATTEN: CRITICAL, HALT_ENTRIES: CRITICAL, LATCH: CRITICAL, KILL: CRITICAL, DISABLE_STRATEGY: CRITICAL,
    PLACE_STOP: WARNING, COOL: WARNING, NEW_LIMITS: INFO, REARM: INFO, RELEASE: INFO,
}  # fmt: skip
"""What the gate does that people hear of."""
LOOKED = 5_000
"""The newest rows and notes of an account that are looked through."""


def alerts(
    settings: Settings, account: str | None = None, limit: int = 50, before: str | None = None
) -> list[dict[str, Any]]:
    """Return alerts of one account or of all, newest first, at most `limit`, those before the key of one if given."""
    names = account_names(settings.data) if account is None else [folder_of(settings.data, account).name]
    found = [one for name in names for one in _of(settings, name)]
    found.sort(key=lambda one: str(one["key"]), reverse=True)
    return [one for one in found if before is None or one["key"] < before][:limit]


def _of(settings: Settings, name: str) -> Sequence[dict[str, Any]]:
    try:
        past = past_of(settings, folder_of(settings.data, name))
    except TradewindError as error:  # a journal that cannot be read is what somebody should know
        return [_alert(name, 2**62, "journal", (CRITICAL, "journal", error.message))]
    if past is None:
        return []
    with past.lock:
        return [*_notes(past, name), *_actions(past, name)]


def _alert(account: str, ts: int, source: str, what: tuple[str, str, str], number: int = 0) -> dict[str, Any]:
    level, about, text = what
    return {
        "key": f"{ts:019d}.{account}.{source}.{number:09d}",
        "ts": ts,
        "account": account,
        "level": level,
        "about": about,
        "text": text,
    }


def _notes(past: Past, name: str) -> list[dict[str, Any]]:
    return [one for one in (of_note(note, name) for note in past.notes[-LOOKED:]) if one is not None]


def of_note(note: Any, name: str) -> dict[str, Any] | None:
    """Return what a note of an account's journal alerts of, None where it is nothing."""
    told, what = note.document, None
    if note.kind == "alert":
        what = (str(told.get("level", WARNING)), str(told.get("about", "")), str(told.get("text", "")))
    elif note.kind == "order of a person":
        order, done = told.get("order", {}), told.get("done") is True
        who = f"{order['person']}: " if order.get("person") else ""
        what = (INFO if done else WARNING, f"order {order.get('verb', '')}", f"{who}{told.get('text', '')}")
    elif note.kind == "start":
        what = (INFO, "start", f"{told.get('mode', '')} was started, epoch {told.get('epoch', '')}.")
    return None if what is None else _alert(name, int(told.get("ts") or note.ts), "note", what, note.number)


def _actions(past: Past, name: str) -> list[dict[str, Any]]:
    rows = past.log("risk")
    first = max(0, len(rows) - LOOKED)
    return of_actions(rows[first:], first, past.facts.run.symbols if past.facts else [], name)


def of_actions(rows: Any, first: int, symbols: Sequence[str], name: str) -> list[dict[str, Any]]:
    """Return what rows of a risk log, the first of which is its row `first`, alert of."""
    found = []
    for place, row in enumerate(rows, first):
        level = LEVELS.get(int(row["action"]))
        if level is None:
            continue
        rule, sentence = REASONS.get(int(row["rule"]), ("", ""))
        about = symbols[int(row["instrument"])] if 0 <= row["instrument"] < len(symbols) else ""
        text = " ".join(word for word in (f"{RISK_ACTIONS[int(row['action'])]}:", about, sentence) if word)
        found.append(_alert(name, int(row["ts"]), "gate", (level, rule, text), place))
    return found
