"""`make dashboards`: every board is written as Grafana reads it."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from boards import operating, trading  # noqa: E402 - found beside this file
from boards.panels import as_json  # noqa: E402 - the same

ALL = sorted((*trading.BOARDS, *operating.BOARDS), key=lambda board: int(board.title.split()[0]))
FOLDER = HERE.parent / "dashboards"


def main() -> None:
    """Every file says what its board says."""
    FOLDER.mkdir(exist_ok=True)
    for board in ALL:
        (FOLDER / f"{board.uid}.json").write_text(as_json(board), encoding="utf-8")
        print(f"wrote {board.uid}.json: {len(board.panels)} panels")


if __name__ == "__main__":
    main()
