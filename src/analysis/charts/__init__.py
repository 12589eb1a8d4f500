"""Every figure and table that notebooks show: pure functions from frames to ``Chart`` and ``Table``."""
