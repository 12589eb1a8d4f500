"""One authority: its timeline, its figures beside others, and a synthetic control of it."""
