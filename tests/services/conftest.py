"""Helpers of neighbours: real servers, the simulated OANDA, desks."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
for folder in ("servers", "live", "live/desk", "kafka"):
    sys.path.insert(0, str(TESTS / folder))
