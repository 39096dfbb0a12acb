"""What people see of accounts: functions that read what traders leave behind and return plain data, ready for JSON.

Nothing here talks to a trader or waits for one: heartbeats, journals, settings and market calendars are read, and what
has no fresh evidence is called stale. Amounts are in units of the account's currency, moments ns UTC.
"""
