"""The report as a person meets it: opened in a browser without a network, clicked, typed at, and printed."""

import json
import os
import shutil

import pytest
from browser import Browser, chromium
from report_cases import long_run, small_run
from test_report import HOSTILE, prices

from tradewind.results.report import draw_report
from tradewind.results.report.comparison import draw_comparison

pytestmark = pytest.mark.skipif(
    chromium() is None and os.environ.get("TRADEWIND_REQUIRE_SERVICES") != "1", reason="there is no Chromium"
)
SHOWN = "[...document.querySelectorAll('.ledger .body [role=row]')].map((row) => row.innerText.split('\\n'))"
LIMIT_BYTES = 5_000_000


@pytest.fixture
def page(tmp_path):
    """Return where a report of three trades stands."""
    path = tmp_path / "small.html"
    path.write_text(draw_report(*small_run(), prices()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def long_page(tmp_path_factory):
    """Return where a report of 200,000 trades over five years of minutes of two instruments stands."""
    path = tmp_path_factory.mktemp("long") / "long.html"
    path.write_text(draw_report(*long_run(200_000, 5)), encoding="utf-8")
    return path


def asked_outside(browser):
    """Return what the page asked for besides itself."""
    return [url for url in browser.asked if not url.startswith(("file:", "data:", "blob:"))]


def test_it_opens_without_network_and_without_a_word(page):
    """No error or warning on the console, no question to a network, and the chart and the table are there."""
    with Browser() as browser:
        browser.open(page)
        canvases = browser.run("document.querySelectorAll('#chart canvas').length")
        rows = browser.run(SHOWN)

        assert browser.said == []
        assert asked_outside(browser) == []
    assert canvases > 3
    assert len(rows) == 3
    assert rows[0][1:5] == ["2024-03-04 01:00", "2024-03-04 02:00", "pullback", "US30"]


def test_trades_sort_filter_and_lead_to_their_candles(page):
    """A heading sorts, a field filters and says what is left, a row shows its trade among the candles."""
    with Browser() as browser:
        browser.open(page)
        headings = "[...document.querySelectorAll('[role=columnheader] button')]"
        browser.run(f"{headings}.find((one) => one.textContent.startsWith('Net')).click()")
        biggest = browser.run(SHOWN)
        browser.run("(() => { const one = document.querySelector('[name=result]'); one.value = 'lost'; "
                    "one.dispatchEvent(new Event('input', { bubbles: true })); })()")  # fmt: skip
        lost, said = browser.run(SHOWN), browser.run("document.getElementById('chosen').textContent")
        browser.click(".ledger .body [aria-rowindex='3']")
        browser.wait("document.getElementById('told').textContent.includes('short')")
        told = browser.run("document.getElementById('told').textContent")

        assert browser.said == []
    assert [row[0] for row in biggest] == ["1", "3", "2"]
    assert [row[0] for row in lost] == ["3", "2"]
    assert said.startswith("2 of 3 trades, net -101.78 USD, 0.0 % won")
    assert "no evidence" in said
    assert told.startswith("short 0.5 XAUUSD: in 2024-03-04 01:30 at 2000, stop not known")


def test_keys_do_what_the_mouse_does(page):
    """The table and the curve answer to arrow keys and Enter."""
    with Browser() as browser:
        browser.open(page)
        browser.run("document.getElementById('ledger').focus()")
        browser.press("ArrowUp")
        browser.press("Enter")
        browser.wait("document.getElementById('told').textContent.startsWith('short')")
        browser.run("document.querySelector('svg[data-curve]').focus()")
        browser.press("Home")
        reading = browser.run("document.querySelector('.reading').textContent")

        assert browser.said == []
    assert reading.startswith("2024-03-04 22:00 UTC: 100,084.72 USD")


def test_moments_are_shown_in_the_zone_that_was_chosen(page):
    """New York in place of UTC moves the table by five hours in March before its clocks change."""
    with Browser() as browser:
        browser.open(page)
        browser.run("(() => { const one = document.querySelector('#switches select'); one.value = 'America/New_York'; "
                    "one.dispatchEvent(new Event('change')); })()")  # fmt: skip
        browser.wait(f"{SHOWN}[0][1] === '2024-03-03 20:00'")

        assert browser.said == []


def test_light_dark_and_the_switch(page):
    """The page follows its reader's preference until the switch says otherwise."""
    paper = "getComputedStyle(document.body).backgroundColor"
    with Browser() as browser:
        browser.prefer("dark")
        browser.open(page)
        dark = browser.run(paper)
        browser.run("(() => { const one = document.querySelectorAll('#switches select')[1]; one.value = 'light'; "
                    "one.dispatchEvent(new Event('change')); })()")  # fmt: skip
        light = browser.run(paper)

        assert browser.said == []
    assert (dark, light) == ("rgb(20, 23, 26)", "rgb(251, 250, 247)")


def test_it_fits_a_phone(page):
    """Nothing but tables and the bar scrolls sideways on a screen of 390 pixels."""
    with Browser(390, 844, mobile=True) as browser:
        browser.open(page)

        assert browser.run("document.documentElement.scrollWidth") <= 390
        assert browser.said == []


def test_it_prints(page):
    """Paper gets the candles as a picture, every fold opened, and the screen is as it was afterwards."""
    with Browser() as browser:
        browser.open(page)
        printed = browser.paper()
        left = browser.run(
            "[document.querySelectorAll('#chart > img').length, document.querySelectorAll('details[open]').length]"
        )

        assert browser.said == []
    assert printed.startswith(b"%PDF")
    assert len(printed) > 20_000
    assert left == [0, 0]


def test_markup_in_names_does_nothing(tmp_path):
    """A script in the name of a strategy is text in the table, the filters and the words below the chart."""
    document, tables = small_run()
    document = json.loads(json.dumps(document).replace("pullback", json.dumps(HOSTILE)[1:-1]))
    tables = dict(tables) | {
        "trades": tables["trades"].with_columns(strategy=tables["trades"]["strategy"].replace("pullback", HOSTILE))
    }
    path = tmp_path / "hostile.html"
    path.write_text(draw_report(document, tables, prices()), encoding="utf-8")
    with Browser() as browser:
        browser.open(path)

        assert browser.run("window.caught") is None
        assert browser.run(
            "[...document.querySelectorAll('[name=strategy] option')].some((one) => one.text.includes('<script>'))"
        )
        assert browser.said == []


def test_200000_trades_and_five_years_of_minutes(long_page):
    """The file is under 5 MB; table and chart are there, and any part of the table is a moment away."""
    size = long_page.stat().st_size
    with Browser() as browser:
        seconds = browser.open(long_page)
        print(f"200,000 trades, five years of minutes of two instruments: {size / 1e6:.2f} MB, open in {seconds:.2f} s")
        browser.run("(() => { const one = document.getElementById('ledger'); one.scrollTop = one.scrollHeight; })()")
        browser.wait(f"{SHOWN}.some((row) => row[0] === '200,000')")
        drawn = browser.run("document.querySelectorAll('.ledger .body [role=row]').length")

        assert browser.said == []
    assert size < LIMIT_BYTES
    assert drawn < 60


def test_runs_over_each_other_open_as_well(tmp_path):
    """The page of a comparison says nothing on the console and asks nothing of a network."""
    document, tables = small_run()
    path = tmp_path / "compared.html"
    path.write_text(draw_comparison([(document, tables), (document, tables)]), encoding="utf-8")
    with Browser() as browser:
        browser.open(path)

        assert browser.said == []
        assert asked_outside(browser) == []


@pytest.fixture(autouse=True)
def _needs_a_shell():
    """The browser is begun by bash, which hands it the pipe."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
