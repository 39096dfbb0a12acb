"""What a release is made from: the files of one commit, and nothing that only lies beside them.

Whoever builds from a work folder ships what they forgot there. So everything is made from a copy of HEAD, a work folder
with changes is refused, and the one time in a build is that of the commit.
"""

import io
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Refused(Exception):  # noqa: N818 - reads as the sentence it prints
    """Why there is no release, in one sentence."""


def git(root: Path, *words: str) -> str:
    """Return what git says; Refused in its own words where it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"git {words[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()


def require_clean(root: Path) -> None:
    """The work folder is what was committed, or Refused names what is not."""
    if changed := git(root, "status", "--porcelain").splitlines():
        raise Refused(f"{len(changed)} files are not committed, the first is {changed[0].split(maxsplit=1)[1]}.")


def epoch_of(root: Path) -> int:
    """Return the time of the last commit, in seconds: the only time that gets into a release."""
    return int(git(root, "log", "-1", "--format=%ct"))


def version_of(root: Path) -> str:
    """Return the version that pyproject.toml names."""
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(told["project"]["version"])


def copy_head(root: Path, folder: Path) -> None:
    """The folder holds the files of HEAD."""
    done = subprocess.run(["git", "archive", "HEAD"], cwd=root, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def run(main: Callable[[Sequence[str]], None]) -> None:
    """The verb was done; or one line says why not, with exit code 1."""
    try:
        main(sys.argv[1:])
    except Refused as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")
