"""One virtual environment per peer, with pinned versions, under the cache folder.

Peers under AGPL, GPL or Commons-Clause terms are installed and run as they are; nothing of them is shipped.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.cache import ROOT, cache_folder

PINS = {
    "vectorbt": ("vectorbt[rust]==1.2.0", "vectorbt-rust==1.2.0"),
    "nautilus": ("nautilus_trader==1.221.0",),
    "backtesting": ("backtesting==0.6.6",),
    "hftbacktest": ("hftbacktest==2.4.4",),
}


def environment(peer: str) -> Path:
    """The Python of a peer's environment, which has been built if it was not there."""
    folder = cache_folder() / "venvs" / peer
    python = folder / "bin" / "python"
    stamp = folder / "pins.txt"
    wanted = "\n".join(PINS[peer])
    if not (stamp.exists() and stamp.read_text() == wanted):
        _build(folder, python, PINS[peer])
        stamp.write_text(wanted)
    return python


def _build(folder: Path, python: Path, pins: tuple[str, ...]) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), *pins)
    else:
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", *pins)


def _run(*command: str) -> None:
    # Away from the project: a tool must not read or change what it finds in the working folder.
    with tempfile.TemporaryDirectory() as elsewhere:
        subprocess.run(command, check=True, cwd=elsewhere)


def main() -> None:
    """Every environment exists when this returns; a failure is reported and the next one tried."""
    for peer in PINS:
        try:
            print(f"{peer}: {environment(peer)}")
        except subprocess.CalledProcessError as error:
            print(f"{peer}: could not be installed ({error})", file=sys.stderr)


if __name__ == "__main__":
    print(f"building peers' environments for {ROOT.name}")
    main()
