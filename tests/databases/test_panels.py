"""Questions in SQL of the dashboards, asked by the user who watches, of tables with real rows."""

import sys
from pathlib import Path

import psycopg
import pytest
from stored import stored

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "deploy" / "grafana"))

from boards import operating, trading  # noqa: E402 - found by the line above
