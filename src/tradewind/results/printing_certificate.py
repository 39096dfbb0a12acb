"""A certificate of causality in a terminal: the verdict first, then what was tried, and where it broke."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

MEANINGS = {
    "causal": "no decision changed with what came after it",
    "leak": "decisions change with what comes after them: the backtest means nothing",
    "not deterministic": "two runs of the same differ: give chance a seed, then certify again",
    "not proven": "nothing changed, but it reads what cannot be cut in time",
}


def certificate_table(document: Mapping[str, Any]) -> "Table":
    """Return the tests of a certificate, one a row."""
    from rich import box  # noqa: PLC0415 - see results.printing
    from rich.table import Table  # noqa: PLC0415 - see results.printing

    subject, data = document["subject"], document["data"]
    made_up = "SYNTHETIC DATA. " if data["synthetic"] else ""
    title = (
        f"{made_up}{subject['name']} ({subject['runs']}) on {', '.join(data['on'])} {data['bar']}, "
        f"{data['from'][:10]} to {data['to'][:10]}, {data['bars']:,} bars"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("test", no_wrap=True)
    table.add_column("tried", justify="right")
    table.add_column("", no_wrap=True)
    table.add_column("what was seen", overflow="fold")
    for test in document["tests"]:
        said = test["note"] if test["broke"] is None else broken_text(test["broke"])
        word = "LEAK" if not test["passed"] else "ok" if test["points"] else "-"
        table.add_row(test["name"], f"{test['points']:,}" if test["points"] else "-", word, said)
    if document["deterministic"] is not None:
        one = document["deterministic"]
        said = f"{one['decision']} of {one['made_at']}: {one['was']} and then {one['became']}"
        table.add_row("the same again", "2", "DIFFERS", said)
    warm = document["warm_up"]
    table.add_row("warm-up", str(warm["starts"]) if warm["starts"] else "-", "", warm["says"])
    for path, about in document["outside"].items():
        table.add_row("file read", f"{about['rows']:,}", "", f"{path}, stamps read as: {about['stamps']}")
    for words in document["warnings"]:
        table.add_row("warning", "", "!", words)
    return table


def broken_text(broke: Mapping[str, Any]) -> str:
    """Return in one sentence which decision changed, when, by how much, and with which future row."""
    size = "" if broke["by"] is None else f", by {broke['by']:.6g}"
    words = (
        f"{broke['decision']} of {broke['made_at']} was {_short(broke['was'])}"
        f" and became {_short(broke['became'])}{size} when, at {broke['moment']}, {broke['what_changed']}"
    )
    if broke.get("future_row"):
        words += f"; seen in {broke['seen_in']}, as far as {broke['future_row']} ({broke['ahead']} bars ahead)"
    return f"{words}."


def _short(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def verdict_text(document: Mapping[str, Any]) -> str:
    """Return the verdict and what it took, as one line."""
    verdict = document["verdict"]
    return (
        f"{verdict.upper()}: {MEANINGS[verdict]}. {document['decisions']:,} decisions, "
        f"certificate {document['hash'][:12]}, {document['seconds']:.2f} s."
    )
