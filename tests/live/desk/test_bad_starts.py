"""Whatever is wrong at a start ends in one sentence that says what to do, and changes nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from oanda_desk import HERE, WEDNESDAY, request, running, wall
from simulated_oanda import simulated_oanda

from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.oanda.pace import Timing
from tradewind.adapters.brokers.tokens import Token
from tradewind.adapters.journal import BadJournal
from tradewind.broker import BrokerRefused, Login
from tradewind.errors import TradewindError
from tradewind.live.prepare import prepare
from tradewind.live.run import armed, first_balance
from tradewind.live.start import open_account, open_leading
from tradewind.markets.loading import load_profile


@pytest.fixture(scope="module")
def venue():
    """A simulated OANDA on the clock of these tests."""
    with simulated_oanda(now=wall) as one:
        yield one


def opened(venue, **changed):
    """Return what happens when an adapter that differs in one thing is opened."""
    given = {"account": venue.account, "token": venue.token, "symbols": ["XAUUSD"]} | changed
    profile = load_profile("oanda")
    broker = OandaBroker(
        given["account"], Token(given["token"]), instruments=[profile.instrument(one) for one in given["symbols"]],
        base_url=venue.url, stream_url=venue.url, clock=Timing(now=wall),
    )  # fmt: skip

    async def run():
        try:
            return await broker.open()
        finally:
            await broker.close()

    return asyncio.run(run())


@pytest.mark.parametrize("changed", [{"token": "not-the-token-at-all"}, {"account": "101-001-7654321-001"}])
def test_a_wrong_token_or_account_is_refused_in_words(venue, changed):
    """The broker's answer is not an outage, and the token is not in it."""
    with pytest.raises(BrokerRefused) as caught:
        opened(venue, **changed)

    assert len(str(caught.value)) > 30
    assert venue.token not in str(caught.value)


def test_a_real_account_wants_its_own_number_typed():
    """Nothing trades real money by a slip of the finger."""
    login = Login("001-001-1", practice=False, currency="USD", hedging=False, clock_offset=0)
    with pytest.raises(TradewindError, match="--arm 001-001-1"):
        armed(login, "001-001-2", "production")
    for stage in ("development", "paper"):  # the number alone is not enough where the folder is for something else
        with pytest.raises(TradewindError, match='stage = "production"'):
            armed(login, "001-001-1", stage)

    armed(login, "001-001-1", "production")
    armed(login._replace(practice=True), None, "paper")


def test_an_account_in_another_currency_is_refused(tmp_path):
    """Limits and sizes are in the account's currency: a wrong one would be wrong everywhere."""
    login = Login("x", practice=True, currency="EUR", hedging=False, clock_offset=0)
    with pytest.raises(BrokerRefused, match=r"account\.currency"):
        first_balance(prepare(request(tmp_path)), login, None)


def test_risk_rules_are_not_optional(tmp_path):
    """Without limits there is no kill switch."""
    bare = request(tmp_path)
    with pytest.raises(TradewindError, match="--risk house"):
        prepare(type(bare)(bare.choices, bare.symbols, bar=bare.bar, settings=bare.settings))


def test_a_second_trader_on_the_same_account_is_told_who_trades(tmp_path):
    """One process an account."""
    prepared = prepare(request(tmp_path))
    _, journal, lease = open_leading(prepared, "one", "paper", None)
    with journal:
        with pytest.raises(TradewindError, match=str(os.getpid())):
            open_leading(prepared, "one", "paper", None)
        lease.release()


def test_an_account_is_not_reused_for_another_strategy_or_mode(tmp_path):
    """What a journal was written for is what may go on."""
    prepared = prepare(request(tmp_path))
    desk, journal = open_account(prepared, "kept", "paper")
    with journal:
        desk.begin(WEDNESDAY, desk.start_document)
    with pytest.raises(TradewindError, match="paper trading, not live"):
        open_account(prepared, "kept", "live")
    other = prepare(request(tmp_path, bar="M1"))
    with pytest.raises(TradewindError, match="bar S5, not M1"):
        open_account(other, "kept", "paper")


def test_a_flipped_bit_in_the_journal_is_found_before_anything_is_traded(tmp_path):
    """A damaged journal is refused in words, or cut at its end and said so; never believed."""
    prepared = prepare(request(tmp_path))
    desk, journal = open_account(prepared, "hurt", "paper")
    with journal:
        for number in range(40):
            desk.begin(WEDNESDAY + number, desk.start_document)
        journal.checkpoint()
    path = Path(desk.folder.journal)
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 9000, 500):
        content[place] ^= 4
    path.write_bytes(content)

    with pytest.raises(BadJournal, match="commit"):
        open_account(prepared, "hurt", "paper")


def test_a_clock_three_seconds_off_lets_nothing_be_opened(tmp_path):
    """The skew is measured at the broker; exits would still be allowed."""
    with simulated_oanda(now=lambda: wall() + 3_000_000_000) as venue, running(venue, tmp_path) as one:
        one.until(lambda: any("clock suspect" in name for name in one.status().get("reasons", {})))
        assert one.status()["ready"] is False


def test_a_full_disk_ends_the_trader_with_a_sentence_and_a_whole_journal(tmp_path):
    """The last commit that was acknowledged is there; nothing half-written is."""
    script = tmp_path / "fill.py"
    script.write_text(
        f"import sys; sys.path[:0] = [{str(HERE)!r}]\n"
        "import resource\nfrom pathlib import Path\n"
        "from oanda_desk import WEDNESDAY, request\n"
        "from tradewind.live.prepare import prepare\nfrom tradewind.live.start import open_account\n"
        f"desk, journal = open_account(prepare(request(Path({str(tmp_path)!r}))), 'full', 'paper')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))\n"
        "for number in range(100_000):\n    desk.begin(WEDNESDAY + number, desk.start_document)\n",
        encoding="utf-8",
    )
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False,
                         preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))  # fmt: skip

    assert "JournalFailed" in ran.stderr
    _, journal = open_account(prepare(request(tmp_path)), "full", "paper")
    with journal:
        assert len(journal.notes("start")) > 5
        assert journal.check() is None
