"""From one backtest to an answer that can be believed: certificates of causality, bands, stress of costs."""
