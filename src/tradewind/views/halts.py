"""What has stopped an account from opening anything: which rule, how far it was broken, since when, and the way back.

Everything is read from the last heartbeat and the limits in force, so it is as old as that. Whether re-arming would
help is worked out, not hoped: a floor that equity is still below breaks again as soon as anything is opened.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tradewind import money
from tradewind.live.folder import Folder
from tradewind.risk.limits import (
    BREACH_ON_BALANCE,
    DAILY,
    INTERNAL,
    LATCH,
    NEVER,
    NO_ENTRIES,
    NO_HIGHEST,
    RESETS,
    SEVERITIES,
    TERMINATE,
    Limits,
    LossRule,
)
from tradewind.views.heart import Heart
from tradewind.views.limits import written
from tradewind.watchdog.killfile import MEANINGS

ITSELF, PERSON, NOBODY = "by itself", "by a person", "never"
OF_FLOORS = ("daily soft loss", "daily hard loss", "weekly loss", "static drawdown", "trailing drawdown",
             "firm's floor")  # fmt: skip
"""Causes of a kill level that a broken loss rule explains."""


class Halt(NamedTuple):
    """One thing that lets nothing be opened."""

    rule: str
    """Of the risk rules by its name, or "kill switch"."""
    control: str
    value: str
    """The limit as a person writes it; empty for the kill switch."""
    does: str
    """no entries, halt, latch, terminate, or kill."""
    since: int | None
    """By the account's own time, ns UTC; None where that is not known."""
    limit: float | None
    """What may be lost; None where the rule's base is another one by now, or it is no loss rule."""
    lost: float | None
    """What had been lost when it broke, from the same base."""
    equity: float | None
    """What the account was worth when it broke."""
    floor: float | None
    """Below which it may not be worth now."""
    ends: str
    """by itself, by a person, or never."""
    at: int | None
    """When it ends by itself, ns UTC; None where a person ends it or the moment is not known."""
    again: bool
    """Whether the first trade would break it again if somebody re-armed now."""
    todo: str


def halts_of(folder: Folder, heart: Heart, limits: Limits | None) -> list[Halt]:
    """Return what stops the account, the gravest first; nothing where nothing does."""
    broken = [] if limits is None else list(_broken(limits, heart))
    broken.sort(key=lambda one: -SEVERITIES.index(one.does))
    latched = any(one.does in ("latch", "terminate") for one in broken)
    return [*_killed(folder, heart, explained=latched), *broken]


def _broken(limits: Limits, heart: Heart) -> Iterator[Halt]:
    floors = heart.told.get("risk", {}).get("floors", {})
    for rule in limits.loss_rules:
        row = floors.get(rule.name)
        if row and row["breached"] and rule.severity >= NO_ENTRIES:
            yield _halt(limits, rule, row, heart)


def _halt(limits: Limits, rule: LossRule, row: Mapping[str, Any], heart: Heart) -> Halt:
    told = heart.told.get("risk", {})
    base = max(row["highest"], limits.capital) if rule.highest_source != NO_HIGHEST else row["measured_from"]
    same = rule.resets == NEVER or row["breached_at"] >= told.get("day_opens", 0)
    worth = heart.told.get("balance" if rule.breach_on == BREACH_ON_BALANCE else "equity")
    again = isinstance(worth, int) and worth < row["trips"]
    amounts = [
        float(money.amount(one, limits.currency))
        for one in (base - row["floor"], base - row["value"], row["value"], row["floor"])
    ]
    ends = NOBODY if rule.severity == TERMINATE else PERSON if rule.severity == LATCH else ITSELF
    daily = rule.resets == DAILY and rule.clock == INTERNAL
    return Halt(
        rule.name, rule.control, written(limits, rule), SEVERITIES[rule.severity],
        since=row["breached_at"] or None, limit=amounts[0] if same else None, lost=amounts[1] if same else None,
        equity=amounts[2], floor=amounts[3], ends=ends,
        at=(told.get("day_closes") or None) if daily and ends == ITSELF else None, again=again and ends == PERSON,
        todo=_todo(limits, rule, ends, again=again),
    )  # fmt: skip


def _todo(limits: Limits, rule: LossRule, ends: str, *, again: bool) -> str:
    if ends == NOBODY:
        return "The rules end the account here; begin a new one."
    if ends == ITSELF and rule.resets != NEVER:
        return f"It ends by itself {_anew(limits, rule)}; nobody has to do anything."
    if ends == ITSELF:
        return "It never resets: other risk rules, or a new account, are the way on."
    if not again:
        return "Look at what happened; then a person re-arms it, with a reason."
    if rule.resets == NEVER:
        return (
            "It is still worth less than the floor: armed now, its first trade would be stopped again. "
            "Give it looser risk rules, which hold from the next trading date; then re-arm."
        )
    return (
        "It is still worth less than the floor: armed now, its first trade would be stopped again. "
        f"The floor is set anew {_anew(limits, rule)}; re-arm then."
    )


def _anew(limits: Limits, rule: LossRule) -> str:
    clock = limits.clocks[rule.clock]
    return f"when the {RESETS[rule.resets]} begins at {clock.minute // 60:02d}:{clock.minute % 60:02d} {clock.zone}"


def _killed(folder: Folder, heart: Heart, *, explained: bool) -> Iterator[Halt]:
    """Yield the kill level, where somebody asked for it or no broken rule is the reason for it."""
    asked, level = folder.kill_level(), int(heart.told.get("kill", 0))
    told = heart.told.get("risk", {})
    cause, ended = str(told.get("kill_cause") or ""), bool(told.get("ended"))
    if not max(asked, level) or (not asked and explained and cause in OF_FLOORS):
        return
    who = "Somebody stopped it" if asked or cause in ("", "operator") else f"The cause is: {cause}"
    todo = f"{who}. Find out why and mend it; then a person re-arms it, with a reason."
    name = f"kill switch, level {max(asked, level)}: {MEANINGS[max(asked, level)]}"
    yield Halt(
        name, "R17", "", "kill", since=None, limit=None, lost=None, equity=None, floor=None,
        ends=NOBODY if ended else PERSON, at=None, again=False,
        todo="The rules have ended the account; begin a new one." if ended else todo,
    )  # fmt: skip
