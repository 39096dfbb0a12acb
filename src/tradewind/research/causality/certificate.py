"""The certificate: one plain mapping that says what was tried, on what, and the first place where it broke.

The verdict is one word for exit codes and passports:

    causal              no decision changed; the subject may be backtested
    leak                a decision changed with what came after it
    not deterministic   two runs of the same differ: nothing can be said before chance has a seed
    not proven          it reads what cannot be cut in time: arrays, pickles, databases, the network

What no test of this kind can see: numbers fitted on the period and written into the file.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradewind.adapters.histories import History
from tradewind.errors import TradewindError
from tradewind.modes import Plan, Request
from tradewind.research.causality.compare import TOLERANCE, at
from tradewind.research.causality.fresh import Fresh
from tradewind.research.causality.session import Outcome, Trial
from tradewind.research.causality.streams import CannotCompile, Compiled
from tradewind.research.causality.subjects import Named, compilable, find_subject, function_of, stream_of
from tradewind.research.causality.trials import InFresh, InSnapshots, Verdict
from tradewind.research.causality.warmup import (
    Settling,
    later_days,
    later_rows,
    settling_of_columns,
    settling_of_decisions,
)

FORMAT = 1
CAUSAL, LEAK, CHANCE, UNPROVEN = "causal", "leak", "not deterministic", "not proven"
FRAME_POINTS, PLAIN_POINTS, COMPILED_POINTS = 40, 12, 120
LONGEST_FRAME = 3000


def certify(
    subject: str | Named, request: Request, history: History, *, fresh: Fresh | None = None, points: int | None = None
) -> dict[str, Any]:
    """Return the certificate of a strategy or a function on the data the request names.

    The request's own strategies are not looked at, but for the overrides of the first. `fresh` lends a running
    session, `points` sets how many moments are tried. Raises TradewindError where the subject does not run at all.
    """
    named = find_subject(subject) if isinstance(subject, str) else subject
    began = time.perf_counter()
    with Fresh() as own:
        session = fresh or own
        if named.function:
            found = _of_function(named, request, history, session, points or FRAME_POINTS)
        elif request.plain or not compilable(named.path):
            found = _of_plain(named, request, history, session, points or PLAIN_POINTS)
        else:
            try:
                found = _of_compiled(named, request, history, points or COMPILED_POINTS)
            except CannotCompile:
                found = _of_plain(named, request, history, session, points or PLAIN_POINTS)
    return _document(named, request, found, time.perf_counter() - began)


def _of_function(named: Named, request: Request, history: History, fresh: Fresh, points: int) -> dict[str, Any]:
    subject, plan = function_of(named, request, history, fresh.kept, LONGEST_FRAME)
    tried = InFresh(fresh, subject, points)
    _must_run(named, tried.reference)
    verdicts, chance = _verdicts(tried, points)
    rows = later_rows(len(tried.closes))
    later = []
    for row in rows if chance is None else []:
        outcome = fresh.run(Trial(start=int(subject.bars.opens[row])))
        if not outcome.error:
            later.append((row, outcome.answer))
    settling = settling_of_columns(tried.reference.answer, later)
    found = _found(plan, tried.reference, verdicts, chance, settling)
    return found | {"runs": str(tried.reference.about.get("library", "")), "bars": len(tried.closes)}


def _of_plain(named: Named, request: Request, history: History, fresh: Fresh, points: int) -> dict[str, Any]:
    subject, plan, events = stream_of(named, request, history)
    tried = InFresh(fresh, subject, points, plan.strategies[0].gate_names)
    _must_run(named, tried.reference)
    verdicts, chance = _verdicts(tried, points)
    later = []
    for moment in later_days(events) if chance is None else []:
        outcome = fresh.run(Trial(start=moment))
        if not outcome.error:
            later.append((moment, outcome.answer))
    settling = settling_of_decisions(tried.reference.answer, later, tried.closes)
    found = _found(plan, tried.reference, verdicts, chance, settling)
    return found | {"runs": "plain Python", "bars": len(tried.closes)}


def _of_compiled(named: Named, request: Request, history: History, points: int) -> dict[str, Any]:
    subject, plan, events = stream_of(named, request, history)
    tried = InSnapshots(Compiled(subject.setting, events), points)
    chance = tried.same_again()
    verdicts = tried.verdicts() if chance is None else []
    later = []
    for moment in later_days(events):
        rest = events[events["ts"] >= moment].copy()
        later.append((moment, tried.compiled.whole(rest)))
    settling = settling_of_decisions(tried.answer, later, tried.closes)
    found = _found(plan, Outcome(tried.answer), verdicts, chance, settling)
    return found | {"runs": "compiled", "bars": len(tried.closes)}


def _verdicts(tried: InFresh, points: int) -> tuple[list[Verdict], Any]:
    chance = tried.same_again()
    if chance is not None:
        return [], chance
    return [tried.prefixes(), tried.poisons(max(2, points // 8)), tried.flips(max(4, points // 2))], None


def _must_run(named: Named, outcome: Outcome) -> None:
    if outcome.error:
        raise TradewindError(f"{named.name} does not run: {outcome.error}", "Mend it; there is nothing to certify yet.")


def _found(plan: Plan, outcome: Outcome, verdicts: list[Verdict], chance: Any, settling: Settling) -> dict[str, Any]:
    """Return what was found, before it is dressed as a document."""
    if chance is not None:
        verdict = CHANCE
    elif not all(one.passed for one in verdicts):
        verdict = LEAK
    else:
        verdict = UNPROVEN if outcome.opaque else CAUSAL
    decisions = sum(len(one) for one in outcome.answer.values())
    warnings = [f"It reads {what}, {path}: that cannot be cut in time." for path, what in outcome.opaque.items()]
    if decisions == 0:
        warnings.append("It decided nothing on this tape: choose a longer period or other parameters.")
    if settling.finding:
        warnings.append(f"Warm-up: it {settling.sentence}.")
    return {
        "verdict": verdict,
        "tests": [_test(one) for one in verdicts],
        "deterministic": None if chance is None else _chance(chance),
        "warm_up": {"starts": settling.starts, "bars": settling.bars, "says": settling.sentence},
        "outside": {path: dict(about) for path, about in outcome.read.items()},
        "decisions": decisions,
        "warnings": warnings,
        "plan": plan,
    }


def _chance(change: Any) -> dict[str, Any]:
    return {
        "decision": change.decision, "made_at": at(change.moment), "was": change.was, "became": change.became,
    }  # fmt: skip


def _test(one: Verdict) -> dict[str, Any]:
    broke = None if one.broke is None else dict(one.broke)
    return {"name": one.name, "points": one.points, "passed": one.passed, "broke": broke, "note": one.note}


def _document(named: Named, request: Request, found: dict[str, Any], seconds: float) -> dict[str, Any]:
    plan: Plan = found.pop("plan")
    subject = {
        "name": named.name, "file": named.path.name, "kind": "function" if named.function else "strategy",
        "hash": named.digest, "runs": found.pop("runs"),
        "parameters": dict(request.choices[0].overrides) if request.choices else {},
    }  # fmt: skip
    data = {
        "on": list(request.symbols), "feeds": sorted({one.feed for infos in plan.series[:1] for one in infos}),
        "bar": request.bar, "from": at(plan.start), "to": at(min(plan.end, 2**62)), "bars": found.pop("bars"),
        "synthetic": plan.synthetic,
    }  # fmt: skip
    document = {
        "format": FORMAT, "verdict": found.pop("verdict"), "subject": subject, "data": data, "tolerance": TOLERANCE,
        **found, "created": at(time.time_ns()), "seconds": round(seconds, 3),
    }  # fmt: skip
    return document | {"hash": digest_of(document)}


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the hash of what a certificate says; when and how fast it was made is no part of that."""
    said = {key: value for key, value in document.items() if key not in ("created", "seconds", "hash")}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def keep(document: Mapping[str, Any], folder: Path) -> Path:
    """Return the file in which the certificate now is: the latest of each subject by the hash of its file."""
    target = folder / "certificates" / f"{_key(document['subject']['hash'], document['subject']['name'])}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=2, default=str), encoding="utf-8")
    partial.replace(target)
    return target


def kept(folder: Path, path: Path) -> dict[str, Any] | None:
    """Return the latest certificate of a file as it is now, or None where there is none: a changed file has none."""
    begin = hashlib.sha256(path.read_bytes()).hexdigest()[:20]
    found = sorted((folder / "certificates").glob(f"{begin}-*.json"))
    return None if not found else dict(json.loads(found[0].read_text(encoding="utf-8")))


def _key(digest: str, name: str) -> str:
    return f"{digest[:20]}-{''.join(one if one.isalnum() else '_' for one in name)[:60]}"
