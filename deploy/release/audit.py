"""`make audit`: no library of the lock is known to be faulty.

pip-audit asks OSV about every version that tests and releases are run with, and installs none of them. No answer is not
a good answer: where the service is out of reach that is what is said, and the verb fails.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from source import ROOT, Refused, run

LOCK = ROOT / "requirements-all.lock"
WAIT_S = 900


def asked(lock: Path, service: str | None) -> list[dict[str, Any]]:
    """Return what is known of each library of a lock; Refused where it cannot be had."""
    words = ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--vulnerability-service", "osv"]
    words += ["--progress-spinner", "off", "--format", "json", "--desc", "off"]
    words += ["--osv-url", service] if service else []
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *words], capture_output=True, text=True, check=False, timeout=WAIT_S
        )
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        raise Refused("Nothing was audited: the advisory service did not answer in time.") from None
    except (ValueError, KeyError, TypeError):
        why = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise Refused(f"Nothing was audited: the advisory service could not be asked. pip-audit: {why[0]}") from None
    return found


def faults_in(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each known fault, and for each library that nobody could be asked about."""
    lines = [f"{one['name']}: not audited, {one['skip_reason']}" for one in found if "skip_reason" in one]
    return lines + [
        f"{one['name']} {one['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version'}"
        for one in found
        for fault in one.get("vulns", ())
    ]


def main(words: Sequence[str]) -> None:
    """No library of the lock is known to be faulty."""
    parser = argparse.ArgumentParser(description="Ask OSV after known faults of the locked libraries.")
    parser.add_argument("--service", help="Another address than OSV's.")
    wanted = parser.parse_args(words)
    found = asked(LOCK, wanted.service)
    if lines := faults_in(found):
        raise Refused("\n".join([f"{len(lines)} lines to look at:", *lines]))
    if not found:
        raise Refused("Nothing was audited: the lock names no library.")
    print(f"{len(found)} libraries, none with a known fault.")


if __name__ == "__main__":
    run(main)
