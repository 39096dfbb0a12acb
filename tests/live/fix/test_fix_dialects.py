"""What differs from broker to broker is in small tables, and what they lead to is seen here."""

import asyncio
import shutil
import ssl
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from counterparty import GOLD, US30, desk

from tradewind.adapters.brokers.fix import answers, requests
from tradewind.adapters.brokers.fix.dialects import CTRADER, DIALECTS, LMAX, STANDARD, dialect
from tradewind.adapters.brokers.fix.session import Identity, Session
from tradewind.adapters.brokers.fix.settings import Endpoint, Secret, listed, read_secret
from tradewind.adapters.brokers.fix.transport import FixLink
from tradewind.adapters.brokers.fix.wire import Garbled, Message, encode
from tradewind.broker import BrokerRefused, BrokerUnreachable, Cancel, Place
from tradewind.errors import BadSettings, UnknownName
from tradewind.kernel.orders import FILL_OR_KILL, LIMIT, MARKET, STOP, STOP_LIMIT
from tradewind.kernel.records import FILLED, REPLACE_REJECTED
from tradewind.markets.loading import load_profile

NOW = 1_780_000_000_000_000_000
STOP_ORDER = Place("TWEEEE-1-1-1-S0", 0, 1, -1, 10, STOP, trigger=388_000, role=1, closes=("P7",))


def test_every_dialect_says_that_it_was_never_tried_and_attaches_no_stops():
    for one in DIALECTS.values():
        made = one.capabilities()
        assert (made.tried, made.attached_stops, made.tells_money, made.tells_bars) == ("", False, False, False)
    with pytest.raises(UnknownName, match="ctrader"):
        dialect("ctarder")


def test_ctrader_names_orders_tersely_and_closes_a_position_by_its_number():
    fields = requests.new_order(STOP_ORDER, US30, CTRADER, "A1", NOW)
    cancel = requests.cancel(Cancel("TWEEEE-1-1-1-S0", "77"), "TWC-1", None, CTRADER, NOW)

    assert [tag for tag, _ in fields] == [11, 55, 54, 60, 38, 40, 99, 721, 494]
    assert dict(fields) | {60: ""} == {
        11: STOP_ORDER.id, 55: "US30", 54: "2", 60: "", 38: "10", 40: "3", 99: "38800", 721: "P7", 494: STOP_ORDER.id
    }  # fmt: skip
    assert cancel == [(41, "TWEEEE-1-1-1-S0"), (37, "77"), (11, "TWC-1")]
    assert requests.positions("R1", CTRADER, "A1", NOW) == [(710, "R1")]


def test_lmax_names_instruments_by_their_number():
    fields = requests.new_order(STOP_ORDER._replace(closes=()), US30._replace(code="100934"), LMAX, "A1", NOW)

    assert [pair for pair in fields if pair[0] in {48, 22, 55}] == [(48, "100934"), (22, "8")]


@pytest.mark.parametrize(
    ("order", "who"),
    [
        (STOP_ORDER._replace(type=STOP_LIMIT, closes=(), price=1), CTRADER),
        (STOP_ORDER._replace(type=LIMIT, price=1, closes=(), lifetime=FILL_OR_KILL), CTRADER),
        (STOP_ORDER._replace(closes=("P7", "P8")), CTRADER),
        (STOP_ORDER, STANDARD),
        (STOP_ORDER._replace(closes=(), stop_loss=1), STANDARD),
    ],
)
def test_what_a_dialect_has_no_words_for_is_said_before_anything_is_sent(order, who):
    with pytest.raises(requests.Unsayable):
        requests.new_order(order, US30, who, "A1", NOW)


def report(*changes):
    """Return an execution report without an ExecID, as cTrader sends them."""
    fields = {
        35: "8", 37: "101", 11: "TWEEEE-1-1-1-E0", 150: "F", 39: "1", 55: "US30", 54: "1", 38: "10", 40: "2", 14: "3",
        32: "3", 151: "7", 6: "39000.5", 60: "20260101-00:00:00", 721: "P7",
    }  # fmt: skip
    return Message("8", tuple((fields | dict(changes)).items()))


BOOK = answers.Book((US30, GOLD), {"US30": 0, "XAUUSD": 1}, "USD", position_ids=True)


def test_a_fill_is_known_by_what_is_filled_after_it_in_the_stream_and_in_an_answer():
    first = answers.report_of(report(), BOOK)
    replayed = answers.report_of(report(), BOOK)
    second = answers.report_of(report((14, "10"), (39, "2"), (32, "7")), BOOK)
    status = answers.told_by_status(report((150, "I"), (14, "10"), (39, "2")), BOOK)

    assert first == replayed
    assert (first.kind, first.execution, first.position, first.price) == (FILLED, "101:F:3", "P7", 390_005)
    assert (second.execution, second.quantity, second.filled) == ("101:F:10", 7, 10)
    assert [(one.execution, one.quantity, one.filled) for one in status] == [("101:F:10", 10, 10)]


def test_a_refused_change_leaves_the_order_alive():
    made = answers.report_of(report((150, "8"), (11, "TWEEEE-1-1-1-E1"), (41, "TWEEEE-1-1-1-E0")), BOOK)

    assert (made.kind, made.id) == (REPLACE_REJECTED, "TWEEEE-1-1-1-E0")


@pytest.mark.parametrize("change", [(32, "0"), (32, "2.5"), (32, "1e3"), (6, "-1"), (54, "9"), (60, "yesterday")])
def test_a_fill_that_means_nothing_is_garbled_and_no_fill(change):
    with pytest.raises(Garbled):
        answers.report_of(report(change), BOOK)


def test_orders_and_positions_in_instruments_not_listed_are_shown_as_such():
    order = answers.living(report((55, "EURUSD"), (150, "I")), BOOK)
    position = answers.position_of(Message("AP", ((721, "P9"), (55, "EURUSD"), (705, "0.37"))), BOOK)

    assert (order.instrument, order.side) == (-1, 1)
    assert (position.instrument, position.quantity, position.position) == (-1, -1, "P9")


def test_a_broker_that_shows_no_account_over_fix_gives_no_picture():
    with pytest.raises(BrokerRefused, match="does not list"):
        asyncio.run(desk(1, dialect=LMAX).picture())


def test_instruments_are_counted_as_the_dialect_counts_them():
    gold = [load_profile("metatrader").instrument("XAUUSD")]

    assert [row.step for row in listed(gold, {}, CTRADER)] == [gold[0].volume_step * gold[0].contract_size]
    assert [row.step for row in listed(gold, {"XAUUSD": "100637"}, LMAX)] == [gold[0].volume_step]
    with pytest.raises(BadSettings):
        listed(gold, {"XAUUSD": "or\x01"}, LMAX)


def test_a_password_is_read_from_a_file_of_its_owner_alone_and_never_shown(tmp_path):
    path = tmp_path / "password"
    path.write_text("hunter2\n")
    path.chmod(0o600)
    secret = read_secret(path)
    path.chmod(0o640)
    endpoint = Endpoint("127.0.0.1", 1, Identity("A", "B"), secret)
    logon = Session(endpoint.identity, "hunter2", _numbers()).connect(NOW)[0]

    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret!r} {secret} {endpoint}"
    assert "hunter2" not in repr(Message("A", ((554, "hunter2"),)))
    assert b"hunter2" not in logon.data  # no user name: no password
    with pytest.raises(BadSettings, match="chmod 600"):
        read_secret(path)
    with pytest.raises(BadSettings, match="cannot be read"):
        read_secret(tmp_path / "none")


def _numbers():
    from tradewind.adapters.brokers.fix.numbers import MemoryNumbers  # noqa: PLC0415  only this one needs it

    return MemoryNumbers()


@pytest.fixture
def certificate(tmp_path):
    """A certificate for this machine that signs itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    )
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    subprocess.run((*command, *names, "-keyout", key, "-out", signed), check=True, capture_output=True)
    return key, signed


def test_a_line_is_encrypted_and_a_stranger_with_his_own_certificate_is_not_talked_to(certificate):
    key, signed = certificate

    async def answer(reader, writer):
        await reader.readuntil(b"\x0110=")
        header = [(49, "BROKER"), (56, "DESK"), (34, "1"), (52, "20260101-00:00:00")]
        writer.write(encode("A", header, [(98, "0"), (108, "30"), (141, "Y")]))
        await reader.read()
        writer.close()

    async def scene():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(signed, key)
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        told = []
        trusting = Endpoint("127.0.0.1", port, Identity("DESK", "BROKER"), Secret("x"), authorities=Path(signed))
        link = FixLink(trusting, told.append, now=time.time_ns, chance=Random(1))
        await link.start()
        up = link.up
        await link.stop()
        with pytest.raises(BrokerUnreachable, match="SSLCertVerificationError"):
            await FixLink(trusting._replace(authorities=None), told.append, now=time.time_ns, chance=Random(1)).start()
        server.close()
        await server.wait_closed()
        return up

    assert asyncio.run(scene())


def test_a_market_order_says_what_the_standard_wants():
    fields = requests.new_order(Place("TWEEEE-1-1-2-E0", 1, 1, 1, 3, MARKET), GOLD, STANDARD, "A1", NOW)

    assert (dict(fields)[38], dict(fields)[40], dict(fields)[59]) == ("1.5", "1", "3")
    assert GOLD.step * 3 == Decimal("1.5")
