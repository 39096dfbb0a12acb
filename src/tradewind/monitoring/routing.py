"""Where alerts go: Alertmanager's settings.

Three ways: what has to wake somebody, what can wait for the morning, and the signal that is always sent, whose absence
wakes somebody (a dead man's switch outside of this machine). Each is the address of a webhook in a secret file; where
the file is empty nobody is told that way, and the web page of Alertmanager shows the alert all the same.
"""

import json
from collections.abc import Mapping
from typing import Any

SECRETS = ("alert-page", "alert-warn", "alert-snitch")
PAGE, WARN, SNITCH = SECRETS


def routing_text(addresses: Mapping[str, str]) -> str:
    """Return the settings, as JSON, which YAML takes, with the address of each way; empty: none."""
    return json.dumps(routing({name: {"url": text} if text else None for name, text in addresses.items()}), indent=2)


def routing(ways: Mapping[str, Mapping[str, str] | None]) -> dict[str, Any]:
    """Return the settings with each way's webhook: its address, the file with it, or nothing."""
    return {
        "route": {
            "receiver": WARN,
            "group_by": ["alertname", "account", "component"],
            "group_wait": "1s",
            "group_interval": "1m",
            "repeat_interval": "4h",
            "routes": [
                {"receiver": SNITCH, "matchers": ['level="snitch"'], "group_wait": "0s", "repeat_interval": "1m",
                 "group_interval": "1m"},
                {"receiver": PAGE, "matchers": ['level="page"'], "repeat_interval": "15m"},
            ],
        },
        "inhibit_rules": [
            # Who is paged is not told the milder half as well.
            {"source_matchers": ['level="page"'], "target_matchers": ['level="warn"'],
             "equal": ["alertname", "account", "component"]},
            # A trader that is gone cannot be ready; one page is enough.
            {"source_matchers": ["alertname=TraderGone"],
             "target_matchers": ["alertname=~NotTradingReady|BrokerNoProof"], "equal": ["account"]},
        ],
        "receivers": [
            {"name": name, **({"webhook_configs": [{**way, "send_resolved": name != SNITCH}]} if way else {})}
            for name, way in ((name, ways.get(name)) for name in SECRETS)
        ],
    }  # fmt: skip
