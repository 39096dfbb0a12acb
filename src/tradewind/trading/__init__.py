"""What a live trader does besides the kernel: orders that survive a crash, unknown outcomes, reconciliation.

Everything here is deterministic and does nothing itself: inputs go in, and out come rows to be made durable and then
requests to be sent, in that order. A driver does both; a simulation does both a million times with every fault.
"""
