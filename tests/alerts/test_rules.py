"""Every rule fires when it should and not before, asks for figures there are, and has a page that says what to do."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from timelines import TIMELINES

from tradewind.metrics.catalogue import METRICS
from tradewind.monitoring import RULES
from tradewind.monitoring.routing import PAGE, SECRETS, SNITCH, WARN, routing_text

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks.md"
FILES = sorted(RULES.glob("*.yml"))
WRITTEN = re.findall(
    r"- alert: (\w+)\n(.*?)(?=\n      - alert|\n  - name|\Z)", "\n".join(one.read_text() for one in FILES), re.DOTALL
)
NAMES = [name for name, _ in WRITTEN]
OTHERS = re.compile(r"(up|ALERTS|pg_\w+|kafka_\w+|redis_\w+|node_\w+|process_\w+)\Z")
WORDS = {
    "on", "and", "or", "unless", "by", "sum", "max", "min", "count", "rate", "increase", "abs", "time", "deriv",
    "delta", "histogram_quantile", "vector", "changes", "account", "instance", "component", "venue", "le", "mode",
    "limit", "job", "commit", "state",
}  # fmt: skip


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("TRADEWIND_REQUIRE_SERVICES"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def expression(text: str) -> str:
    return re.search(r"expr: (?:>-\n)?(.*?)\n        (?:for|labels):", text, re.DOTALL)[1]


def level(text: str) -> str:
    return re.search(r"level: (\w+)", text)[1]


def test_the_rules_are_ones_prometheus_takes():
    done = subprocess.run([program("promtool"), "check", "rules", *FILES], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(NAMES) == len(set(NAMES)) > 45


def test_every_rule_has_a_timeline():
    assert set(TIMELINES) == set(NAMES)


def case_of(name: str, series, at: str, *, fires: bool) -> dict:
    inputs = [{"series": one, "values": values} for one, values in series]
    found = {"interval": "15s", "input_series": inputs, "name": f"{name} {'fires' if fires else 'stays quiet'}"}
    # promtool compares labels and texts of alerts; what is asked here is how many there are.
    query = f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) > bool 0'
    wanted = [{"labels": "{}", "value": 1}] if fires else []
    return {**found, "promql_expr_test": [{"expr": query, "eval_time": at, "exp_samples": wanted}]}


def test_every_rule_fires_at_its_boundary_and_not_before(tmp_path: Path):
    tests = []
    for name, timeline in TIMELINES.items():
        tests.append(case_of(name, timeline.fires, timeline.at, fires=True))
        if timeline.quiet:
            tests.append(case_of(name, timeline.quiet, timeline.at, fires=False))
    told = {"rule_files": [str(one) for one in FILES], "evaluation_interval": "15s", "tests": tests}
    (tmp_path / "timelines.yml").write_text(json.dumps(told))
    command = [program("promtool"), "test", "rules", str(tmp_path / "timelines.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert len(tests) > 2 * 45


@pytest.mark.parametrize("text", [text for _, text in WRITTEN], ids=NAMES)
def test_a_rule_asks_only_for_figures_there_are_and_tells_what_it_found(text: str):
    asked = expression(text)
    plain = re.sub(r'"[^"]*"', "", asked)
    words = set(re.findall(r"[a-zA-Z_][a-zA-Z0-9_]+", re.sub(r"\[\w+\]", "", plain))) - WORDS
    ours = {re.sub(r"_(bucket|sum|count)\Z", "", word) if word not in METRICS else word for word in words}

    assert all(word in METRICS or OTHERS.match(word) for word in ours), ours
    assert level(text) in ("page", "warn", "snitch")
    assert "summary:" in text
    assert "description:" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_a_section_that_says_what_to_do(name: str):
    text = RUNBOOKS.read_text()
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)

    assert section, f"docs/runbooks.md has no section ### {name}"
    for part in ("**Means**", "**Look**", "**Do**"):
        assert part in section[1], part


def test_no_section_is_about_a_rule_that_is_gone():
    assert set(re.findall(r"^### (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("filled", [True, False], ids=["with addresses", "without"])
def test_where_alerts_go_is_what_alertmanager_takes(tmp_path: Path, filled: bool):
    addresses = dict.fromkeys(SECRETS, "http://127.0.0.1:1/hook" if filled else "")
    settings = tmp_path / "alertmanager.yml"
    settings.write_text(routing_text(addresses))
    done = subprocess.run(
        [program("amtool"), "check-config", str(settings)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "way"), [(("level=page",), PAGE), (("level=warn",), WARN), (("level=snitch",), SNITCH)]
)
def test_each_level_goes_its_way(tmp_path: Path, labels: tuple[str, ...], way: str):
    settings = tmp_path / "alertmanager.yml"
    settings.write_text(routing_text(dict.fromkeys(SECRETS, "http://127.0.0.1:1/hook")))
    command = [program("amtool"), "config", "routes", "test", f"--config.file={settings}", "alertname=x", *labels]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout.strip() == way
