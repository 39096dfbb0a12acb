"""The daily twin run: what was recorded is replayed through the backtest, and the difference split in money."""
