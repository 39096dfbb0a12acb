"""The verbs of the news calendar as a user meets them."""

import json
import subprocess
import sys

import pytest

MISTAKES = [
    (("news", "import", "missing.csv"), "missing.csv cannot be read: No such file"),
    (("news", "import", "calendar.csv"), "calendar.csv, row 2: 2026-01-13 15:30 does not say whose time it is"),
    (("news", "import", "calendar.csv", "--clock", "NY+"), "no clock named 'NY+'"),
    (("news", "list", "--on", "US3O"), "Did you mean 'US30'"),
    (("news", "list", "--from", "soon"), "is not a day or a moment"),
    (("news", "check", "--on", "US30"), "no bars of US30"),
]
CALENDAR = "date,time,currency,impact,event\n2026-01-13,15:30,USD,high,CPI m/m\n"


def tradewind(folder, *words):
    """Return what the command said and its exit code, run in `folder`."""
    code = "from tradewind.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    """A folder with a calendar in server time."""
    (tmp_path / "calendar.csv").write_text(CALENDAR, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_a_mistake_is_one_line(folder, words, said):
    """Exit code 2, one line, nothing stored."""
    done = tradewind(folder, *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "tradewind-data").exists()


def test_from_a_file_to_the_calendar(folder):
    """Import, import again, look at it: now, and as it was known before."""
    first = tradewind(folder, "news", "import", "calendar.csv", "--clock", "NY+7", "--known-ahead", "10")
    again = json.loads(tradewind(folder, "news", "import", "calendar.csv", "--clock", "NY+7", "--json").stdout)
    listing = ("news", "list", "--on", "EURUSD", "--from", "2026-01-05", "--to", "2026-01-30")
    listed = json.loads(tradewind(folder, *listing, "--json").stdout)
    before = json.loads(tradewind(folder, *listing, "--as-of", "2026-01-03T13:29", "--json").stdout)
    shown = tradewind(folder, *listing).stdout

    assert "1 releases 2026-01-13 13:30 to 2026-01-13 13:30 UTC; 1 new, 0 changed" in first.stdout
    assert (again["new"], again["changed"]) == (0, 0)
    names = ["US payrolls", "CPI m/m", "FOMC decision", "FOMC press conference"]
    assert [event["name"] for event in listed] == names
    assert [event["name"] for event in before] == [name for name in names if name != "CPI m/m"]
    assert all(name in shown for name in names)


def test_the_past_is_pointed_out(folder):
    """Without a word about since when, the user learns that no backtest sees a past release."""
    text = CALENDAR.replace("2026-", "2016-")
    (folder / "calendar.csv").write_text(text, encoding="utf-8")
    done = tradewind(folder, "news", "import", "calendar.csv", "--clock", "UTC")

    assert done.returncode == 0
    assert "1 of them were over before they are known here" in done.stdout
    assert "--known-ahead" in done.stdout
