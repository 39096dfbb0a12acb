"""Modules beside the tests, and the desks of tests/live/desk, are found."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "desk")]
