"""Whether a PDF's bytes are whole: its structure reads without repair, and every compressed stream meets its checksum.

A viewer shows what it can of a damaged file and says nothing. But a Flate stream ends in an Adler-32 checksum of what it
holds (RFC 1950), and text, fonts and their tables of letters are such streams: a changed byte shows there.
"""

import zlib
from pathlib import Path

import pikepdf

_FLATE = "/FlateDecode"
_PIECE = 1 << 20  # bytes unpacked at a time, so that a stream that unpacks to gigabytes needs no memory


def _filters(stream: pikepdf.Stream) -> list[str]:
    filters = stream.get("/Filter")
    if filters is None:
        return []
    return [str(filters)] if isinstance(filters, pikepdf.Name) else [str(name) for name in filters]


def _is_whole(packed: bytes) -> bool:
    """Tell whether a zlib stream unpacks to its end and meets its checksum."""
    unpacking = zlib.decompressobj()
    try:
        while packed and not unpacking.eof:
            unpacking.decompress(packed, _PIECE)
            packed = unpacking.unconsumed_tail
    except zlib.error:
        return False
    return unpacking.eof


def damage_in(path: Path) -> str:
    """Return what is damaged in a PDF's bytes, or an empty string where nothing is."""
    try:
        with pikepdf.open(path) as document:
            for item in document.objects:
                if not isinstance(item, pikepdf.Stream) or _filters(item)[:1] != [_FLATE]:
                    continue
                if not _is_whole(item.read_raw_bytes()):
                    return f"stream {item.objgen[0]} fails its checksum"
            if document.get_warnings():
                return "its structure can only be read with repairs"
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as error:
        return f"its structure can't be followed ({type(error).__name__})"
    return ""
