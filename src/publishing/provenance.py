"""The last page of a report: what it was made from, so that a reader can make it again."""

from collections.abc import Iterable, Mapping
from typing import Any

from .blocks import Block, Paragraph, Report, Section, TableBlock
from .tables import Cell, Grid

OUTSIDE_A_RUN = (
    "This report was exported outside a run: "
    "nothing was recorded of its inputs, parameters, package versions or seed."
)


def grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Grid:
    """Return plain rows under a header as a grid; the first column heads its rows."""
    body = tuple(tuple(Cell(text, head=i == 0, right=False) for i, text in enumerate(row)) for row in rows)
    return Grid((tuple(Cell(text, head=True) for text in head),), body, "", len(head))


def provenance_blocks(report: Report) -> tuple[Block, ...]:
    """Return what ends a report: how to cite it, what it is, its parameters, inputs and packages.

    Without a record of a run, the sentence that says so.
    """
    provenance = report.provenance
    start: list[Block] = []
    if report.citation:
        start += [Section("How to cite", is_small_print=True), Paragraph(report.citation)]
    start.append(Section("Provenance", is_small_print=not report.citation))
    if not provenance:
        return (*start, Paragraph(OUTSIDE_A_RUN))
    made = [f"{label}: {value}." for label, value in report.facts]
    made += [f"Seed {provenance['seed']}."] if "seed" in provenance else []
    if provenance.get("notebook"):
        made.insert(0, f"Made from {provenance['notebook']} by {provenance.get('maker', '')}.")
    blocks = [*start, Paragraph(" ".join(made))]
    parameters = "; ".join(f"{name}: {value}" for name, value in _pairs(provenance.get("parameters", {})))
    packages = ", ".join(f"{name} {version}" for name, version in _pairs(provenance.get("packages", {})))
    for title, text in (("Parameters", parameters), ("Packages", packages)):
        if text:
            blocks += [Section(title, level=2), Paragraph(f"{text}.")]
    inputs = [(str(path), str(digest)) for path, digest in sorted(provenance.get("inputs", {}).items())]
    if inputs:
        blocks += [Section("Inputs", level=2), TableBlock(grid(("File", "SHA-256"), inputs))]
    return tuple(blocks)


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    from .reading import plain

    return [(str(name), plain(value)) for name, value in values.items()]
