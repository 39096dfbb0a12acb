"""Arming live, in two steps: first what would happen is told, with a nonce; then the account's name is typed.

A preview is one person's, holds for five minutes and is used once. What it told is what is done: the command is kept
with the nonce, and where the account or the settings of the broker changed meanwhile nothing is begun.
"""

import hashlib
import json
import secrets
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from tradewind.api.house import House
from tradewind.api.problems import Problem
from tradewind.jobs.traders import Live
from tradewind.live.folder import Folder, account_folder
from tradewind.live.launch import Launched, launch, trader_lives
from tradewind.risk.limits import OFF, SEVERITIES, Limits
from tradewind.risk.units import shown
from tradewind.views.heart import heart_of
from tradewind.views.rules import named_limits
from tradewind.watchdog.rearm import standing

VALID_NS = 300 * 1_000_000_000
MOST = 100
_waiting: dict[str, "Preview"] = {}
_lock = threading.Lock()


class Preview(NamedTuple):
    """What was told to whom."""

    nonce: str
    who: str
    account: str
    until_ns: int
    command: Sequence[str]
    number: str | None
    """Of the real account; None for one of practice."""
    seen: str
    """The hash of what the preview rests on."""
    told: dict[str, Any]


def preview(house: House, wanted: Live, who: str) -> Preview:
    """Return what arming would do; Problem where it cannot be done at all."""
    settings, broker = house.settings, house.settings.broker
    if broker.name == "none" or not broker.account:
        raise Problem(
            409, "The settings name no account at a broker.", "Fill in [broker]: see the page of your broker."
        )
    folder = account_folder(house.data, wanted.account)
    if trader_lives(folder):
        raise Problem(409, f"The account {wanted.account} runs already.", "Stop it first.")
    mode = (folder.read_status() or {}).get("mode", "live")
    if mode != "live":
        raise Problem(409, f"{wanted.account} was used for {mode} trading.", "Give another name.")
    rules = wanted.risk or ("house" if settings.risk == "none" else settings.risk)
    limits = named_limits(settings, rules)
    number = None if broker.practice else broker.account
    command = wanted.model_copy(update={"risk": rules}).command(settings.strategies, number)
    told = {
        "account": wanted.account,
        "type_this": wanted.account,
        "real_money": not broker.practice,
        "broker": {"name": broker.name, "account": broker.account, "practice": broker.practice},
        "strategies": wanted.strategies,
        "parameters": wanted.set,
        "instruments": wanted.on,
        "limits": _limits(limits),
        "watchdog": {"needed": wanted.watchdog, **_watchdog(folder)},
        "will": sentences(wanted, folder, limits, practice=broker.practice, where=f"{broker.name} {broker.account}"),
        "command": " ".join(["tradewind", *(word for word in command if word != "--")]),
    }
    nonce = secrets.token_urlsafe(24)
    found = Preview(
        nonce, _user(who), wanted.account, house.now() + VALID_NS, command, number, _seen(house, folder), told
    )
    with _lock:
        for old in [key for key, one in _waiting.items() if one.until_ns < house.now()]:
            del _waiting[old]
        while len(_waiting) >= MOST:
            del _waiting[next(iter(_waiting))]
        _waiting[nonce] = found
    return found


def arm(house: House, nonce: str, who: str, typed: str) -> tuple[Preview, Launched]:
    """The account's trader has begun; Problem where the nonce is not theirs, or the name typed is another."""
    with _lock:
        found = _waiting.get(nonce)
        if found is None or found.who != _user(who) or found.until_ns < house.now():
            raise Problem(404, "There is no such preview, or it is too old.", "Look at a new one, then arm.")
        if typed != found.account:
            raise Problem(422, f"{typed[:40]!r} is not the name of the account.", "Type it as the preview shows it.")
        del _waiting[nonce]
    folder = account_folder(house.data, found.account)
    if _seen(house, folder) != found.seen:
        raise Problem(409, "The account or the broker's settings are not what the preview showed.", "Look again.")
    return found, launch(folder, found.command, house.given, house.now())


def _user(name: str) -> str:
    """Return whose key or session a name is."""
    return name.partition("/")[0]


def _seen(house: House, folder: Folder) -> str:
    """Return a hash of what must be the same when it is armed: settings, kill level, the last run's end."""
    told = folder.read_status() or {}
    parts = [house.settings.model_dump(mode="json"), folder.kill_level(), told.get("epoch"), told.get("positions")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _limits(limits: Limits) -> dict[str, Any]:
    losses = [
        {"name": rule.name, "amount": _amount(limits, rule), "does": SEVERITIES[rule.severity]}
        for rule in limits.loss_rules
    ]
    return {"name": limits.name, "version": limits.version, "losses": losses,
            "risk_per_trade": shown("share", limits.risk_per_trade, limits.currency),
            "open_risk": shown("share", limits.open_risk, limits.currency)}  # fmt: skip


def _amount(limits: Limits, rule: Any) -> str:
    if rule.amount != OFF:
        return shown("cash", rule.amount, limits.currency)
    return shown("share", rule.share, limits.currency)


def _watchdog(folder: Folder) -> dict[str, Any]:
    if not folder.root.is_dir():
        return {"alive": False, "ready": False}
    told = standing(folder.root)
    return {"alive": told["watchdog"] is not None, "ready": told["watchdog_ready"]}


def sentences(wanted: Live, folder: Folder, limits: Limits, *, practice: bool, where: str) -> list[str]:
    """Return what will happen, in order, in words."""
    kind = "a practice account: no real money" if practice else "a REAL account: orders cost real money"
    found = [
        f"{', '.join(wanted.strategies)} will trade {', '.join(wanted.on)} at {where}, {kind}.",
        f"The rules {limits.name} hold: {shown('share', limits.risk_per_trade, '')} of the capital a trade at most.",
    ]
    heart = heart_of(folder)
    if not heart.told:
        found.append(f"It is the first start: indicators are filled from {wanted.warm_up} days of stored history.")
    else:
        held = len(heart.told.get("positions", []))
        found.append(f"It goes on from its journal; {held} positions were open when it was last seen.")
    if level := folder.kill_level():
        found.append(f"Kill level {level} is in force: nothing is opened until a named person re-arms.")
    if wanted.watchdog and not _watchdog(folder)["ready"]:
        found.append("The watchdog does not run: nothing is opened until it does.")
    if not wanted.watchdog:
        found.append("It trades WITHOUT a watchdog.")
    return found
