"""Estimators: each a function of a frame and a frozen specification, returning a frozen result."""
