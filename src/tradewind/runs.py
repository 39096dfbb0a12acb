"""A plan that has run becomes a document and tables: what is saved, printed and asked about later."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tradewind.markets.blackout import after_release
from tradewind.markets.coverage import news_facts
from tradewind.markets.hours import open_intervals
from tradewind.markets.releases import shipped_versions
from tradewind.modes import Plan
from tradewind.money import minor
from tradewind.ports import History
from tradewind.results.document import document
from tradewind.results.facts import Closing, InstrumentFacts, RunFacts, StrategyFacts
from tradewind.results.provenance import Provenance, code_digest, digest_of, logs_digest
from tradewind.results.risk_facts import counted, risk_facts
from tradewind.results.summary import summarise
from tradewind.results.tables import tables

LOGS = ("events", "commands", "gates", "trades", "samples", "risk", "lines")


def finish(plan: Plan, history: History) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the document and the tables of a backtest that has run."""
    facts = facts_of(plan)
    logs = {name: plan.journal.read(name) for name in LOGS}
    made = tables(logs, facts)
    facts = replace(facts, risk=counted(facts.risk, made))
    provenance = provenance_of(plan, facts, history)
    whole = document(facts, provenance, summarise(made, facts), time.time_ns(), logs_digest(logs))
    return whole, made


def facts_of(plan: Plan) -> RunFacts:
    """Return what the numbers in the logs of `plan` stand for."""
    traded = [one.instrument for one in plan.listings if one.tradable]
    account = plan.request.settings.account
    return RunFacts(
        kind="backtest",
        strategies=[StrategyFacts(one.name, one.gate_names, thesis=one.thesis) for one in plan.strategies],
        instruments=[
            InstrumentFacts.of(instrument, open_spans=tuple(open_intervals(instrument, plan.start, plan.end)))
            for instrument in traded
        ],
        currency=account.currency,
        initial=minor(account.balance, account.currency),
        start=plan.start,
        end=plan.end,
        closing=Closing.of(plan.runner.state),
        synthetic=plan.synthetic,
        news=news_of(plan),
        quality=plan.quality,
        risk=risk_facts(plan.request.risk, int(plan.runner.state["risk"]["kill"][0])),
    )


def news_of(plan: Plan) -> dict[str, Any]:
    """Return what the run knew of the news: calendars, windows, what is not covered, and a hash of all it was told."""
    settings = plan.request.settings
    if not settings.news.enabled:
        return {"enabled": False}
    traded = [one.instrument for one in plan.listings if one.tradable]
    stretches = [after_release(plan.news, one, plan.rules, settings.news.spread_minutes) for one in traded]
    return {
        "enabled": True,
        "calendars": ["shipped", *(["imported"] if len(plan.news) > len(shipped_versions()) else [])],
        **news_facts(plan.news, traded, plan.rules, plan.start, plan.end),
        "hash": digest_of([list(plan.told()), stretches]),
    }


def provenance_of(plan: Plan, facts: RunFacts, history: History) -> Provenance:
    """Return what the results of `plan` depend on."""
    names = facts.strategy_names
    settings = plan.request.settings
    return Provenance(
        code=code_digest(),
        strategies={name: one.digest for name, one in zip(names, plan.strategies, strict=True)},
        data={" ".join(str(part) for part in one): history.digest(one, plan.start, plan.end) for one in plan.reads},
        spreads=dict(plan.spreads),
        profile=digest_of(plan.profile.model_dump(mode="json")),
        parameters={name: values._asdict() for name, values in zip(names, plan.params, strict=True)},
        settings=settings.model_dump(mode="json", exclude={"data"}),
        news=str(facts.news.get("hash", "")),
        risk=str(facts.risk.get("hash", "")),
    )
