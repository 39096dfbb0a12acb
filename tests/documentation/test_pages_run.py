"""Every page does what it says: its commands and its Python run, in order, in an empty folder, with nothing set up."""

import os
import subprocess
import sys
import time
from pathlib import Path

import fences
import forks
import pytest
import spoken

HERE = Path(__file__).parent
PAGE = """# A page

```sh
mkdir inner && cd inner
```

```python title="answer.py"
ANSWER = 42
```

```python
from pathlib import Path
answer = Path("answer.py").read_text().split()[-1]
```

<!-- not run: it would fail -->
```sh
false
```

```python
Path("said").write_text(answer)
```

```sh
tradewind backtest opening_rang --on US30
touch after
```
"""
RUN = [
    page for page in fences.PAGES if any(b.language in ("sh", "python") and not b.reason for b in fences.blocks(page))
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """A folder of programs that answer at once, in front of those of the machine."""
    folder = tmp_path_factory.mktemp("bin")
    address = folder / "door"
    server = subprocess.Popen([sys.executable, HERE / "forks.py", address])
    while not address.exists():
        assert server.poll() is None
        time.sleep(0.05)
    forks.write_clients(folder, address)
    yield folder
    server.kill()
    server.wait()


def read(page, programs, tmp_path):
    """Return what became of a page, done in an empty folder with no settings of ours in the environment."""
    folder = tmp_path / "reader"
    folder.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "TRADEWIND_CACHE" or not name.startswith("TRADEWIND_")
    }
    environment = {
        **kept,
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{HERE}:{fences.ROOT / 'src'}",
        "ENDED": str(tmp_path / "ended"),
        "COLUMNS": "120",
        "BROWSER": "true",  # what `--open` opens a page with
    }
    words = [programs / "python", HERE / "read_page.py", page]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.relative_to(fences.ROOT).as_posix())
def test_a_page_runs_from_its_first_block_to_its_last(page, programs, tmp_path):
    """No block that is not marked fails."""
    scripts = [block.text for block in fences.blocks(page) if block.language == "sh" and not block.reason]
    started = {words[0] for script in scripts for words in spoken.programs(script)}
    assert started <= fences.HARMLESS, "mark what starts anything else: <!-- not run: why -->"

    done = read(page, programs, tmp_path)

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def test_a_page_is_one_session_and_stops_where_it_is_wrong(programs, tmp_path):
    """Folders, files and names last from block to block; what is marked is left out; what fails is named."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")

    done = read(page, programs, tmp_path)

    assert done.returncode == 1
    assert (tmp_path / "reader" / "inner" / "said").read_text(encoding="utf-8") == "42"
    assert "'opening_range'" in done.stderr
    assert done.stderr.strip().endswith("page.md:25: ended with exit code 2")
    assert not (tmp_path / "reader" / "inner" / "after").exists()
