"""`make sbom`: what a release is made of, as CycloneDX: every locked library of product and extras, with hashes.

uv writes the list from its own lock. It says when it was written and gives itself a random number; here both come from
what is described, so that the same commit has the same list.
"""

import argparse
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from source import ROOT, Refused, epoch_of, run, version_of

OF_OURS = uuid.uuid5(uuid.NAMESPACE_DNS, "tradewind")


def listed(root: Path) -> dict[str, Any]:
    """Return the list as uv writes it: no development groups, all extras."""
    program = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if program is None:
        raise Refused("uv is not installed; `make setup` brings it.")
    words = ["export", "--quiet", "--frozen", "--format", "cyclonedx1.5", "--no-default-groups", "--all-extras"]
    done = subprocess.run([program, *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"uv could not list the lock: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hashes_of(part: dict[str, Any]) -> list[str]:
    """Return the SHA-256 of the files a part can be installed from."""
    files = part.get("externalReferences", ())
    return [one["content"] for file in files for one in file.get("hashes", ()) if one["alg"] == "SHA-256"]


def settled(told: dict[str, Any], epoch: int) -> dict[str, Any]:
    """Return the list with a time and a number that come from what it describes; Refused if a part has no hash."""
    if bare := [part["name"] for part in told["components"] if not hashes_of(part)]:
        raise Refused(f"{', '.join(bare)} has no hash in the lock.")
    told["metadata"]["timestamp"] = datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z")
    told.pop("serialNumber", None)
    number = uuid.uuid5(OF_OURS, json.dumps(told, sort_keys=True))
    return {"bomFormat": told.pop("bomFormat"), "serialNumber": f"urn:uuid:{number}", **told}


def main(words: Sequence[str]) -> None:
    """The list of parts lies in a file."""
    parser = argparse.ArgumentParser(description="List the parts of a release as CycloneDX.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist-sbom")
    wanted = parser.parse_args(words)
    told = settled(listed(ROOT), epoch_of(ROOT))
    wanted.into.mkdir(parents=True, exist_ok=True)
    path = wanted.into / f"tradewind-{version_of(ROOT)}.cdx.json"
    path.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(f"{path}: {len(told['components'])} parts, each with its hashes.")


if __name__ == "__main__":
    run(main)
