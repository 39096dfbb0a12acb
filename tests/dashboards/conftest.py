"""The boards are found where they are written."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "deploy" / "grafana"), str(Path(__file__).parents[1] / "databases")]
