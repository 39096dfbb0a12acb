"""The words of the log: events that may happen, and fields a line may have. Readers search by them, so they are few."""

EVENTS = {
    "process_started": "A process of ours began.",
    "process_stopped": "It ended; `reason_code` says how.",
    "said": "A sentence for whoever watches.",
    "ready": "An account may open positions.",
    "not_ready": "It may not; `text` names the reasons.",
    "alert": "A person should know; `reason_code` is its kind.",
    "order_sent": "A request about an order went to the broker.",
    "order_answered": "The broker answered it.",
    "order_refused": "The broker refused it.",
    "order_unknown": "No answer came in time; it is looked up, never sent again.",
    "order_unsent": "It was not sent after all; `reason_code` says why.",
    "fill": "An order was filled.",
    "service_state": "A service works, is degraded, or stopped; `reason_code` is the state.",
    "service_error": "A service broke off and begins again.",
    "error": "Something nobody foresaw.",
    "warning": "Something a library warned of.",
    "lines_summed": "So many lines of one event were not written, because they were too many.",
    "lines_lost": "So many lines found no room in the queue.",
}
"""Each event and what it means."""

FIELDS = (
    "ts", "level", "event", "text", "component", "mode", "account_alias", "venue", "strategy", "instrument",
    "decision_id", "client_order_id", "venue_order_id", "exec_id", "risk_id", "epoch", "seq", "run_id", "trace_id",
    "commit", "config_hash", "latency_ms", "reason_code", "error_type", "count", "side", "lots", "price", "pid",
    "version",
)  # fmt: skip
"""In the order in which a line has them."""

PLACES = {name: place for place, name in enumerate(FIELDS)}
