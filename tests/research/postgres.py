"""A PostgreSQL of the test's own: a folder and a plain process that listens on a socket in it and nowhere else."""

import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

USER = "tradewind"


def programs():
    """Return the folder of PostgreSQL's programs, or None where it is not installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    return Path(on_path).parent if on_path else found[-1].parent if found else None


@contextmanager
def server(folder):
    """Give the address of a running server, as SQLAlchemy writes it; it is gone afterwards."""
    where = programs()
    data, logs = folder / "data", folder / "log"
    folder.mkdir(parents=True)
    as_owner = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        for parent in folder.parents[:-1]:
            parent.chmod(parent.stat().st_mode | 0o011)  # its user has to get here
        as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "cwd": folder}
    quiet = {"capture_output": True, **as_owner}
    subprocess.run([where / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync"], check=True, **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    subprocess.run([where / "pg_ctl", "-D", data, "-l", logs, "-w", "-o", options, "start"], check=True, **quiet)
    try:
        yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
    finally:
        subprocess.run([where / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet)
