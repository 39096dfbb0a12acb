"""From one backtest to an answer that can be believed: many variants, trials counted, causality, bands, luck."""
