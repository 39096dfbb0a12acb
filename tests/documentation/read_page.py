"""Do with a page what a reader does: write its files, type its commands, run its Python, in order, in one folder.

It stops at the first block that fails and says which. Python blocks of a page are one session, as in a notebook; a
shell block that changes the folder changes it for what follows.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import fences


def read(page):
    """Do all that a page says; end with 1 and the place of the block that failed."""
    session = {"__name__": "__main__"}
    for command in fences.given(page):
        _type(command + "\n", f"{page.name}, given")
    for block in fences.blocks(page):
        if block.reason or block.language == "text":
            continue
        if block.title:
            file = Path(block.title)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            _type(block.text, block.place)
        elif block.language == "python":
            print(f"# {block.place}", flush=True)
            exec(compile(block.text, block.place, "exec"), session)  # noqa: S102  this is what a reader does


def _type(script, place):
    """Run a script in bash, and go on in the folder it ended in."""
    print(f"# {place}", flush=True)
    began = time.monotonic()
    ended = Path(os.environ["ENDED"])
    bash = ["bash", "-euo", "pipefail", "-c", f"trap 'pwd > \"$ENDED\"' EXIT\n{script}"]
    done = subprocess.run(bash, check=False)
    print(f"# {time.monotonic() - began:.1f} s", flush=True)
    if done.returncode:
        sys.exit(f"{place}: ended with exit code {done.returncode}")
    os.chdir(ended.read_text(encoding="utf-8").strip())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    read(Path(sys.argv[1]))
