"""A broker's stream on its way: the feed numbers it, Kafka carries it, the recorder keeps every price once."""

import contextlib
import time

import numpy as np
import pytest
import stacked
from prometheus_client.parser import text_string_to_metric_families
from simulated_oanda import simulated_oanda

from tradewind.adapters.kafka.producing import Publisher
from tradewind.adapters.kafka.topics import JOURNAL, QUOTES
from tradewind.errors import BadSettings
from tradewind.services.running import works
from tradewind.settings import BrokerAccount, Settings

PRICES = (
    "SELECT count(*) FROM market.quotes q JOIN market.quoted i ON i.id = q.quoted"
    " WHERE i.symbol = 'XAUUSD' AND received_ns >= %s"
)
"""Those since a moment: other tests leave theirs in the same database."""


@contextlib.contextmanager
def venue(tmp_path):
    """A simulated OANDA and the settings of an account there."""
    with simulated_oanda() as one:
        token = tmp_path / "token"
        token.touch(0o600)
        token.write_text(one.token)
        broker = BrokerAccount(
            name="oanda", account=one.account, token_file=token, base_url=one.url, stream_url=one.url
        )
        yield one, stacked.settings(tmp_path, profile="oanda", broker=broker)


def test_every_price_of_a_stream_is_kept_once_through_a_cut(tmp_path):
    """Two hundred prices, the stream cut in the middle: what came is there, in order, and nothing twice."""
    began = time.time_ns()
    with venue(tmp_path) as (one, wanted), stacked.running(wanted, "feed", "recorder", symbols=["XAUUSD"]) as lives:
        stacked.until(lambda: lives["feed"].figures.get("prices", 0) > 0)
        before = stacked.count(PRICES, began)
        for step in range(200):
            bid = 2400 + step * 0.01
            one.price("XAU_USD", f"{bid:.3f}", f"{bid + 0.4:.3f}")
            if step == 100:
                one.cut_streams()
                stacked.until(lambda: lives["feed"].state == "degraded" or lives["feed"].figures["prices"] > 150, 20)
            time.sleep(0.005)
        told = stacked.until(lambda: lives["feed"].figures["waiting"] == 0 and lives["feed"].figures["prices"])
        stacked.until(lambda: stacked.count(PRICES, began) >= told)

        assert stacked.count(PRICES, began) == told > before
        assert stacked.count("SELECT count(*) FROM (SELECT quoted, epoch, seq FROM market.quotes GROUP BY 1, 2, 3"
                             " HAVING count(*) > 1) AS twice") == 0  # fmt: skip
        fed, recorded = lives["feed"].told, lives["recorder"].told
        assert figure(fed, "tradewind_md_events_total", venue="oanda", kind="quote") == told
        assert figure(fed, "tradewind_md_event_age_seconds_count", venue="oanda") >= told - before
        assert figure(fed, "tradewind_md_gaps_total", venue="oanda") >= 1
        assert figure(fed, "tradewind_broker_connected", venue="oanda") == 1
        assert stacked.until(lambda: figure(recorded, "tradewind_consumer_lag_records", topic=QUOTES.name) == 0)
        assert figure(recorded, "tradewind_records_written_total", target=QUOTES.name) > 0
        assert figure(recorded, "tradewind_end_to_end_seconds_count") > 0
        assert figure(recorded, "tradewind_db_tx_seconds_count", op="tradewind-market") > 0


def figure(told, name, **labels):
    """Return what is told under a name and these labels, all of it together; None where nothing is."""
    families = text_string_to_metric_families(told.text().decode())
    found = [one for family in families for one in family.samples if one.name == name]
    values = [one.value for one in found if labels.items() <= one.labels.items()]
    return sum(values) if values else None


def test_what_a_topic_should_not_hold_is_put_aside_and_the_recorder_goes_on(tmp_path):
    """Nonsense in every topic it reads."""
    wanted = stacked.settings(tmp_path)
    key, publisher = stacked.name(), Publisher(wanted.ports.feed.removeprefix("kafka://"))
    for topic in (QUOTES, JOURNAL):
        publisher.put(topic, key.encode(), np.random.default_rng(1).bytes(100))
    publisher.flush()
    letters = {
        table: f"SELECT count(*) FROM {table}.dead_letters WHERE key = '{key}'"  # noqa: S608 - our own names
        for table in ("market", "monitoring")
    }
    with stacked.running(wanted, "recorder") as lives:
        for query in letters.values():
            stacked.until(lambda query=query: stacked.count(query) == 1)

        assert lives["recorder"].state == "working"
        stacked.until(lambda: figure(lives["recorder"].told, "tradewind_dead_letters_total", topic=JOURNAL.name) >= 1)
        assert figure(lives["recorder"].told, "tradewind_dead_letters_total", topic=QUOTES.name) >= 1


def test_services_begin_in_any_order_and_wait_for_what_is_not_there_yet(tmp_path):
    """A recorder whose database cannot be reached says so, and works when it can be."""
    wanted = stacked.settings(tmp_path)
    wrong = wanted.model_copy(update={"ports": wanted.ports.model_copy(
        update={"history": "timescale://tradewind@127.0.0.1:1/postgres", "journal": "sqlite"})})  # fmt: skip
    with stacked.running(wrong, "recorder") as lives:
        stacked.until(lambda: lives["recorder"].state == "degraded")
        assert "Is the server running?" in lives["recorder"].why
        assert lives["recorder"].restarts > 0
    assert lives["recorder"].state == "stopped"


def test_services_that_have_nothing_to_do_are_not_there(tmp_path):
    """Without a broker there is no feed."""
    wanted = stacked.settings(tmp_path)
    assert set(works(wanted)) == {"outbox", "recorder"}
    with pytest.raises(BadSettings, match="Services share prices through Kafka"):
        works(Settings(data=tmp_path))
