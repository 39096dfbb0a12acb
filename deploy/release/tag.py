"""Whether a tag may be released: somebody who may has signed it, and it says what the files say.

A tag is a promise by a person. It has to be annotated and signed with a key of `allowed_signers`, to stand on the
branch that was reviewed, and to name the version of pyproject.toml, of the package and of the changelog, under whose
heading everything is that was changed.
"""

import argparse
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from source import ROOT, Refused, git, run, version_of

SIGNERS = Path(__file__).resolve().with_name("allowed_signers")
HEADING = re.compile(r"^## \[([^\]]+)\](.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL)


def check_version(root: Path, tag: str) -> None:
    """The tag names the version of the project, of the package and of the newest part of the changelog."""
    version = version_of(root)
    if tag != f"v{version}":
        raise Refused(f"The tag is {tag}, pyproject.toml says {version}.")
    package = (root / "src" / "tradewind" / "__init__.py").read_text(encoding="utf-8")
    if f'__version__ = "{version}"' not in package:
        raise Refused(f"The package does not say that it is {version}.")
    parts = HEADING.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if any(name == "Unreleased" and text.strip() for name, text in parts):
        raise Refused(f"CHANGELOG.md has changes under Unreleased; they belong under {version}.")
    newest = next((name for name, _ in parts if name != "Unreleased"), "none")
    if newest != version:
        raise Refused(f"The newest version in CHANGELOG.md is {newest}, not {version}.")


def check_signature(root: Path, tag: str, signers: Path) -> None:
    """Somebody who may release has signed the tag, which stands on HEAD."""
    if git(root, "cat-file", "-t", f"refs/tags/{tag}") != "tag":
        raise Refused(f"{tag} is not annotated, so nobody can have signed it.")
    if git(root, "rev-parse", f"refs/tags/{tag}^{{commit}}") != git(root, "rev-parse", "HEAD"):
        raise Refused(f"{tag} is another commit than the one that is built.")
    lines = signers.read_text(encoding="utf-8").splitlines()
    if not any(line.strip() and not line.startswith("#") for line in lines):
        raise Refused(f"Nobody may release yet: {signers.name} names no key.")
    options = ["-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={signers}"]
    command = ["git", *options, "verify-tag", tag]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{tag} is signed by nobody who may release: {done.stderr.strip() or 'no signature'}")


def check_branch(root: Path, branch: str) -> None:
    """HEAD is part of the branch that was reviewed."""
    if git(root, "rev-list", "--max-count=1", "HEAD", f"^{branch}"):
        raise Refused(f"The tag is not on {branch}.")


def main(words: Sequence[str]) -> None:
    """The tag may be released."""
    parser = argparse.ArgumentParser(description="Check that a tag may be released.")
    parser.add_argument("tag")
    parser.add_argument("--on", help="The branch it has to be part of.")
    wanted = parser.parse_args(words)
    check_version(ROOT, wanted.tag)
    check_signature(ROOT, wanted.tag, SIGNERS)
    if wanted.on:
        check_branch(ROOT, wanted.on)
    print(f"{wanted.tag} is signed, and is what the files say.")


if __name__ == "__main__":
    run(main)
