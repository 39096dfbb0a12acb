"""Live arming as a person does it: the form, what would happen, the account's name and a password, and it trades."""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from pages_web import PASSWORD, Web, add_people, answers, serving

from tradewind.live.folder import Folder
from tradewind.live.launch import as_toml
from tradewind.settings import BrokerAccount, Settings
from tradewind.watchdog.processes import started

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "live")]

from simulated_oanda import simulated_oanda  # noqa: E402  after the path

ACCOUNT = "practice"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return an empty data folder; whatever trader was begun there is gone afterwards."""
    data = tmp_path_factory.mktemp("live")
    yield data
    if (process := begun(data)) is not None:
        os.killpg(process, signal.SIGKILL)


@pytest.fixture(scope="module")
def trader(folder):
    """A browser at a server whose settings name a practice account at a simulated OANDA."""
    with simulated_oanda() as venue:
        token, file = folder / "token", folder / "tradewind.toml"
        token.touch(0o600)
        token.write_text(venue.token)
        broker = BrokerAccount(
            name="oanda", account=venue.account, token_file=token, base_url=venue.url, stream_url=venue.url
        )
        file.write_text(as_toml(Settings(profile="oanda", broker=broker, strategies=TESTS / "views" / "strategies")))
        add_people(folder)
        with serving(folder, file) as address:
            answers(address)
            with Web(address) as browser:
                browser.enter("ann", "/strategies/start")
                yield browser


def begun(folder):
    """Return the process of the trader that was begun and lives, None where there is none."""
    path = folder / "accounts" / ACCOUNT / "begun.json"
    told = json.loads(path.read_text()) if path.exists() else {"pid": 0, "started": -1}
    return told["pid"] if started(told["pid"]) == told["started"] else None


def typed_in(browser, alias, password):
    """Type a name and a password into the form that arms, and send it."""
    browser.fill("form[data-do=begin] [name=alias]", alias)
    browser.fill("form[data-do=begin] [name=password]", password)
    browser.run("document.querySelector('form[data-do=begin]').requestSubmit()")


def test_who_looks_at_no_account_is_shown_the_first_one_as_it_begins(trader, folder):
    """Nothing is pressed; and what has told nothing yet is neither an account without limits nor one that never ran."""
    trader.go("/")
    trader.shows("Nothing trades yet")
    first = Folder(folder / "accounts" / "first")
    first.begins()
    trader.shows("What is used of each limit stands here")
    trader.wait("document.querySelector('.strip-facts').innerText.includes('Starting')")
    shutil.rmtree(folder / "accounts")
    assert trader.said == []


def test_live_is_armed_by_the_name_and_the_password_and_by_nothing_less(trader, folder):
    """Looking begins nothing, nor do a wrong name or a wrong password, which are refused in words; both right do."""
    trader.go("/strategies/start")
    trader.fill("form[data-do=look] [name=strategies]", "flip")
    trader.fill("form[data-do=look] [name=account]", ACCOUNT)
    trader.run("document.querySelector('form[data-do=look] [name=watchdog]').click()")
    trader.run("document.querySelector('form[data-do=look]').requestSubmit()")
    trader.shows(f"Arm {ACCOUNT}?")
    told = trader.run("document.querySelector('form[data-do=begin]').closest('.card').innerText")
    for words in ("practice account", "WITHOUT a watchdog", "Daily hard loss", "tradewind live", "five minutes"):
        assert words.casefold() in told.casefold()
    assert begun(folder) is None

    typed_in(trader, "practise", PASSWORD)
    trader.shows("'practise' is not the name of the account. Type it as the preview shows it.")
    typed_in(trader, ACCOUNT, "wrong")
    trader.shows("Name or password are wrong")
    assert begun(folder) is None
    assert not (folder / "accounts").exists()

    typed_in(trader, ACCOUNT, PASSWORD)
    trader.shows(f"{ACCOUNT} is armed and begins.")
    assert begun(folder) is not None
    trader.until(
        "accounts", lambda one: [(each["state"], each["mode"]) for each in one["items"]] == [("running", "live")]
    )
    trader.go(f"/?account={ACCOUNT}")
    trader.wait("document.querySelector('.strip-facts')?.innerText.includes('LIVE')")
    deeds = [(one["action"], one["outcome"]) for one in trader.asked_for("audit")["items"]]
    assert deeds == [
        ("log in", "done"), ("preview live", "done"), ("arm live", "refused"), ("password", "refused"),
        ("arm live", "done"),
    ]  # fmt: skip
    assert trader.said == []
