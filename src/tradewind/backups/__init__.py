"""Backups of everything a person cannot make again, and the way back.

taking: what is in one, and how it is taken while others write. restoring: checked whole before a byte is put anywhere.
keeping: which are kept how long. A backup is a folder with `backup.json`, which has the hash of every file in it.
"""
