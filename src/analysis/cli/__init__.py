"""The command ``plan-drift``: what a user types, and what it prints."""
