"""What people do from end to end: bring prices in, backtest, read; start paper, see why; stop, and go on."""

import json
import subprocess
import sys
import time
from importlib.resources import files

import httpx
import pytest
from pages_web import PASSWORD, Web, typed

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


TIGHTER = {
    'name = "house"': 'name = "tight"', 'risk_per_trade = "0.5 %"': 'risk_per_trade = "0.045 %"',
    'floor_buffer = "0.1 %"': 'floor_buffer = "off"', "collar_atr = 3": 'collar_atr = "off"',
    "level_atr_day = 5": 'level_atr_day = "off"',
}  # fmt: skip
"""A tenth of a percent may be lost; no order is refused for want of room before that, and no past is needed."""


def tight(desk):
    """Return a file of risk rules under which a few losses end the trading."""
    text = (files("tradewind.risk") / "packs" / "house.toml").read_text(encoding="utf-8")
    for usual, other in TIGHTER.items():
        assert usual in text
        text = text.replace(usual, other)
    before, name, after = text.partition('name = "drawdown from the start"')
    path = desk / "tight.toml"
    path.write_text(before + name + after.replace('amount = "8 %"', 'amount = "0.1 %"', 1))
    return path


def test_a_limit_is_breached_and_seen_and_a_person_with_a_reason_arms_again(web, desk):
    """Losses on the tape reach a floor; the page says which, how far, and what to do; and it asks who and why."""
    words = ("paper", "first_bar", "--on", "XAUUSD", "--risk", tight(desk), "--account", "tight", "--speed", "20000",
             "--from", "2025-12-01", "--data", desk)  # fmt: skip
    trader = subprocess.Popen([sys.executable, "-m", "tradewind.cli", *map(str, words)], cwd=desk,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        status = desk / "accounts" / "tight" / "status.json"
        until(status.is_file)
        web.go("/?account=tight")
        web.shows("tight is stopped, level 3")
        web.shows("The largest loss of capital allowed is reached (R10).")
        assert "used up" in web.run("document.body.innerText")
        web.go("/risk?account=tight")
        web.shows("Re-arm")
        web.run("document.querySelector('[data-open=rearm]').click()")
        web.run("document.querySelector('#rearm form').requestSubmit()")
        assert "rearm" not in [one["action"] for one in _audit(web) if one["about"].get("account") == "tight"]
        web.fill("#rearm [name=reason]", "looked at every trade")
        web.run("document.querySelector('#rearm form').requestSubmit()")
        web.shows("Kill level 0, lowered by ann: looked at every trade.")
        web.go("/orders?tab=gate&account=tight")
        web.shows("re-arm")
        web.shows("latch")
    finally:
        trader.terminate()
        trader.wait(30)


def until(true, seconds=90):
    """It has become true."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


def _audit(web):
    return json.loads(web.run("fetch('/api/v1/audit').then((one) => one.text())"))["items"]


def test_what_happens_to_an_account_is_on_the_page_by_itself(web, desk):
    """A kill file that somebody wrote in a terminal stands on an open page, and is gone from it with the file."""
    web.go("/data?account=paper")
    kill = desk / "accounts" / "paper" / "KILL"
    kill.write_text("3")
    web.shows("paper is stopped, level 3")
    kill.unlink()
    web.wait("!document.body.innerText.includes('paper is stopped')")
    assert web.said == []


def test_without_a_broker_there_is_nothing_to_arm(web):
    """The page says what to do."""
    web.go("/strategies/start")
    web.shows("No broker yet")
    assert web.run("document.querySelector('[data-do=begin]')") is None


def test_live_is_armed_by_typing_the_name_and_the_password(with_broker):
    """First what would happen is shown; another name and a wrong password begin nothing and say why."""
    address, data = with_broker

    def typed_in(alias, password):
        browser.fill("form[data-do=begin] [name=alias]", alias)
        browser.fill("form[data-do=begin] [name=password]", password)
        browser.run("document.querySelector('form[data-do=begin]').requestSubmit()")

    with Web(address) as browser:
        browser.enter()
        browser.go("/strategies/start")
        browser.run("document.querySelector('form[data-do=look]').requestSubmit()")
        browser.shows("Arm live?")
        browser.shows("a practice account: no real money")
        assert not (data / "begun").exists()
        typed_in("life", PASSWORD)
        browser.shows("'life' is not the name of the account.")
        typed_in("live", "wrong wrong wrong")
        browser.shows("Name or password are wrong")
        assert not (data / "begun").exists()
        typed_in("live", PASSWORD)
        browser.shows("live is armed and begins.")

    assert (data / "begun").read_text().startswith("live: live --on=")


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
