"""The seed of every run, unless its study names another."""

DEFAULT_SEED = 20250101
