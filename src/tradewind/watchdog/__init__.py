"""The watchdog and the kill switch: what still works when the trader hangs and everything beside it is broken.

Standard library only, and nothing of ours but the errors: no kernel, no journal, no database. What it knows it reads
from the account's folder (`status.json`, `KILL`, who holds `lease`); what it does at the broker it does itself, with
a key of its own.
"""
