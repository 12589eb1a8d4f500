"""Figures as they stand in ``data/raw``, and the panel that is built from them."""
