"""Who may come in and what they did: users, keys, sessions, answers given before, and the audit trail.

One SQLite database beside the data, `entrance.sqlite`, readable by its owner alone. Passwords and keys are not in it,
only what they are compared with.
"""
