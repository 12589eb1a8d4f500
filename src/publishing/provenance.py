"""The last page of a report: what it was made from, so that a reader can make it again."""

from collections.abc import Mapping
from typing import Any

from .blocks import Block, Paragraph, Report, Section

_SHOWN_DIGITS = 8
OUTSIDE_A_RUN = (
    "This report was exported outside a run: "
    "nothing was recorded of its inputs, parameters, package versions or seed."
)


def provenance_blocks(report: Report) -> tuple[Block, ...]:
    """Return what ends a report: how to cite it, what it is, its parameters, packages and inputs.

    Without a record of a run, the sentence that says so. The inputs' whole digests are in the report's archive.
    """
    provenance = report.provenance
    # One heading and two paragraphs: it is there to be traced, and as more it would often take a page of its own.
    title = "Citation and provenance" if report.citation else "Provenance"
    start: list[Block] = [Section(title, is_small_print=True)]
    if report.citation:
        start.append(Paragraph(f"Cite as: {report.citation}"))
    if not provenance:
        return (*start, Paragraph(OUTSIDE_A_RUN))
    made = [f"{label}: {value}." for label, value in report.origin]
    made += [f"Seed {provenance['seed']}."] if "seed" in provenance else []
    if provenance.get("notebook"):
        made.insert(0, f"Made from {provenance['notebook']} by {provenance.get('maker', '')}.")
    inputs = sorted((str(path), str(digest)) for path, digest in provenance.get("inputs", {}).items())
    told = {
        "Parameters": [f"{name}: {value}" for name, value in _pairs(provenance.get("parameters", {}))],
        "Packages": [f"{name} {version}" for name, version in _pairs(provenance.get("packages", {}))],
        f"Inputs, with the first {_SHOWN_DIGITS} digits of their SHA-256": [
            f"{path} {digest[:_SHOWN_DIGITS]}" for path, digest in inputs
        ],
    }
    listed = [f"{label}: {'; '.join(entries)}." for label, entries in told.items() if entries]
    return (*start, Paragraph(" ".join([*made, *listed])))


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    from .reading import plain

    return [(str(name), plain(value)) for name, value in values.items()]
