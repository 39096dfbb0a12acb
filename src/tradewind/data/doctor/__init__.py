"""The data doctor tells whether a series is what it says it is.

It reads the clock from the markets themselves, and finds bars named by their close, bars of another size, wrong
sides and scales, holes, spikes, copied stretches and made-up spreads. What makes a backtest wrong is a blocker
until it is fixed or waived.
"""

from tradewind.data.doctor.examine import Examined, examine, examine_series
from tradewind.data.doctor.files import examine_file
from tradewind.data.doctor.finding import BLOCKER, NOTE, WARNING, Finding, words
from tradewind.data.doctor.fixes import FIXES, Fixed, Wish, apply_fix
from tradewind.data.doctor.page import draw_page
from tradewind.data.doctor.patient import Patient, patient_of
from tradewind.data.doctor.stored import Record, Waiver, matching, open_blockers, record, remember, unwaive, waive

__all__ = [
    "BLOCKER", "FIXES", "NOTE", "WARNING", "Examined", "Finding", "Fixed", "Patient", "Record", "Waiver", "Wish",
    "apply_fix", "draw_page", "examine", "examine_file", "examine_series", "matching", "open_blockers", "patient_of",
    "record", "remember", "unwaive", "waive", "words",
]  # fmt: skip
