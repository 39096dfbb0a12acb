"""The hash of limits: two accounts with the same number run under the same rules."""

import hashlib
import json

from tradewind.risk.limits import Limits


def digest(limits: Limits) -> int:
    """Return the first 63 bits of the SHA-256 of everything in the limits but the hash itself."""
    text = json.dumps(limits._replace(digest=0), separators=(",", ":"), allow_nan=False)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def with_digest(limits: Limits) -> Limits:
    """Return the limits with their hash in them."""
    return limits._replace(digest=digest(limits))


def digest_text(value: int) -> str:
    """Return a hash as it is shown: sixteen hexadecimal digits."""
    return f"{value:016x}"
