"""Codes for sentences of inspection reports: eight constructs, each absent, problem, strength or mixed."""
