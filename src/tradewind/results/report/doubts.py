"""What would make a result worthless: higher costs, and having tried many things; or how to ask about them."""

from collections.abc import Mapping
from typing import Any

from tradewind.results.amounts import cash_text
from tradewind.results.report.markup import Column, Html, facts, joined, remark, section, table, tag, words

SURE = 0.95
REQUIRED = 2.0
"""The least multiple of spread and slippage a strategy should survive (domain rule 6.1)."""

TOLD = {
    "trials": ("Trials of this family on record (N)", "{:,.0f}"),
    "trial": ("This one is number", "{:,.0f}"),
    "repeats": ("Run again since", "{:,.0f}"),
    "correlation": ("Average correlation of the trials", "{:.2f}"),
    "n_eff": ("Worth so many independent trials", "{:,.1f}"),
    "sharpe_day": ("Sharpe ratio a day", "{:+.4f}"),
    "benchmark": ("Sharpe a day the best of them would show by luck", "{:+.4f}"),
    "psr": ("Probabilistic Sharpe: true ratio above 0", "{:.3f}"),
    "dsr": ("Deflated Sharpe: above the best of N worthless ones", "{:.3f}"),
    "min_trl": ("Trading dates needed to tell it from 0", "{:,.0f}"),
    "min_trl_deflated": ("Trading dates needed to tell it from luck", "{:,.0f}"),
    "days": ("Trading dates there are", "{:,.0f}"),
    "pbo": ("Probability of backtest overfitting (PBO)", "{:.2f}"),
    "spa": ("Hansen's SPA, p-value", "{:.3f}"),
    "reality_check": ("White's reality check, p-value", "{:.3f}"),
}
"""What a run's `honesty` may hold, in the order and the words in which it is shown."""


SKIPPED = {*TOLD, "sentence", "warning", "error"}


def stress(run: Mapping[str, Any], measures: Mapping[str, Any]) -> Html:
    """Return the section on higher costs."""
    multiple = measures.get("break_even_multiple")
    title, lead = (
        "If costs were higher",
        "Net profit when spread and slippage are multiplied; fills happen again at those costs.",
    )
    found = run.get("stress")
    if not found:
        command = f"tradewind backtest {' '.join(run['strategies'])} --on {','.join(run['instruments'])} --cost-scale 2"
        told = (
            f"By arithmetic alone, with the same fills, the net is zero at {multiple:.2f} times the spread and "
            "slippage paid; "
            f"{REQUIRED:g} is the least to ask for."
            if multiple
            else "Even without spread and slippage the net is not above zero."
        )
        sign = remark("note" if multiple and multiple >= REQUIRED else "bad", told) if multiple is not None else None
        hint = tag("p", "This run was not stressed. Run it again with ", tag("code", "--stress"), " to have all "
        "of it here, or ",
                   "once with ", tag("code", command), ".", class_="hint")  # fmt: skip
        return section("stress", title, lead, sign, hint)
    account = run["summary"]["account"]
    digits, unit = account["digits"], account["currency"]
    scales = sorted((key for key in found if key[0].isdigit()), key=float)
    rows = [[f"x {scale}", cash_text(found[scale], digits)] for scale in scales if found[scale] is not None]
    return section(
        "stress", title, lead, _break_even(found), table([words("Costs"), Column("Net", unit)], rows, "Cost stress")
    )


def _break_even(found: Mapping[str, Any]) -> Html:
    multiple = found.get("break_even")
    if multiple is None:
        return remark("good", "No multiple of spread and slippage that was tried brings the net to zero.")
    if multiple == 0:
        return remark("bad", "It loses without any spread and slippage.")
    enough = multiple >= REQUIRED
    return remark(
        "good" if enough else "bad",
        f"It breaks even at {multiple:.2f} times the costs assumed; below {REQUIRED:g} a worse broker or week "
        "is enough to lose.",
    )


def honesty(run: Mapping[str, Any], measures: Mapping[str, Any]) -> Html:
    """Return the section on how much is left after everything that was tried."""
    title = "How much of it is luck"
    lead = "The best of many worthless variants looks good. N, the number tried, comes from the trial ledger."
    found = run.get("honesty")
    if not found:
        family = ", ".join(run["strategies"])
        return section(
            "honesty",
            title,
            lead,
            remark("caution", _alone(measures)),
            tag("p", f"Nothing here was corrected for other variants of {family} that were tried. ", class_="loud"),
            tag(
                "ul",
                tag("li", tag("code", "tradewind honesty RUN"), " deflates the Sharpe ratio by the trials on record;"),
                tag("li", tag("code", "tradewind walkforward STRATEGY"), " judges it on dates it was not chosen on;"),
                tag("li", tag("code", "tradewind certify STRATEGY"), " looks for leaks of the future."),
                class_="hint",
            ),
        )
    said = [found[key] for key in ("sentence", "warning", "error") if found.get(key)]
    rows = [(name, form.format(found[key])) for key, (name, form) in TOLD.items() if _number(found.get(key))]
    rest = [
        (key.replace("_", " "), _shown(value)) for key, value in found.items() if key not in SKIPPED and _plain(value)
    ]
    deflated = found.get("dsr")
    kind = "good" if _number(deflated) and deflated >= SURE else "caution"
    spoken = [
        remark(kind if place == 0 else "caution", f"{text[:1].upper()}{text[1:]}") for place, text in enumerate(said)
    ]
    return section("honesty", title, lead, *spoken, facts([*rows, *rest]), _judged(run))


def _judged(run: Mapping[str, Any]) -> Html:
    """Return what `tradewind honesty` was answered last, or how to ask."""
    judged = run.get("judged")
    if not judged:
        asked = tag("code", f"tradewind honesty {run['id']}")
        rest = ": moved parameters, missed trades, resampled days, entries by lot, the whole family."
        return tag("p", "More is asked by ", asked, rest, class_="hint")
    words_of = {True: "survived", False: "failed", None: ""}
    rows = [[one["name"], one["said"], words_of[one["passes"]]] for one in judged["checks"]]
    return table([words("Asked"), words("Found"), words("")], rows, "What else could make it luck")


def _alone(measures: Mapping[str, Any]) -> str:
    """Return what the record says by itself, as if nothing else had been tried."""
    chance, dates = measures.get("sharpe_probability"), measures.get("minimum_track_dates")
    if chance is None:
        return "The record is too short to say anything of its Sharpe ratio."
    needed = f"; {dates:,.0f} trading dates would tell, there are {measures['trading_dates']:,}" if dates else ""
    told = "As if nothing else had ever been tried, the true Sharpe ratio is above 0 with probability"
    return f"{told} {chance:.2f}{needed}."


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: object) -> bool:
    return _number(value) or isinstance(value, str)


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def origins(run: Mapping[str, Any]) -> Html:
    """Return the section on everything the result depends on: the same again must give the same results hash."""
    lead = "Run the same inputs again and the hash of results must come out again, byte for byte."
    hashes = run["hashes"]
    rows: list[tuple[str, object]] = [("Made", run["created"].replace("T", " ")), ("Seed", run["seed"])]
    for name, value in hashes.items():
        several = value.items() if isinstance(value, Mapping) else [("", value)]
        rows += [(f"{name} {part}".strip(), tag("code", text)) for part, text in several if text]
    versions = [(name, value) for name, value in run.get("environment", {}).items()]
    settings = [(name, tag("code", value)) for name, value in _leaves(run["settings"])]
    news = run.get("news", {})
    if news.get("enabled"):
        rows.append(("News calendars", ", ".join(news["calendars"])))
        if news["uncovered"]:
            rows.append(("Not in the calendar", ", ".join(news["uncovered"])))
    elif news:
        rows.append(("News calendars", "switched off"))
    folded = joined(
        tag("details", tag("summary", name), facts(each), open=False)
        for name, each in (("Settings", settings), ("Versions", versions))
    )
    return section("origins", "Provenance", lead, facts(rows), folded)


def _leaves(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in tree.items():
        place = f"{above}.{name}" if above else name
        if isinstance(value, Mapping) and value:
            found += _leaves(value, place)
        else:
            found.append((place, str(value)))
    return found
