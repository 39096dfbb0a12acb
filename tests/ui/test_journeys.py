"""What people do from end to end: bring prices in, backtest, read; start paper, see why; stop, and go on."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from breaking import write_tight_rules
from pages_web import PASSWORD, Web, typed

FLIP = Path(__file__).parents[1] / "views" / "strategies" / "flip.py"
FILE = "DAT_MT_USDJPY_M1_202503.csv"


@pytest.fixture
def prices(tmp_path):
    """Return a file of one morning of a dollar in yen as HistData writes it, with times in UTC."""
    rows = [
        f"2025.03.04,{9 + n // 60:02d}:{n % 60:02d},150.{n % 9}1,150.{n % 9}5,150.{n % 9}0,150.{n % 9}3,0"
        for n in range(180)
    ]
    path = tmp_path / FILE
    path.write_text("\n".join(rows) + "\n")
    return path


def test_prices_come_in_a_backtest_runs_and_its_report_is_read(web, prices):
    """A file is chosen, a job says what came of it; a backtest is launched, done, opened, and has a report."""
    web.go("/data")
    web.fill("[name=clock]", "utc")
    document = web.call("DOM.getDocument")["root"]["nodeId"]
    node = web.call("DOM.querySelector", nodeId=document, selector="input[type=file]")["nodeId"]
    web.call("DOM.setFileInputFiles", nodeId=node, files=[str(prices)])
    web.shows(FILE)
    row = f"[...document.querySelectorAll('tr')].find((one) => one.textContent.startsWith('{FILE}'))?.textContent ?? ''"
    web.wait(f"/done|failed/.test({row})")

    assert "180 new" in web.run(row)
    web.go("/research?strategy=first_bar&on=XAUUSD")
    web.fill("[name=start]", "2025-11-24")
    web.run("document.querySelector('form[data-do=launch]').requestSubmit()")
    web.wait("[...document.querySelectorAll('a')].some((one) => one.textContent === 'Open')")
    web.run("[...document.querySelectorAll('a')].find((one) => one.textContent === 'Open').click()")
    web.wait("location.pathname === '/research/run' && document.querySelector('iframe.report')")
    web.shows("What it came to")
    told = web.run("fetch(document.querySelector('iframe.report').src).then((one) => one.text())")
    assert "Tradewind backtest report" in told
    assert web.said == []


def test_a_trade_and_why(web):
    """Its trades stand there, an order has a journey, bars say what passed and what did not."""
    web.go("/orders?account=paper")
    web.shows("first_bar")
    assert web.run("document.querySelectorAll('tbody tr').length") > 5
    web.go("/orders?tab=orders&account=paper")
    web.run("document.querySelector('tbody a').click()")
    web.shows("Journey of order")
    web.go("/strategies?strategy=first_bar&account=paper")
    web.shows("What stops it most")
    assert web.run("document.body.innerText.includes('all passed: signal')")


def test_paper_is_started_killed_in_one_click_and_armed_again(web, desk):
    """One click stops every account; the banner says so on every page; a person with a reason arms it again."""
    web.go("/strategies/start")
    web.run("(() => { const form = document.querySelector('form[data-do=paper]'); form.speed.value = '600';"
            "form.account.value = 'second'; form.start.value = '2025-12-10'; form.requestSubmit(); })()")  # fmt: skip
    web.shows("second begins")
    try:
        web.go("/?account=second")
        web.wait("document.querySelector('.strip-facts')?.innerText.includes('Ready')")
        web.click("#kill")
        web.shows("Kill level 2")
        web.shows("second is stopped, level 2")
        web.wait("document.querySelector('.strip-facts').innerText.includes('Killed, level 2')")
        web.go("/risk?account=second")
        web.shows("second is stopped, level 2")
        web.run("document.querySelector('[data-open=rearm]').click()")
        web.fill("#rearm [name=reason]", "a test of the button")
        web.run("document.querySelector('#rearm form').requestSubmit()")
        web.wait("!document.body.innerText.includes('second is stopped')")
    finally:
        typed(desk, "order-desk", "stop", "--account", "second")
    trail = [one for one in _audit(web) if one["action"] in ("kill", "rearm", "start paper")]

    assert [one["action"] for one in trail][-3:] == ["start paper", "kill", "rearm"]
    assert {one["who"] for one in trail} == {"ann"}


def _audit(web):
    return web.asked_for("audit")["items"]


@pytest.fixture
def tight(desk, tmp_path):
    """An account that loses more than a day may lose within its first minutes, on a tape of four seconds a day."""
    write_tight_rules(tmp_path / "tight.toml")
    words = (
        "paper", FLIP, "--on", "XAUUSD", "--source", "tape", "--speed", "3600", "--from", "2025-11-18T18:00Z",
        "--set", "every=2", "--set", "distance=500", "--risk", tmp_path / "tight.toml", "--account", "tight",
        "--data", desk,
    )  # fmt: skip
    with (tmp_path / "trader.log").open("wb") as log:
        process = subprocess.Popen((sys.executable, "-m", "tradewind.cli", *words), stdout=log, stderr=log, cwd=desk)
    yield "tight"
    process.terminate()
    process.wait(40)


def test_a_broken_limit_is_seen_and_a_person_lets_it_trade_again(web, tight):
    """Which limit, how much, since when, what to do; once the floor is set anew, a reason lets it trade on."""
    web.go("/")
    web.until("accounts", lambda one: (tight, 3) in [(each["account"], each["kill"]["level"]) for each in one["items"]])
    web.go(f"/risk?account={tight}")
    web.shows("tight is stopped, level 3: pending entries cancelled, everything closed.")
    told = web.run("document.querySelector('.banner').innerText")
    assert "Daily hard loss (50.00 USD, each day)" in told
    assert "New York" in told
    web.shows("re-arms it, with a reason")  # on the tape a day has ended meanwhile
    (before,) = web.asked_for("accounts/tight/orders?limit=1")["items"]
    deeds = len(_audit(web))
    web.run("document.querySelector('[data-open=rearm]').click()")
    web.run("document.querySelector('#rearm form').requestSubmit()")
    assert web.run("document.querySelector('#rearm').open"), "without a reason nothing is sent"
    web.fill("#rearm [name=reason]", "looked at every loss")
    web.run("document.querySelector('#rearm form').requestSubmit()")
    web.shows("lowered by ann: looked at every loss")
    web.until("accounts/tight/orders?limit=1", lambda one: one["items"][0]["sequence"] > before["sequence"])
    web.go("/orders?tab=gate&account=tight")
    web.shows("latch")
    web.shows("re-arm")
    assert [one["action"] for one in _audit(web)[deeds:]] == ["rearm"]
    assert web.said == []


def test_what_happens_to_an_account_is_on_the_page_by_itself(web, desk):
    """A kill file that somebody wrote in a terminal stands on an open page, and is gone from it with the file."""
    web.go("/data?account=paper")
    kill = desk / "accounts" / "paper" / "KILL"
    kill.write_text("3")
    web.shows("paper is stopped, level 3")
    kill.unlink()
    web.wait("!document.body.innerText.includes('paper is stopped')")
    assert web.said == []


def test_without_a_broker_nothing_can_be_armed_and_the_page_says_what_to_do(web):
    web.go("/strategies/start")
    web.shows("No broker yet")
    assert web.run("document.querySelector('[data-do=begin]')") is None


def test_a_page_left_open_loses_its_rights_with_the_session(address):
    """Logged out elsewhere, what is pressed on an old page is refused."""
    with Web(address) as browser:
        browser.enter("rob", "/research")
        browser.go("/research")
        with httpx.Client(base_url=address) as other:
            other.post("/login", data={"name": "rob", "password": PASSWORD, "after": "/"}, headers={"origin": address})
            assert other.post("/logout", headers={"x-tradewind-csrf": "1"}).status_code == 204
        browser.run("document.querySelectorAll('button').forEach((one) => (one.disabled = false))")
        browser.run("document.querySelector('form[data-do=launch]').requestSubmit()")
        browser.shows("The session is over")
