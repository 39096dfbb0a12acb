"""A Redis of our own: a password, no dangerous commands, nothing evicted, nothing authoritative."""

import shutil
from pathlib import Path

from tradewind.errors import TradewindError
from tradewind.stack.processes import Running, answers, begin

MEMORY = "256mb"


def start_redis(folder: Path, port: int, password_file: Path | None = None) -> Running:
    """Return a running server; what it keeps is a copy, so it keeps nothing on disk."""
    program = shutil.which("redis-server")
    if program is None:
        raise TradewindError("Redis is not installed.", "apt install redis-server")
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "redis.conf"
    settings.touch(0o600)
    settings.chmod(0o600)
    settings.write_text(_settings(folder, port, password_file), encoding="ascii")
    return begin("redis", [program, settings], folder, f"127.0.0.1:{port}", ready=lambda: _ready(port))


def _settings(folder: Path, port: int, password_file: Path | None) -> str:
    lines = [
        "bind 127.0.0.1", f"port {port}", f"dir {folder}", 'save ""', "appendonly no", f"maxmemory {MEMORY}",
        "maxmemory-policy noeviction", "protected-mode yes",
    ]  # fmt: skip
    if password_file is not None:
        password = password_file.read_text(encoding="ascii").strip()
        lines.append(f"user default on >{password} ~* &* +@all -@dangerous -@scripting +info +flushall")
    return "\n".join(lines) + "\n"


def _ready(port: int) -> bool:
    if not answers(port):
        return False
    import redis  # noqa: PLC0415 - only who starts one needs the client

    try:
        with redis.Redis(port=port, socket_timeout=1.0) as client:
            client.ping()
    except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError):
        return True  # it answers, and asks who we are
    except redis.exceptions.RedisError:
        return False
    return True
