"""The way back: a backup is checked whole, then put into a folder in which there was nothing.

Its journals go on in another life, so that no order id of what was traded after the backup is given again.
"""

import shutil
from pathlib import Path

from tradewind.backups.contents import Contents, check, read
from tradewind.errors import BadData
from tradewind.live.restored import begin_other_lives
from tradewind.settings import Settings


def restore(backup: Path, into: Path) -> Contents:
    """The folder holds what the backup does, all of it or nothing; return the manifest.

    Raises BadData where the backup is damaged or newer, or where something is in the folder.
    """
    contents = read(backup)
    check(backup, contents)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise BadData(f"{into} is not empty.", "Restore into a new folder, look at it, then move it into place.")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    passing = into / ".restoring"
    try:
        for name in contents.files:
            copy = passing / name
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(backup / name, copy)
        check(passing, contents)
        for path in sorted(passing.iterdir()):
            path.rename(into / ("tradewind-data" if path.name == "data" else path.name))
        passing.rmdir()
    except BaseException:
        for path in into.iterdir():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        raise
    begin_other_lives(Settings(data=into / "tradewind-data"))
    return contents
