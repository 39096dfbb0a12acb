"""Risk rules as people name them, held against what an account has in force."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tradewind import money
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.live.folder import Folder
from tradewind.requests import risk_rules
from tradewind.risk.changes import changes
from tradewind.risk.controls import CONTROLS
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import AMOUNT_IN_CASH, OFF, Limits
from tradewind.risk.units import FORMS, read
from tradewind.settings import Settings
from tradewind.views.heart import heart_of
from tradewind.views.limits import limits_in_force
from tradewind.views.past import past_of

EMPTY: Mapping[str, str] = MappingProxyType({})


class Difference(NamedTuple):
    """One limit that would change."""

    name: str
    old: Any
    new: Any
    loosened: bool


def named_limits(settings: Settings, rules: str) -> Limits:
    """Return the limits that rules of that name come down to for the account of the settings."""
    found = risk_rules(settings.model_copy(update={"risk": rules}))
    if found is None:
        raise TradewindError("An account that runs always has limits.", "Name others.")
    return found.limits


def of_account(settings: Settings, folder: Folder) -> Settings:
    """Return the settings with the account's own currency and balance, as it was begun with."""
    past = past_of(settings, folder)
    if past is None or past.facts is None:
        return settings
    told = past.facts.document["settings"]["account"]
    account = settings.account.model_validate({**settings.account.model_dump(mode="json"), **told})
    return settings.model_copy(update={"account": account, "profile": past.facts.document["profile"]["name"]})


def held_limits(settings: Settings, folder: Folder) -> Limits:
    """Return the limits an account has in force; TradewindError where it never had any."""
    past = past_of(settings, folder)
    held = None if past is None else limits_in_force(past.notes, heart_of(folder))
    if held is None:
        raise TradewindError(f"The account {folder.name} has no limits that are known here.", "Start it first.")
    return held


def differences(
    settings: Settings, folder: Folder, rules: str | None, sets: Mapping[str, str] = EMPTY
) -> list[Difference]:
    """Return what would change if an account took other rules, or single limits by name."""
    held = held_limits(settings, folder)
    wanted = asked_limits(settings, folder, rules, sets)
    return [Difference(one.name, one.old, one.new, one.loosened) for one in changes(held, wanted)]


def asked_limits(settings: Settings, folder: Folder, rules: str | None, sets: Mapping[str, str] = EMPTY) -> Limits:
    """Return the limits of rules by name, or those in force, with single limits as they are written in a risk file."""
    if rules is None and not sets:
        raise BadData("Nothing is to change.", "Name rules, or limits to set.")
    found = held_limits(settings, folder) if rules is None else named_limits(of_account(settings, folder), rules)
    for name, text in sets.items():
        found = _with(found, name, text)
    if sets:
        found = with_digest(found._replace(version=found.version + 1))
    return found


def _with(limits: Limits, name: str, text: str) -> Limits:
    """Return the limits with one of them as it is written; `loss_rules.NAME` takes an amount."""
    floors = {f"loss_rules.{rule.name}": rule for rule in limits.loss_rules}
    if name in floors:
        amount = _read("cash", name, text, limits.currency)
        if not 0 < amount < limits.capital:
            raise BadData(f"{name} = {text!r} is no loss of a part of the capital.", "Give an amount below it.")
        changed = floors[name]._replace(amount=amount, share=OFF, amount_of=AMOUNT_IN_CASH)
        return limits._replace(
            loss_rules=tuple(changed if rule.name == changed.name else rule for rule in limits.loss_rules)
        )
    if name not in CONTROLS:
        raise UnknownName("limit", name, [*CONTROLS, *floors])
    control = CONTROLS[name]
    value = _read(control.unit, name, text, limits.currency)
    if value == OFF and not control.can_be_off:
        raise BadData(f"{name} cannot be switched off.", "Give a number.")
    if value != OFF and not control.low <= value <= control.high:
        raise BadData(f"{name} = {text!r} is out of its bounds.", f"From {control.low:g} to {control.high:g}.")
    return limits._replace(**{name: value})


def _read(unit: str, name: str, text: str, currency: str) -> Any:
    try:
        value = read(unit, [word.strip() for word in text.split(",")] if unit == "day types" else _plain(unit, text))
    except ValueError as error:
        raise BadData(f"{name} = {text!r}: {error}.", f"Write {FORMS[unit]}.") from None
    return money.minor(value, currency) if unit == "cash" and value != OFF else value


def _plain(unit: str, text: str) -> Any:
    """Return what a risk file would have there: true for a flag, a share of one without its sign of per cent."""
    if unit == "flag":
        return text == "true" if text in ("true", "false") else text
    if unit == "share" and "%" not in text and text != "off":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def wanted_limits(
    settings: Settings, folder: Folder, rules: str | None, *, loosen: bool, sets: Mapping[str, str] = EMPTY
) -> dict[str, Any]:
    """Return the limits to order of an account; TradewindError where one would be looser and that was not asked for."""
    looser = [one.name for one in differences(settings, folder, rules, sets) if one.loosened]
    if looser and not loosen:
        raise TradewindError(
            f"The new limits are looser in {', '.join(looser[:5])}{' and more' if len(looser) > 5 else ''}.",
            "Ask for it expressly; looser limits hold from the next trading date.",
        )
    return asked_limits(settings, folder, rules, sets).as_tree()
