"""From official files to figures: getting them, reading them, checking them, and writing ``data/raw``."""

from .downloads import Fetched, fetch
from .ingesting import Ingested, ingest

__all__ = ["Fetched", "Ingested", "fetch", "ingest"]
