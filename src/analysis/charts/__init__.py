"""Every figure and table that notebooks show."""
