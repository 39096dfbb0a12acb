"""For each rule: series with which it fires at a moment, and some with which it does not, each at its boundary.

Values are those of promtool: `a+bxn` is a, then b more a step n times; `_` is no value. A step is 15 seconds.
"""

from typing import NamedTuple

TRADER = 'account="a",component="trader",instance="i",job="tradewind"'
OPEN = (f"tradewind_market_open{{{TRADER}}}", "1x400")


class Timeline(NamedTuple):
    """Series and their values; when the rule has to fire with the first, and not with the second."""

    fires: tuple[tuple[str, str], ...]
    quiet: tuple[tuple[str, str], ...]
    at: str


def one(name: str, fires: str, quiet: str, at: str = "5m", labels: str = TRADER, more: tuple = ()) -> Timeline:
    """Return the timeline of a rule that looks at one series."""
    series = f"{name}{{{labels}}}"
    return Timeline(((series, fires), *more), ((series, quiet), *more), at)


LIVE = (f'tradewind_mode{{{TRADER},mode="live"}}', "1x400")
KAFKA = 'component="kafka",instance="k",job="tradewind"'
POSTGRES = 'component="postgresql-exporter",instance="p",job="tradewind"'
RECORDER = 'component="recorder",instance="r",job="tradewind"'
API = 'component="api",instance="h",job="tradewind"'
BUILD = "tradewind_build_info"
DAILY = f'{TRADER},limit="daily_loss"'


def lag(fast: str, slow: str) -> tuple[tuple[str, str], ...]:
    """Return the buckets of a loop: `fast` wakes within a quarter of a second, `slow` in all."""
    name = "tradewind_loop_lag_seconds_bucket"
    return tuple(
        (f'{name}{{{TRADER},le="{le}"}}', text) for le, text in (("0.25", fast), ("0.5", slow), ("+Inf", slow))
    )


def commits(fast: str, slow: str) -> tuple[tuple[str, str], ...]:
    """Return the buckets of commits: `fast` within 50 ms, `slow` in all."""
    name = "tradewind_journal_fsync_seconds_bucket"
    return tuple(
        (f'{name}{{{TRADER},le="{le}"}}', text) for le, text in (("0.05", fast), ("0.1", slow), ("+Inf", slow))
    )


TIMELINES: dict[str, Timeline] = {
    "NotTradingReady": one("tradewind_trading_ready", "0x40", "1x40", "1m", more=(OPEN,)),
    "TraderGone": one("up", "1 0x40", "1x40", "1m"),
    "UnprotectedPosition": one("tradewind_unprotected_seconds_max", "5.1x20", "5x20", "15s"),
    "OrderUnknown": one("tradewind_order_unknown_age_seconds_max", "15.1x20", "15x20", "15s"),
    "BrokerNoProof": one("tradewind_broker_last_proof_timestamp_seconds", "279x40", "280x40", "5m", more=(OPEN,)),
    "ReconDifference": one("tradewind_recon_differences", "1x20", "0x20", "15s"),
    "ReconStale": one("tradewind_recon_last_success_timestamp_seconds", "179x40", "180x40", "5m"),
    "TwoLeaders": Timeline(
        ((f"tradewind_leader{{{TRADER}}}", "1x9"), ('tradewind_leader{account="a",instance="j"}', "1x9")),
        ((f"tradewind_leader{{{TRADER}}}", "1x9"), ('tradewind_leader{account="a",instance="j"}', "0x9")),
        "30s",
    ),
    "LeaseLow": one("tradewind_lease_remaining_seconds", "2.9x9", "3x9", "30s"),
    "WatchdogSilent": one(
        "tradewind_watchdog_heartbeat_timestamp_seconds", "294x40", "295x40", "5m", more=(LIVE,)
    ),
    "WatchdogMissing": Timeline(
        (LIVE,), (LIVE, (f"tradewind_watchdog_heartbeat_timestamp_seconds{{{TRADER}}}", "0+15x40")), "1m"
    ),
    "KillEngaged": one("tradewind_kill_state", "2x9", "0x9", "15s"),
    "RejectStorm": one("tradewind_order_rejects_total", "0+4x40", "0+3x40", "5m"),
    "RiskThrottle": one("tradewind_risk_throttle_trips_total", "0 0 0 0 1 1 1", "0x9", "1m"),
    "LossLimit": one("tradewind_risk_limit_usage_ratio", "0.81x9", "0.8x9", "15s", DAILY),
    "LossLimitReached": one("tradewind_risk_limit_usage_ratio", "1x9", "0.99x9", "15s", DAILY),
    "StrategyFailed": one("tradewind_strategy_errors_total", "0 0 0 0 1 1 1", "0x9", "1m"),
    "DuplicateFill": one("tradewind_fill_duplicates_total", "0+1x40", "0x20 5x20", "5m"),
    "FeedStale": one("tradewind_md_stale_instruments", "1x9", "0x9", "30s", more=(OPEN,)),
    "FeedSilent": one("tradewind_md_stale_instruments", "1x9", "1x3 0x9", "1m", more=(OPEN,)),
    "ClockOffset": one("tradewind_broker_clock_offset_seconds", "-0.51x9", "-0.5x9", "30s"),
    "ServiceDegraded": one("tradewind_service_state", "1x20", "0x20", "3m", f'{RECORDER},state="degraded"'),
    "ServiceGone": one("up", "0x20", "1x20", "2m", RECORDER),
    "LoopLag": Timeline(lag("0+90x40", "0+100x40"), lag("0+100x40", "0+100x40"), "5m"),
    "MemorySlope": one("process_resident_memory_bytes", "1e8+10000x1000", "1e8+1000x1000", "4h"),
    "CrashLoop": one("process_start_time_seconds", "1 2 3 4 5 5 5 5 5", "1 1 2 2 3 3 4 4 4", "2m"),
    "VersionSkew": Timeline(
        ((f'{BUILD}{{{TRADER},commit="1"}}', "1x40"), (f'{BUILD}{{{API},commit="2"}}', "1x40")),
        ((f'{BUILD}{{{TRADER},commit="1"}}', "1x40"), (f'{BUILD}{{{API},commit="1"}}', "1x40")),
        "2m",
    ),
    "LogsLost": one("tradewind_log_dropped_total", "0 0 9 9 9", "9x9", "1m"),
    "JournalSlow": Timeline(commits("0+90x40", "0+100x40"), commits("0+100x40", "0+100x40"), "5m"),
    "OutboxLag": one("tradewind_outbox_lag_events", "5+1x40", "100-2x40", "3m", RECORDER),
    "ProjectionLag": one("tradewind_projection_lag_seconds", "31x40", "30x40", "2m", RECORDER),
    "ConsumerLag": one("tradewind_consumer_lag_seconds", "5.1x40", "5x40", "2m", RECORDER),
    "DeadLetter": one("tradewind_dead_letters_total", "0 0 1 1 1", "1x9", "1m", RECORDER),
    "DatabaseErrors": one("tradewind_db_errors_total", "0 0 1 1 1", "1x9", "1m", RECORDER),
    "DiskLow": one("tradewind_disk_free_ratio", "0.09x20", "0.1x20", "2m"),
    "DiskAlmostFull": one("tradewind_disk_free_ratio", "0.04x20", "0.05x20", "15s"),
    "BackupOld": one("tradewind_backup_last_success_timestamp_seconds", "0x6500", "0x3000 45000x3500", "27h"),
    "AuthAttack": one("tradewind_auth_failures_total", "0+8x40", "0+7x40", "5m", API),
    "CertExpiry": one("tradewind_cert_expiry_timestamp_seconds", "1209800x40", "1209900x40", "5m", API),
    "DeadMansSnitch": Timeline((("up", "1x9"),), (), "1m"),
    "KafkaGone": one("up", "0x20", "1x20", "1m", KAFKA),
    "KafkaNoController": one("kafka_controller_kafkacontroller_activecontrollercount", "0x20", "1x20", "2m", KAFKA),
    "KafkaOfflinePartitions": one(
        "kafka_controller_kafkacontroller_offlinepartitionscount", "1x20", "0x20", "15s", KAFKA
    ),
    "KafkaUncleanElection": one(
        "kafka_controller_controllerstats_uncleanleaderelections_total", "0 0 1 1 1", "1x9", "1m", KAFKA
    ),
    "KafkaUnderReplicated": one("kafka_server_replicamanager_underreplicatedpartitions", "1x20", "0x20", "2m", KAFKA),
    "KafkaOfflineLogDirectory": one("kafka_log_logmanager_offlinelogdirectorycount", "1x9", "0x9", "15s", KAFKA),
    "PostgresDown": one("pg_up", "0x20", "1x20", "1m", POSTGRES),
    "PostgresConnections": one(
        "pg_stat_activity_count", "81x20", "80x20", "2m", POSTGRES,
        more=((f"pg_settings_max_connections{{{POSTGRES}}}", "100x20"),),
    ),
    "PostgresLongTransaction": one(
        "pg_stat_activity_max_tx_duration", "61x20", "60x20", "2m", f'{POSTGRES},state="active"'
    ),
    "PostgresArchiving": one("pg_stat_archiver_failed_count", "0 0 1 1 1", "1x9", "1m", POSTGRES),
    "RedisDown": one("redis_up", "0x20", "1x20", "2m", 'component="redis-exporter",instance="e"'),
}  # fmt: skip
