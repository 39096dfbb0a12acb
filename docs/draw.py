"""The parts of the documentation that come from the code: `make docs` writes them, a test sees to it.

A part stands between two comments, `<!-- drawn: name -->` and `<!-- end -->`, and is whatever the function of
that name returns here. The code is the source: nobody edits between the two.
"""

import re
import runpy
from pathlib import Path

import typer
from pydantic import BaseModel

from tradewind.cli import app
from tradewind.kernel import records, refusals
from tradewind.kernel.orders import FIRST_FINAL, HAPPENINGS, LIFECYCLE, NONE, STATUSES
from tradewind.logs.vocabulary import EVENTS
from tradewind.metrics.catalogue import METRICS
from tradewind.settings import Settings

DOCS = Path(__file__).resolve().parent
PART = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
CAPACITIES = {
    "INSTRUMENTS": "instruments, conversion pairs included",
    "STRATEGIES": "strategies",
    "SERIES": "series of bars: one for each instrument and timeframe somebody wakes on",
    "ORDERS": "living orders, attached stops and targets included",
    "OUTBOX": "commands given at one instant",
    "GATE_ROWS": "conditions asked at one instant",
    "CURRENCIES": "currencies",
    "SESSIONS": "sessions of a trading date",
}
FIRST_ENDING = refusals.SIGNAL


def _table(head, rows):
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def lifecycle():
    """Return the picture of an order's life: every cell of `kernel.orders.LIFECYCLE` that leads elsewhere."""
    edges = {}
    for status in range(FIRST_FINAL):
        for happening, after in enumerate(LIFECYCLE[status]):
            if after >= 0 and after != status:
                edges.setdefault((status, int(after)), []).append(HAPPENINGS[happening])
    lines = ["```mermaid", "stateDiagram-v2"]
    for (status, after), happenings in edges.items():
        start = "[*]" if status == NONE else STATUSES[status]
        lines.append(f"    {start} --> {STATUSES[after]}: {', '.join(happenings)}")
    reached = sorted({after for _, after in edges if after >= FIRST_FINAL})
    lines += [f"    {STATUSES[status]} --> [*]" for status in reached]
    return "\n".join([*lines, "```", ""])


def transitions():
    """Return the whole table `(status, happening) -> status`; a dot is what must not happen."""
    rows = []
    for happening, name in enumerate(HAPPENINGS):
        after = [int(LIFECYCLE[status, happening]) for status in range(FIRST_FINAL)]
        rows.append([name, *("·" if status < 0 else STATUSES[status] for status in after)])
    return _table(["what happens", *STATUSES[:FIRST_FINAL]], rows)


def _reasons(first, last):
    return [
        [number, name, sentence]
        for number, (name, sentence) in refusals.REASONS.items()
        if first <= number < last and name
    ]


def refused():
    """Return every refusal with its sentence, in the order in which they are checked."""
    return _table(["", "refusal", "what it says"], _reasons(1, FIRST_ENDING))


def endings():
    """Return every reason an order or a trade ends for."""
    return _table(["", "reason", "what it says"], _reasons(FIRST_ENDING, 1000))


def capacities():
    """Return how much of each thing a run has room for."""
    return _table(["at most", "of"], [[getattr(records, name), what] for name, what in CAPACITIES.items()])


def log_events():
    """Return the events of the log."""
    return _table(["event", "what it means"], [[f"`{name}`", says] for name, says in EVENTS.items()])


def figures():
    """Return every figure that a process may tell."""
    rows = [
        [f"`{one.name}`", one.kind, ", ".join(f"`{label}`" for label in one.labels) or "-", one.says]
        for one in METRICS.values()
    ]
    return _table(["figure", "kind", "labels", "what it says"], rows)


def layers():
    """Return who may import whom, from the test that checks it."""
    checked = runpy.run_path(str(DOCS.parent / "tests" / "test_layers.py"))
    ours, outside, more = checked["OURS"], checked["OUTSIDE"], checked["MORE"]
    libraries = {"": "-", "*": "one library a file"}
    rows = [
        [
            f"`{layer}`",
            f"`{allowed}`" if allowed else "-",
            libraries.get(outside[layer], f"`{outside[layer]}`"),
        ]
        for layer, allowed in ours.items()
    ]
    extra = "".join(f"* `{where}` also imports `{what}`: {why}.\n" for (where, what), why in more.items())
    return _table(["layer", "imports of ours", "of others"], rows) + "\n" + extra


def _leaves(command, words):
    """Yield (words, command) of every command that does something."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield " ".join(words), command
    for word, each in inner.items():
        yield from _leaves(each, [*words, word])


def commands():
    """Return every command with its arguments and options, as its `--help` tells them."""
    parts = []
    for name, command in _leaves(typer.main.get_command(app), ["tradewind"]):
        rows = []
        for one in command.params:
            if one.name == "help":
                continue
            is_option = one.param_type_name == "option"
            spelled = ", ".join((*one.opts, *one.secondary_opts)) if is_option else one.name.upper()
            note = " May be given again." if one.multiple or one.nargs == -1 else ""
            needed = "needed" if one.required else "-" if one.default in (None, False) else f"`{one.default}`"
            rows.append([f"`{spelled}`", needed, (one.help or "") + note])
        table = _table(["", "default", "meaning"], rows) if rows else ""
        parts.append(f"### `{name}`\n\n{command.help}\n\n{table}")
    return "\n".join(parts)


def settings():
    """Return every setting with its default."""

    def rows(section, above):
        for name, field in section.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from rows(kind, f"{above}{name}.")
            else:
                meaning = " ".join((field.description or "").split())
                yield [f"`{above}{name}`", f"`{field.default}`", meaning]

    return _table(["setting", "default", "meaning"], rows(Settings, ""))


def redrawn(text):
    """Return a page with every drawn part as it should be."""
    return PART.sub(lambda part: f"{part[1]}\n{globals()[part[2]]()}\n{part[3]}", text)


def main():
    """Write every page anew that has drawn parts."""
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (drawn := redrawn(text)) != text:
            page.write_text(drawn, encoding="utf-8")
            print(f"drew {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
