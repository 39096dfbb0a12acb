"""What people do from end to end: bring prices in, backtest, read; start paper, see why; stop, and go on."""

import json

import httpx
import pytest

from conftest import PASSWORD, Web, typed

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
    return json.loads(web.run("fetch('/api/v1/audit').then((one) => one.text())"))["items"]


def test_live_wants_the_name_and_the_password(web):
    """Without a broker there is nothing to arm, and the page says what to do."""
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
