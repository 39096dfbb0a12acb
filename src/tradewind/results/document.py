"""The document of a run: one plain mapping that says what was run, on what, and what came out.

It is what a store keeps beside the tables, what `--json` prints, and all that the screens need. Nothing in it
is a Python object: text, numbers, booleans, null, lists and mappings, so that it survives JSON unchanged.
"""

from typing import Any

from tradewind import money
from tradewind.markets.clock import utc_datetime
from tradewind.results.facts import RunFacts
from tradewind.results.provenance import Provenance, environment, plain, run_id
from tradewind.results.summary import Summary


def document(
    facts: RunFacts,
    provenance: Provenance,
    summary: Summary | None,
    created_ns: int,
    results: str = "",
) -> dict[str, Any]:
    """Return the document of a run made at `created_ns` (UTC); `results` is the digest of its logs.

    The summary is None for a kind of run that has figures of its own.
    """
    strategies = facts.strategy_names
    content = provenance.content(facts.kind, strategies, facts.symbols, facts.start, facts.end)
    return {
        "id": run_id(created_ns, content),
        "created": moment(created_ns),
        "kind": facts.kind,
        "synthetic": facts.synthetic,
        "strategies": strategies,
        "instruments": list(dict.fromkeys(symbol for _, symbol in facts.pairs)),
        "from": moment(facts.start),
        "to": moment(facts.end),
        "theses": {name: one.thesis for name, one in zip(strategies, facts.strategies, strict=True)},
        "parameters": plain(provenance.parameters),
        "settings": plain(provenance.settings),
        "seed": provenance.seed,
        "account": {"currency": facts.currency, "balance": str(money.amount(facts.initial, facts.currency))},
        "gates": {name: list(one.gates) for name, one in zip(strategies, facts.strategies, strict=True)},
        "hashes": {
            "content": content,
            "results": results,
            "code": provenance.code,
            "profile": provenance.profile,
            "strategies": dict(provenance.strategies),
            "data": dict(provenance.data),
            "spreads": dict(provenance.spreads),
            "news": provenance.news,
            "risk": provenance.risk,
        },
        "news": plain(facts.news),
        "quality": plain(facts.quality),
        "risk": plain(facts.risk),
        "environment": environment(),
        "summary": plain(summary),
    }


def moment(ns: int) -> str:
    """Return an instant as ISO 8601 UTC to the millisecond."""
    return utc_datetime(ns).isoformat(timespec="milliseconds").replace("+00:00", "Z")
