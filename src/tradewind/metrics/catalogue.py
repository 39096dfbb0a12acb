"""Every figure that is told, by name: what kind it is, what it says, and which labels it may have.

Names follow Prometheus: base units, `_total` for what only grows. Labels come from closed sets, or from what somebody
configured (`account`, `strategy`, `venue`); no order, price or text of a person is ever one. The process and the
account stand on each series as labels of its target (`component`, `account`), which the scraper adds.
"""

from typing import Literal, NamedTuple

from tradewind.errors import TradewindError, nearest

Kind = Literal["counter", "gauge", "histogram"]

WAIT_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets in seconds for what a person may notice."""
STEP_S = (0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
"""Buckets in seconds for what is computed."""
SLIPPAGE_BPS = (-10.0, -5.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


class Metric(NamedTuple):
    """One figure."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _read(kind: Kind, table: str, buckets: tuple[float, ...] = ()) -> tuple[Metric, ...]:
    """Return the metrics of a table: a line each, `name{labels}  what it says`."""
    found = []
    for line in table.strip().splitlines():
        named, says = line.strip().split("  ", 1)
        name, _, labels = named.rstrip("}").partition("{")
        found.append(Metric(f"tradewind_{name}", kind, says.strip(), tuple(filter(None, labels.split(","))), buckets))
    return tuple(found)


COUNTERS = """
md_events_total{venue,kind}  Market events taken in: quotes, bars, heartbeats.
md_gaps_total{venue,kind}  Times a feed was silent longer than usual for that minute of the week, or lost its stream.
md_rejected_total{venue,reason}  Prices that were not believed, by reason.
md_duplicates_total  Prices that had come before.
decisions_total{strategy,action}  Decisions of strategies: enter, exit, cancel, replace, refuse.
risk_checks_total{strategy,result,rule}  What was asked of the risk gate; rule is the refusal's name, or none.
risk_throttle_trips_total{strategy}  Entries refused because too many were sent lately.
orders_total{venue,strategy,state}  Orders that reached a state.
order_rejects_total{venue,reason}  Orders that the broker refused, by our name of its reason.
fills_total{venue}  Fills that changed a position.
fill_duplicates_total  Fills that were told again, and changed nothing.
recon_runs_total{kind,result}  Comparisons with the broker: agree, differ or failed.
adjustments_total{reason}  Corrections to what we believed, by reason.
broker_requests_total{venue,op,code}  Requests to the broker, by operation and answer.
db_errors_total{reason}  Errors of the databases, by reason.
dead_letters_total{topic}  Messages that could not be read and were put aside.
records_written_total{target}  Messages that had their effect, by where they came from or went.
queue_dropped_total{queue,policy}  What a full queue let go, by policy.
log_dropped_total  Log lines that could not be written.
notifications_total{result}  Messages to people: sent, failed or held back.
api_requests_total{method,code}  Requests to the API, by class of answer.
jobs_total{kind,state}  Jobs that ended, by kind and how.
auth_failures_total{reason}  Logins, tokens and keys that were refused, by reason.
auth_lockouts_total  Times a user was locked out.
admin_actions_total{action}  Changes by people with the right to make them.
token_reuse_total  Refresh tokens that were used twice: one was stolen.
"""

GAUGES = """
md_last_event_timestamp_seconds{venue}  When the newest price came, Unix seconds.
md_stale_instruments  Instruments whose feed is silent longer than usual, or never spoke.
md_instruments  Instruments that are subscribed.
market_open  1 while any traded instrument's market is open.
strategy_state{strategy,state}  1 for the state a strategy is in: running, waiting, held, halted, stopped.
risk_limit_usage_ratio{limit}  How much of a limit is used; 1 is reached.
orders_open{venue}  Orders that live at the broker.
orders_unknown{venue}  Orders whose outcome is not known.
order_unknown_age_seconds_max{venue}  How long the oldest of them has been unknown.
position_exposure_ratio{strategy}  Value of a strategy's open positions over the account's equity.
positions_open  Open positions.
unprotected_positions  Open positions that no stop at the broker covers.
unprotected_seconds_max  How long the oldest of them has been without.
pnl_realized{ccy}  Realised result since the account began, in its currency.
equity{ccy}  Balance and what is open, in the account's currency.
balance{ccy}  Balance, in the account's currency.
drawdown_ratio  How far equity lies below its highest, as a share of that.
cash_drift{ccy}  Our balance less the broker's at the last comparison, in the account's currency.
recon_last_success_timestamp_seconds{kind}  When a comparison with the broker last found no difference, Unix seconds.
recon_differences{kind}  Differences that the last comparison left unexplained.
broker_connected{venue}  1 while the stream of prices and the stream of reports stand.
broker_last_proof_timestamp_seconds{venue}  When the broker last gave positive evidence of itself, Unix seconds.
broker_clock_offset_seconds{venue}  The broker's clock less ours.
trading_ready  1 while every check for trading is green.
check{name}  1 for a check that is green, 0 for one that is not.
mode{mode}  1 for the mode this process trades in: backtest, paper, live.
kill_state{scope}  Kill level in force, 0 to 4.
leader  1 while this process holds the account's lease.
leader_epoch  The number of that lease; each new leader has a higher one.
lease_remaining_seconds  Until the lease lapses unless it is renewed.
watchdog_heartbeat_timestamp_seconds  When the watchdog last showed that it lives, Unix seconds.
build_info{version,commit,config_hash}  1, with what runs here.
journal_seq  Number of the newest event in the journal.
journal_bytes  Size of the journal.
outbox_lag_events  Events that wait to be published.
projection_lag_seconds{target}  How long a journal's oldest message waits for the tables for reports; 0 where none does.
disk_free_ratio  Free share of the disk the data folder is on.
consumer_lag_records{topic}  Messages that wait to be read.
consumer_lag_seconds{topic}  How long the oldest message waits that had no effect yet; 0 where none does.
service_state{state}  1 for the state of a service: starting, working, degraded, stopped.
queue_depth{queue}  What waits in a queue.
jobs_open{state}  Jobs that wait or run.
stream_clients  Browsers and programs on the live stream.
cert_expiry_timestamp_seconds  When the certificate of the API ends, Unix seconds.
backup_last_success_timestamp_seconds{target}  When a backup was last made and read again, Unix seconds.
"""

WAITS = """
md_event_age_seconds{venue}  From a price's own time to when it was applied.
order_ack_seconds  From sending an order to the broker's answer.
order_decision_to_wire_seconds  From the decision to the request on its way.
fill_late_seconds  From a fill's own time to when it was applied.
broker_request_seconds{op}  Requests to the broker.
journal_fsync_seconds  Until what was written stood on the disk.
db_tx_seconds{op}  Transactions of the databases.
loop_lag_seconds  How late a loop woke.
api_request_seconds  Requests to the API.
end_to_end_seconds  From a price's own time to its row in the database, the newest of each batch.
"""

STEPS = """
strategy_step_seconds  What one event took, all strategies on it.
"""

SLIPPAGE = """
slippage_bps  What a fill was worse than the price decided on, in basis points; negative is better.
"""

METRICS: dict[str, Metric] = {
    one.name: one
    for table in (
        _read("counter", COUNTERS),
        _read("gauge", GAUGES),
        _read("histogram", WAITS, WAIT_S),
        _read("histogram", STEPS, STEP_S),
        _read("histogram", SLIPPAGE, SLIPPAGE_BPS),
    )
    for one in table
}


def metric(name: str, kind: Kind) -> Metric:
    """Return the metric of that name and kind; TradewindError where the catalogue has none."""
    found = METRICS.get(name)
    if found is None:
        raise TradewindError(f"{name} is no metric.{nearest(name, METRICS)}", "Metrics stand in metrics/catalogue.py.")
    if found.kind != kind:
        raise TradewindError(f"{name} is a {found.kind}, not a {kind}.", "Metrics stand in metrics/catalogue.py.")
    return found
