"""What concerns the machine: the pipeline, storage, processes, and who comes in."""

from boards.panels import Board, Panel

PIPELINE = Board("pipeline", "6 Pipeline", "Kafka, who reads from it, and what waits.", (
    Panel("Services", "table", ("tradewind_service_state == 1",), legend="{{component}} {{state}}", width=8),
    Panel("Behind, messages", "lines", ("tradewind_consumer_lag_records",), legend="{{topic}}"),
    Panel("Behind, seconds", "lines", ("tradewind_consumer_lag_seconds",), "s", warn=2, bad=5, legend="{{topic}}"),
    Panel("Price to its row, p99", "lines", ("histogram_quantile(0.99, sum by (le) (rate(tradewind_end_to_end_seconds_bucket[5m])))",), "s", warn=0.5, bad=1, legend="p99"),
    Panel("Had their effect", "lines", ("sum by (component, target) (rate(tradewind_records_written_total[1m]))",), "ops", legend="{{component}} {{target}}"),
    Panel("Put aside", "lines", ("sum by (topic) (increase(tradewind_dead_letters_total[1h]))",), bad=1, legend="{{topic}}"),
    Panel("Waits to be published", "lines", ("tradewind_outbox_lag_events",), warn=1000),
    Panel("Waits for Kafka", "lines", ("tradewind_queue_depth",), legend="{{component}} {{queue}}"),
    Panel("Reports are behind", "lines", ("tradewind_projection_lag_seconds",), "s", warn=10, bad=30, legend="{{target}}"),
    Panel("Kafka leads itself", "stat", ("sum(kafka_controller_kafkacontroller_activecontrollercount)",), says="One, and no other number.", width=6, legend="controllers"),
    Panel("Partitions offline", "stat", ("kafka_controller_kafkacontroller_offlinepartitionscount",), bad=1, width=6),
    Panel("Partitions lacking copies", "stat", ("kafka_server_replicamanager_underreplicatedpartitions",), bad=1, width=6),
    Panel("Log folders offline", "stat", ("kafka_log_logmanager_offlinelogdirectorycount",), bad=1, width=6),
    Panel("Kafka takes in", "lines", ("sum by (topic) (rate(kafka_server_brokertopicmetrics_messagesin_total[1m]))",), "ops", legend="{{topic}}", width=12),
    Panel("Kafka's requests, p99", "lines", ('kafka_network_requestmetrics_totaltimems{of="99thPercentile"}',), "ms", legend="{{request}}", width=12),
))  # fmt: skip

STORAGE = Board("storage", "7 Storage", "How long does writing take, and how much room is left?", (
    Panel("Commit of the journal, p99", "lines", ("histogram_quantile(0.99, sum by (le, account) (rate(tradewind_journal_fsync_seconds_bucket[5m])))",), "s", "Every order waits for it.", 0.02, 0.05),
    Panel("Journal", "lines", ("tradewind_journal_bytes",), "bytes"),
    Panel("Events", "lines", ("rate(tradewind_journal_seq[5m])",), "ops"),
    Panel("Disk free", "lines", ("min by (component, account) (tradewind_disk_free_ratio)",), "percentunit", warn=0.1, bad=0.05),
    Panel("Transactions, p99", "lines", ("histogram_quantile(0.99, sum by (le, op) (rate(tradewind_db_tx_seconds_bucket[5m])))",), "s", legend="{{op}}"),
    Panel("Errors of databases", "lines", ("sum by (component, reason) (increase(tradewind_db_errors_total[1h]))",), bad=1, legend="{{component}} {{reason}}"),
    Panel("PostgreSQL answers", "stat", ("pg_up",), "bool_yes_no", warn=1, bad=0, legend="{{component}}", width=6),
    Panel("Connections", "lines", ("sum by (component) (pg_stat_activity_count)",), legend="{{component}}", width=6),
    Panel("Longest transaction", "lines", ("max by (component) (pg_stat_activity_max_tx_duration)",), "s", warn=30, bad=60, legend="{{component}}", width=6),
    Panel("Databases", "lines", ("pg_database_size_bytes",), "bytes", legend="{{component}} {{datname}}", width=6),
    Panel("Redis answers", "stat", ("redis_up",), "bool_yes_no", warn=1, bad=0, width=6),
    Panel("Redis holds", "lines", ("redis_memory_used_bytes",), "bytes", width=6),
    Panel("Backups", "stat", ("time() - tradewind_backup_last_success_timestamp_seconds",), "s", "Age of the last good one.", 86400, 93600, "{{target}}", 6),
    Panel("Disks", "lines", ('node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"}',), "bytes", legend="{{mountpoint}}", width=6),
    Panel("Rows of the market", "table", ("SELECT relname AS table_name, n_live_tup AS rows FROM pg_stat_user_tables WHERE schemaname = 'market' ORDER BY 2 DESC LIMIT 20",), width=24, database="market"),
))  # fmt: skip

RUNTIME = Board("runtime", "8 Runtime", "What do the processes use, and which versions run?", (
    Panel("Answers", "table", ("up",), says="1 for each process that could be asked.", legend="{{component}}", width=8),
    Panel("Versions", "table", ("tradewind_build_info",), says="All should be alike.", legend="{{component}} {{version}} {{commit}}", width=16),
    Panel("Wakes late, p99", "lines", ("histogram_quantile(0.99, sum by (le, account) (rate(tradewind_loop_lag_seconds_bucket[5m])))",), "s", warn=0.1, bad=0.25),
    Panel("Memory", "lines", ('process_resident_memory_bytes{job="tradewind"}',), "bytes"),
    Panel("Processor", "lines", ('rate(process_cpu_seconds_total{job="tradewind"}[1m])',), "percentunit"),
    Panel("Open files", "lines", ('process_open_fds{job="tradewind"}',)),
    Panel("Garbage collected", "lines", ("sum by (component, account) (rate(python_gc_collections_total[5m]))",), "ops"),
    Panel("Started", "lines", ('changes(process_start_time_seconds{job="tradewind"}[10m])',), bad=3),
    Panel("Log lines lost", "lines", ("increase(tradewind_log_dropped_total[1h])",), bad=1),
    Panel("Machine", "lines", ("node_load1",), legend="load", width=12),
    Panel("Memory of the machine", "lines", ("node_memory_MemAvailable_bytes",), "bytes", legend="available", width=12),
))  # fmt: skip

SECURITY = Board("security", "10 Security", "Who comes in, who tries to, and who did what?", (
    Panel("Refused", "lines", ("sum by (reason) (rate(tradewind_auth_failures_total[5m]))",), "ops", bad=0.5, legend="{{reason}}"),
    Panel("Locked out", "lines", ("increase(tradewind_auth_lockouts_total[1h])",), bad=1),
    Panel("Tokens shown twice", "lines", ("increase(tradewind_token_reuse_total[1h])",), says="A copy was stolen.", bad=1),
    Panel("Deeds", "lines", ("sum by (action) (increase(tradewind_admin_actions_total[1h]))",), legend="{{action}}", width=12),
    Panel("Requests", "lines", ("sum by (method, code) (rate(tradewind_api_requests_total[5m]))",), "reqps", legend="{{method}} {{code}}", width=12),
    Panel("Answers, p95", "lines", ("histogram_quantile(0.95, sum by (le) (rate(tradewind_api_request_seconds_bucket[5m])))",), "s", warn=0.05, bad=0.2, legend="p95"),
    Panel("Live streams", "stat", ("tradewind_stream_clients",)),
    Panel("Certificate ends in", "stat", ("tradewind_cert_expiry_timestamp_seconds - time()",), "s", warn=1209600, bad=86400),
    Panel("Jobs", "lines", ("tradewind_jobs_open",), legend="{{state}}", width=12),
    Panel("Ended jobs", "lines", ("sum by (kind, state) (increase(tradewind_jobs_total[1h]))",), legend="{{kind}} {{state}}", width=12),
))  # fmt: skip

BOARDS = (PIPELINE, STORAGE, RUNTIME, SECURITY)
