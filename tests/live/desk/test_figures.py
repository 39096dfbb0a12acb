"""A trader's figures move for their causes, at a desk that trades at the simulated OANDA, read at its door."""

import http.client
import json
import threading

import pytest
from oanda_desk import Running, wall
from prometheus_client.parser import text_string_to_metric_families
from simulated_oanda import simulated_oanda
from test_incidents_network import Market, ready

from tradewind.live.measuring import Measuring, told_at_a_door
from tradewind.live.run import trade
from tradewind.watchdog.killfile import engage


class Told(Running):
    """A desk that tells figures."""

    async def _trade(self):
        login = await self.broker.open()
        self.desk.begin(wall(), self.desk.start_document)
        self.desk.follow_calendar(wall())
        measuring = Measuring(self.desk, "oanda")
        with told_at_a_door(measuring, self.prepared.request.settings, self.alerts.append):
            await trade(self.desk, self.broker, mode="live", offset=login.clock_offset, tell=self._tell,
                        started=self._started, wall=wall, measuring=measuring)  # fmt: skip

    def asked(self, path):
        """Return what the door answers."""
        target = json.loads((self.desk.folder.root.parents[1] / "metrics" / "trader-test.json").read_text())
        line = http.client.HTTPConnection(target[0]["targets"][0], timeout=5)
        line.request("GET", path, headers={"Host": "localhost"})
        got = line.getresponse()
        return got.status, got.read().decode()

    def figure(self, name, **labels):
        """Return the sum of a figure over what has these labels; None where nothing has."""
        found = [
            sample.value
            for family in text_string_to_metric_families(self.asked("/metrics")[1])
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else None

    def red(self):
        """Return the checks that do not hold."""
        return {one["name"] for one in json.loads(self.asked("/tradez")[1])["checks"] if not one["ok"]}


@pytest.fixture(scope="module")
def venue():
    """A simulated OANDA with a market that moves."""
    with simulated_oanda(now=wall) as one:
        market = Market(one)
        yield one
        market.close()


@pytest.fixture(scope="module")
def desk(venue, tmp_path_factory):
    """A desk that has traded."""
    one = Told(venue, tmp_path_factory.mktemp("figures"))
    one.thread.start()
    one.until(lambda: one.driver is not None and ready(one))
    one.until(lambda: (one.figure("tradewind_fills_total") or 0) >= 2)
    yield one
    one.driver.inbox.put("stop")
    one.thread.join(60)
    one.journal.close()


COUNTED = [
    ("tradewind_md_events_total", {"kind": "quote", "venue": "oanda"}),
    ("tradewind_md_event_age_seconds_count", {"venue": "oanda"}),
    ("tradewind_decisions_total", {"action": "place", "strategy": "turns"}),
    ("tradewind_risk_checks_total", {"result": "passed"}),
    ("tradewind_orders_total", {"state": "filled"}),
    ("tradewind_orders_total", {"state": "accepted"}),
    ("tradewind_fills_total", {"venue": "oanda"}),
    ("tradewind_broker_requests_total", {"op": "place", "code": "taken"}),
    ("tradewind_broker_request_seconds_count", {"op": "place"}),
    ("tradewind_order_ack_seconds_count", {}),
    ("tradewind_order_decision_to_wire_seconds_count", {}),
    ("tradewind_journal_fsync_seconds_count", {}),
    ("tradewind_loop_lag_seconds_count", {}),
    ("tradewind_recon_runs_total", {"result": "agree"}),
    ("tradewind_recon_last_success_timestamp_seconds", {}),
    ("tradewind_broker_last_proof_timestamp_seconds", {}),
    ("tradewind_broker_connected", {}),
    ("tradewind_md_last_event_timestamp_seconds", {}),
    ("tradewind_market_open", {}),
    ("tradewind_md_instruments", {}),
    ("tradewind_journal_seq", {}),
    ("tradewind_journal_bytes", {}),
    ("tradewind_disk_free_ratio", {}),
    ("tradewind_balance", {"ccy": "USD"}),
    ("tradewind_equity", {"ccy": "USD"}),
    ("tradewind_mode", {"mode": "live"}),
    ("tradewind_leader", {}),
    ("tradewind_strategy_state", {"state": "running"}),
    ("tradewind_build_info", {}),
]
ZERO = [
    "tradewind_kill_state", "tradewind_orders_unknown", "tradewind_unprotected_positions",
    "tradewind_order_rejects_total",
    "tradewind_unprotected_seconds_max", "tradewind_order_unknown_age_seconds_max", "tradewind_recon_differences",
    "tradewind_md_stale_instruments", "tradewind_risk_throttle_trips_total",
]  # fmt: skip


@pytest.mark.parametrize(("name", "labels"), COUNTED, ids=[f"{name} {labels}" for name, labels in COUNTED])
def test_a_figure_of_a_desk_that_trades_is_more_than_nothing(desk, name, labels):
    assert desk.until(lambda: desk.figure(name, **labels)) > 0


@pytest.mark.parametrize("name", ZERO)
def test_what_has_not_happened_is_told_as_nothing(desk, name):
    assert desk.until(lambda: desk.figure(name) is not None)
    desk.until(lambda: desk.figure(name) == 0)


def test_limits_are_told_by_how_much_of_each_is_used(desk):
    assert 0 <= desk.figure("tradewind_risk_limit_usage_ratio", limit="daily_loss") < 0.5


def test_a_process_tells_far_fewer_series_than_a_scraper_minds(desk):
    families = text_string_to_metric_families(desk.asked("/metrics")[1])

    assert 100 < sum(len(one.samples) for one in families) < 700


def test_health_is_green_for_a_desk_without_a_lease_but_for_that(desk):
    """These tests trade without a lease; everything else holds."""
    desk.until(lambda: desk.red() == {"lease"})

    assert desk.asked("/livez")[0] == 200
    assert desk.asked("/readyz")[0] == 200
    assert desk.asked("/tradez")[0] == 503


def test_many_scrapes_at_once_hold_up_no_price(desk):
    before = desk.figure("tradewind_md_events_total", kind="quote")
    askers = [threading.Thread(target=lambda: [desk.asked("/metrics") for _ in range(10)]) for _ in range(4)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()

    desk.until(lambda: desk.figure("tradewind_md_events_total", kind="quote") > before)


def test_a_refused_order_is_counted_by_its_reason(desk, venue):
    before = desk.figure("tradewind_order_rejects_total")
    venue.faults(reject_orders="ACCOUNT_ORDER_CREATION_LOCKED")
    desk.until(lambda: desk.figure("tradewind_order_rejects_total") > before)
    venue.faults(reject_orders="")

    assert desk.figure("tradewind_orders_total", state="rejected") > 0


def test_a_broker_that_is_away_is_told_as_such(desk, venue):
    venue.faults(maintenance=True)
    desk.until(lambda: desk.figure("tradewind_broker_connected") == 0)
    desk.until(lambda: {"entries"} <= desk.red())
    lost = desk.figure("tradewind_md_gaps_total")
    venue.faults(maintenance=False)
    desk.until(lambda: desk.figure("tradewind_broker_connected") == 1)
    desk.until(lambda: desk.red() == {"lease"})

    assert lost >= 1


def test_a_kill_is_told(desk):
    engage(desk.desk.folder.root, 1)
    desk.until(lambda: desk.figure("tradewind_kill_state") == 1)

    assert desk.figure("tradewind_trading_ready") == 0
    assert "kill off" in desk.red()
