"""Cleaning that notebooks share: pure functions of a frame and frozen parameters."""
