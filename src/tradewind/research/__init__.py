"""From one backtest to an answer: many variants of a strategy at once, and what can be believed of the best."""
