"""How much a notebook's cells may show: more makes no report that anybody reads, and takes minutes to set."""

from collections.abc import Iterable
from typing import Any

from .errors import PublishingError
from .reading import joined

MOST_CHARACTERS = 50_000
MOST_LINES = 1_000
MOST_OUTPUTS = 200
MOST_BYTES = 50_000_000


def limit_outputs(cells: Iterable[dict[str, Any]]) -> None:
    """Cut what a cell prints after MOST_LINES lines or MOST_CHARACTERS characters, and say there that it is cut.

    Raises PublishingError, by cell, for more than MOST_OUTPUTS outputs, and where all together hold more than
    MOST_BYTES.
    """
    held = 0
    for cell in cells:
        outputs = cell.get("outputs", ())
        if len(outputs) > MOST_OUTPUTS:
            raise PublishingError(
                f"cell '{cell['id']}': {len(outputs):,} outputs; a report takes {MOST_OUTPUTS} of a cell"
            )
        _cut_printed([output for output in outputs if output["output_type"] == "stream"])
        held += sum(len(joined(value)) for output in outputs for value in output.get("data", {}).values())
        if held > MOST_BYTES:
            raise PublishingError(
                f"cell '{cell['id']}': outputs of more than {MOST_BYTES // 1_000_000} MB up to here; "
                "show less, or pictures as SVG or PNG of fewer points"
            )


def _cut_printed(streams: list[dict[str, Any]]) -> None:
    characters, lines = MOST_CHARACTERS, MOST_LINES
    for stream in streams:
        text = joined(stream["text"])
        kept = "".join(text[:characters].splitlines(keepends=True)[:lines])
        characters, lines = characters - len(kept), lines - kept.count("\n")
        if len(kept) < len(text):
            kept += f"\n[cut: of what a cell prints, {MOST_LINES:,} lines or {MOST_CHARACTERS:,} characters are kept]\n"
            characters = lines = 0
        stream["text"] = kept if kept else ""
