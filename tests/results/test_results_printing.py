"""What a person reads in a terminal, at any width and without colour, and what a machine reads."""

import json
import math
import re
from collections import Counter
from dataclasses import replace

import pytest
from results_cases import LOSER, MINUTE, START, UNRATED, WINNER, facts, rows, run_of
from rich.console import Console

from tradewind.results.amounts import cash_text, number_text, sharpe_text
from tradewind.results.facts import StrategyFacts
from tradewind.results.printing import plain, summary_tables, trades_table, why_tables
from tradewind.results.why import why

THREE = rows("trades", WINNER, LOSER, UNRATED)
GATES = rows(
    "gates",
    {"ts": START, "gate": 0, "value": 1.5, "low": 1.0, "high": math.inf, "passed": 1},
    {"ts": START, "gate": 1, "value": 0.2, "low": 0.3, "high": 0.5},
)
REFUSED = rows("commands", {"kind": 4, "side": 1, "quantity": 10, "reason": 6, "ts": START, "type": 1})


def shown(tables, width=80):
    """Return what a terminal without colours shows."""
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        for table in tables:
            console.print(table)
    return capture.get()


def everything(width=80, **changes):
    run, tables = run_of(facts(**changes), trades=THREE, gates=GATES, commands=REFUSED)
    answer = why(run, tables, "pullback", "US30", START + MINUTE)
    return shown([*summary_tables(run), trades_table(run, tables["trades"]), *why_tables(run, answer)], width)


def letters(text):
    """Return how often each character occurs, besides blanks and rules."""
    return Counter(text.translate(str.maketrans("", "", " \n─")))


def line_with(text, *words):
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_the_summary_says_every_amount_with_sign_and_unit():
    text = everything()
    for words in [
        ("Net profit of closed trades", "+94.72 USD"),
        ("Gross, at mid prices", "+116.01 USD"),
        ("Spread", "-14.00 USD"),
        ("Commission", "-4.79 USD"),
        ("Swap", "-0.50 USD"),
        ("Costs, share of gross", "18.4 %"),
        ("Sharpe ratio", "n/a (0 days)"),
        ("Expectancy", "+0.47 ± 1.49 R"),
        ("Longest losing streak", "2"),
        ("pullback US30", "+206.01", "-4.00", "-2.00", "-3.04", "-0.50", "+196.47"),
        ("breakout XAUUSD", "-101.75"),
        ("total", "+94.72"),
    ]:
        assert line_with(text, *words)


def test_a_trade_reads_as_a_line():
    text = everything(width=140)
    assert line_with(text, "2024-03-04 01:00", "pullback long 2 US30", "40000", "40100", "+1.97 R", "take-profit")
    assert line_with(text, "breakout short 0.5 XAUUSD", "-101.75", "stop-loss (ambiguous)")


def test_a_gate_says_its_verdict_in_words():
    text = everything()
    assert line_with(text, "trend", "1.5", "passed")
    assert line_with(text, "depth", "0.2", "0.3", "0.5", "+0.1", "NOT PASSED")
    assert line_with(text, "spread", "not asked")
    assert "outside its trading hours" in " ".join(text.split())


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_cut(width):
    """Whatever is shown in 200 columns is shown in any number of them, folded."""
    text = everything(width)
    assert max(map(len, text.splitlines())) <= width
    assert letters(text) == letters(everything(200))


def test_dates_are_not_broken_at_the_usual_width():
    assert len(re.findall(r" 2024-03-04 ", everything(80))) >= 3


def test_columns_of_numbers_end_in_line():
    """Amounts of a table are aligned at their last digit."""
    text = everything(width=120)
    lines = [line_with(text, name, "196.47" if "US30" in name else "%") for name in ("pullback US30", "total")]
    assert len({len(line.rstrip()) for line in lines}) == 1


def test_made_up_prices_are_announced_over_every_table():
    assert "SYNTHETIC" not in everything()
    assert everything(synthetic=True).count("SYNTHETIC DATA") == 6


def test_brackets_in_names_are_shown_as_they_are():
    """Rich reads [red] as a colour; a strategy may be called anything."""
    assert "[red]x[/] US30" in everything(strategies=(StrategyFacts("[red]x[/]"), StrategyFacts("pullback")), width=200)


def test_json_is_plain():
    """Frames become lists of rows, moments text, infinities null."""
    run, tables = run_of(trades=THREE, gates=GATES)
    answer = why(run, tables, "pullback", "US30", START)
    value = plain({"run": run, "tables": tables, "why": answer})
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["tables"]["trades"][0]["opened"] == "2024-03-04T01:00:00Z"
    assert value["tables"]["gates"][0]["high"] is None
    assert value["why"]["gates"][1]["missing"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0, "0.00"), (-0.001, "0.00"), (1234.5, "+1,234.50"), (-1e6, "-1,000,000.00")],
)
def test_cash_has_its_sign_unless_it_is_nothing(amount, text):
    assert cash_text(amount, 2) == text


def test_a_ratio_has_no_more_digits_than_it_deserves():
    account = {"days": 250, "sharpe_day": 0.06123, "sharpe_day_error": 0.06331, "sharpe_year": 0.972}
    assert sharpe_text(account) == "+0.06 ± 0.06 a day, +1.0 a year (250 days)"
    assert number_text(None) == "not known"


def test_large_amounts_leave_out_the_cents():
    """They would not fit, and say nothing any more."""
    run, _ = run_of(trades=rows("trades", {**WINNER, "gross": 123_456_789}))
    text = shown(summary_tables(run)[2:])
    assert line_with(text, "pullback", "+1,234,574", "-4", "+1,234,564")


def test_all_trades_or_the_newest():
    run, tables = run_of(trades=THREE)
    assert trades_table(run, tables["trades"], None).row_count == 3
    assert trades_table(run, tables["trades"], 1).row_count == 1
    assert "1 of 3 trades" in shown([trades_table(run, tables["trades"], 1)])


def test_a_run_without_a_trade_can_be_shown():
    run, tables = run_of(replace(facts(), strategies=(StrategyFacts("idle"),)))
    assert "n/a" in shown([*summary_tables(run), trades_table(run, tables["trades"])])
