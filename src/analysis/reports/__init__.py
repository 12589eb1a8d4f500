"""A folder for each report, named as its notebook: what it computes, draws, tabulates and says."""
