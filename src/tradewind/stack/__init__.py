"""The servers of the full stack as plain processes on this machine: no container engine is needed to try or test it.

Everything listens on 127.0.0.1 and keeps what it has in one folder; what runs stands in `stack.json` there.
"""
