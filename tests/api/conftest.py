"""An API over an empty data folder for each test."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent)]

from api_hands import Hands  # noqa: E402 - found beside this file


@pytest.fixture
def hands(tmp_path):
    """An API over an empty data folder."""
    return Hands(tmp_path)
