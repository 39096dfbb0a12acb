"""What a run's document says about risk: the rules by name, version and hash, the limits, and what they did.

The limits are kept whole, so that a stored run can be asked about them when the file is long changed.
"""

from typing import TYPE_CHECKING, Any

from tradewind.risk.digest import digest_text
from tradewind.risk.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl


def risk_facts(limits: Limits | None, kill_level: int = 0) -> dict[str, Any]:
    """Return the rules of a run and the kill level it ended with, as plain data."""
    if limits is None:
        return {"name": "none"}
    return {
        "name": limits.name,
        "version": limits.version,
        "hash": digest_text(limits.digest),
        "limits": limits.as_tree(),
        "kill_level": kill_level,
    }


def counted(facts: "Mapping[str, Any]", tables: "Mapping[str, pl.DataFrame]") -> dict[str, Any]:
    """Return the same with how often each reason refused and each action was taken."""
    return {
        **facts,
        "refusals": refusals_by_reason(tables["refusals"]),
        "actions": actions_by_rule(tables["risk"]),
    }


def refusals_by_reason(refusals: "pl.DataFrame") -> dict[str, int]:
    """Return how often each reason refused, of all strategies and instruments, the most frequent first."""
    counts: dict[str, int] = {}
    for reason, count in zip(refusals["reason"].to_list(), refusals["count"].to_list(), strict=True):
        counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def actions_by_rule(rows: "pl.DataFrame") -> dict[str, int]:
    """Return how often each rule did what, refusals apart, the most frequent first."""
    counts: dict[str, int] = {}
    for rule, action in zip(rows["rule"].to_list(), rows["action"].to_list(), strict=True):
        if action != "refuse":
            counts[f"{rule}: {action}"] = counts.get(f"{rule}: {action}", 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
