"""`make release`: the wheel and the source distribution of HEAD, which come out the same wherever they are built.

A build that differs from machine to machine cannot be checked by anybody else. Ours is done twice, in folders of
different names, and compared to the byte. The build backend is the one of the lock, so the same commit gives the same
bytes next year, and the time in the archives is that of the commit.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from source import ROOT, Refused, copy_head, epoch_of, require_clean, run, version_of

SUMS = "SHA256SUMS"


def build(tree: Path, into: Path, epoch: int) -> Mapping[str, str]:
    """Return the SHA-256 of each distribution of a tree, by its name, once they lie in the folder."""
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": str(epoch),
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    environment.pop("PYTHONPATH", None)  # a tree is built from itself
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(into), "--target", "sdist"]
    done = subprocess.run(
        [*command, "--target", "wheel"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused(f"The build failed: {(done.stderr or done.stdout).strip()}")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(into.iterdir())}


def build_twice(root: Path, into: Path) -> Mapping[str, str]:
    """Return the hashes of the distributions of HEAD in the folder; Refused where two builds of it differ."""
    version, epoch = version_of(root), epoch_of(root)
    with tempfile.TemporaryDirectory(prefix="tradewind-release-") as folder:
        found = []
        for name in ("first", "the-second-one"):
            tree, made = Path(folder, name, "tree"), Path(folder, name, "dist")
            tree.mkdir(parents=True)
            copy_head(root, tree)
            found.append(build(tree, made, epoch))
        if found[0] != found[1]:
            raise Refused(f"Two builds of one commit differ: {found[0]} and {found[1]}.")
        if sorted(found[0]) != [f"tradewind-{version}-py3-none-any.whl", f"tradewind-{version}.tar.gz"]:
            raise Refused(f"The build made {', '.join(found[0])}, and that is not version {version}.")
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        for path in made.iterdir():
            shutil.copyfile(path, into / path.name)
    (into / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in found[0].items()), encoding="ascii")
    return found[0]


def main(words: Sequence[str]) -> None:
    """The distributions of HEAD and their hashes lie in a folder."""
    parser = argparse.ArgumentParser(description="Build the wheel and the source distribution of HEAD.")
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    wanted = parser.parse_args(words)
    require_clean(ROOT)
    for name, digest in build_twice(ROOT, wanted.into).items():
        print(f"{digest}  {name}")
    print("Built twice, the same to the byte.")


if __name__ == "__main__":
    run(main)
