"""Figures as they stand in ``data/raw``, and the panel that is built from them."""

BUILT_BY = ("data/cleaning", "data/definitions", "data/panel", "files")
"""The folders of this package whose code and tables the panel is built by: it is built anew when a file in them changes."""
