"""One page with everything the doctor saw: self-contained, light and dark, fit to print."""

from collections.abc import Sequence
from html import escape

import numpy as np

from tradewind.data.doctor.drawing import Mark, calendar, day_shape, legend, week_spread
from tradewind.data.doctor.finding import Finding, moment
from tradewind.data.doctor.patient import Patient
from tradewind.data.doctor.style import STYLE
from tradewind.data.series import timeframe_name
from tradewind.data.spread import trading_days

FLAGS = 12
"""So many places of one finding are marked in the calendar."""


def draw_page(patients: Sequence[Patient]) -> str:
    """Return the page as HTML text; it needs nothing from anywhere."""
    title = "Data doctor" if len(patients) != 1 else f"Data doctor: {_name(patients[0])}"
    body = "".join(_patient(each, number) for number, each in enumerate(patients, 1))
    contents = _contents(patients) if len(patients) > 1 else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><header><h1>Data doctor</h1><p>{_summary(patients)}</p></header>{contents}{body}"
        "</main></body></html>\n"
    )


def _name(patient: Patient) -> str:
    series = patient.record.series
    size = timeframe_name(series.timeframe)
    return f"{series.symbol} {size} {series.feed}" + (f" {series.side}" if series.timeframe else "")


def _counts(patient: Patient) -> dict[str, int]:
    open_findings = [one for one in patient.record.findings if patient.record.waiver(one) is None]
    return {kind: sum(one.severity == kind for one in open_findings) for kind in ("blocker", "warning", "note")}


def _summary(patients: Sequence[Patient]) -> str:
    counts = [_counts(patient) for patient in patients]
    total = {kind: sum(each[kind] for each in counts) for kind in ("blocker", "warning", "note")}
    fit = sum(not each["blocker"] for each in counts)
    told = ", ".join(_plural(total[kind], kind) for kind in total)
    return f"{len(patients)} series examined; {fit} fit for a backtest. {told}."


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _contents(patients: Sequence[Patient]) -> str:
    rows = "".join(
        f'<li><a href="#s{number}">{escape(_name(patient))}</a> {_badges(patient)}</li>'
        for number, patient in enumerate(patients, 1)
    )
    return f"<nav><ol>{rows}</ol></nav>"


def _badges(patient: Patient) -> str:
    counts = _counts(patient)
    shown = "".join(f'<b class="badge {kind}">{_plural(count, kind)}</b>' for kind, count in counts.items() if count)
    return shown or '<b class="badge clean">nothing found</b>'


def _patient(patient: Patient, number: int) -> str:
    anchor = f"s{number}"
    parts = [f'<section id="{anchor}"><h2>{escape(_name(patient))} {_badges(patient)}</h2>', _facts(patient)]
    parts.append(_findings(patient, anchor))
    if len(patient.days):
        strips = calendar(patient.days, patient.calendar, _marks(patient, anchor), f"{anchor}-y")
        parts.append(
            _figure("Hours of every trading date", f"New York time, from the roll at 17:00 down. {legend()}", strips)
        )
    shape = patient.shape
    if np.isfinite(shape).sum() > 4:
        text = "Mean range of a bar by time of the New York day, in hundredths of a percent."
        parts.append(_figure("When it moves", text, day_shape(shape)))
    if patient.spread.shape[1]:
        text = "Spread by quarter hour of New York's week, in price units: median, and nine of ten below the pale line."
        parts.append(_figure("What it costs", text, week_spread(patient.spread)))
    parts.append(_provenance(patient))
    return "".join(parts) + "</section>"


def _facts(patient: Patient) -> str:
    hours = patient.hours
    counted = "bars" if patient.record.series.timeframe else "minutes with ticks"
    told = [(counted, f"{patient.rows:,}"), ("from", moment(patient.first)), ("to", f"{moment(patient.last)} UTC")]
    told.append(("its times fit", patient.clock))
    if "weekend to" in hours:
        told.append(("week, New York", f"Sun {hours['weekend to']} to Fri {hours['weekend from']}"))
    if "pause to" in hours:
        told.append(("pause, New York", f"{hours['pause from']} to {hours['pause to']}"))
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in told)
    return f"<dl>{cells}</dl>"


def _findings(patient: Patient, anchor: str) -> str:
    if not patient.record.findings:
        return '<p class="clean">Nothing found.</p>'
    rows = "".join(_row(patient, one, f"{anchor}-f{n}") for n, one in enumerate(patient.record.findings, 1))
    return (
        "<table><thead><tr><th></th><th>what</th><th>when (UTC)</th><th class=number>count</th><th>evidence</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(patient: Patient, one: Finding, anchor: str) -> str:
    waiver = patient.record.waiver(one)
    severity = one.severity if waiver is None else "waived"
    when = moment(one.first) if one.first == one.last else f"{moment(one.first)}<br>{moment(one.last)}"
    evidence = escape(one.evidence)
    if waiver is not None:
        evidence += f"<br><i>Waived on {escape(waiver.when[:10])}: {escape(waiver.reason)}</i>"
    elif one.command:
        evidence += f"<code>{escape(one.command)}</code>"
    return (
        f'<tr id="{anchor}" class="{severity}"><td><b class="badge {severity}">{severity}</b></td>'
        f"<td>{escape(one.code)}</td><td class=when>{when}</td><td class=number>{one.number:,}</td>"
        f"<td>{evidence}</td></tr>"
    )


def _marks(patient: Patient, anchor: str) -> list[Mark]:
    """Return where findings lie, a few places of each; what concerns everything is not marked."""
    found: list[Mark] = []
    for number, one in enumerate(patient.record.findings, 1):
        places = [place[0] for place in one.values.get("places", [])][:FLAGS]
        if places and one.severity != "note":
            days = np.unique(trading_days(np.array(places)))
            found += [(int(day), f"{anchor}-f{number}", one.severity) for day in days]
    return found


def _figure(title: str, text: str, svg: str) -> str:
    return f"<figure><figcaption><h3>{escape(title)}</h3><p>{text}</p></figcaption>{svg}</figure>"


def _provenance(patient: Patient) -> str:
    if not patient.sources:
        return ""
    rows = []
    for source in patient.sources:
        what = f"mended: {source['fix']}" if "fix" in source else str(source.get("file", "unknown"))
        told = "; ".join(
            f"{name} {value}"
            for name, value in source.items()
            if name in ("vendor", "clock", "member", "scale", "rows before", "rows after") and value
        )
        when = escape(str(source.get("imported", "")))[:16]
        rows.append(f"<tr><td>{escape(what)}</td><td>{escape(told)}</td><td>{when}</td></tr>")
    return f"<figure><figcaption><h3>Where it came from</h3></figcaption><table>{''.join(rows)}</table></figure>"
