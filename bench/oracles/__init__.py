"""The same orders on the same real bars, executed by peers and by us, every difference explained."""
