"""Where the training keeps its own tables, beside its code."""

from pathlib import Path


def kept_path(name: str) -> Path:
    """Return where one of the training's own tables stands."""
    return Path(__file__).parent / name
