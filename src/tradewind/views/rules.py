"""Risk rules as people name them, held against what an account has in force."""

from typing import Any, NamedTuple

from tradewind.errors import TradewindError
from tradewind.live.folder import Folder
from tradewind.requests import risk_rules
from tradewind.risk.changes import changes
from tradewind.risk.limits import Limits
from tradewind.settings import Settings
from tradewind.views.heart import heart_of
from tradewind.views.limits import limits_in_force
from tradewind.views.past import past_of


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


def differences(settings: Settings, folder: Folder, rules: str) -> list[Difference]:
    """Return what would change if an account took other rules."""
    held, wanted = held_limits(settings, folder), named_limits(of_account(settings, folder), rules)
    return [Difference(one.name, one.old, one.new, one.loosened) for one in changes(held, wanted)]


def wanted_limits(settings: Settings, folder: Folder, rules: str, *, loosen: bool) -> dict[str, Any]:
    """Return the limits to order of an account; TradewindError where one would be looser and that was not asked for."""
    looser = [one.name for one in differences(settings, folder, rules) if one.loosened]
    if looser and not loosen:
        raise TradewindError(
            f"{rules} is looser in {', '.join(looser[:5])}{' and more' if len(looser) > 5 else ''}.",
            "Ask for it expressly; looser limits hold from the next trading date.",
        )
    return named_limits(of_account(settings, folder), rules).as_tree()
