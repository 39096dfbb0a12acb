"""The report of a run as one HTML file: `draw_report(document, tables, prices)` and nothing else to know."""

from tradewind.results.report.candles import Bars
from tradewind.results.report.page import Prices, draw_report

__all__ = ["Bars", "Prices", "draw_report"]
