"""Other forms of a panel regression: lags, windows, counts, shares, quantiles, curves, chains."""
