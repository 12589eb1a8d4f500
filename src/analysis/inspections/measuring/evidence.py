"""The sentences behind a measure, where the reports themselves are present; none is ever kept."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.data.definitions.authorities import code_at, find, resolve
from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import RequestError, nearest
from analysis.inspections.coder import code_sentences
from analysis.inspections.reading.identity import named_in_file
from analysis.inspections.reading.reports import ReportReading, read_reports

from .folder import is_of_the_authority

_WORDS = {"-": "problem", "+": "strength", "~": "mixed"}


def _check_construct(name: str) -> str:
    if name in CONSTRUCTS:
        return name
    hint = nearest(name, CONSTRUCTS) or "; choose from " + ", ".join(CONSTRUCTS)
    raise RequestError(f"unknown construct '{name}'{hint}")


def reports_of(authority: str, folder: Path) -> list[Path]:
    """Return the PDFs under ``folder`` whose file name says ``authority`` (name or code), in order of publication.

    Raises RequestError for an unknown authority, and where there are no reports at all, or none of it.
    """
    named = {path: named_in_file(path.name) for path in sorted(folder.rglob("*.pdf"))}
    if not any(named.values()):
        raise RequestError(
            f"{folder}: no inspection reports here; get them from https://reports.ofsted.gov.uk and name their folder "
            "with --from"
        )
    resolved = resolve(authority)
    own = {
        path: name_and_day[1]
        for path, name_and_day in named.items()
        if name_and_day and (find(name_and_day[0]) == resolved or code_at(*name_and_day) in resolved.codes)
    }
    if not own:
        raise RequestError(f"{folder}: no inspection report of {resolved.name} here")
    return sorted(own, key=own.__getitem__)


def _of_report(reading: ReportReading, construct: str) -> Iterator[str]:
    if not reading.is_usable:
        yield f"{reading.file}: left out: {reading.why_left_out}"
        return
    sentences = [sentence for sentence in reading.sentences if is_of_the_authority(sentence)]
    codes = code_sentences([sentence.text for sentence in sentences])[construct]
    spoken = [(sentence, code) for sentence, code in zip(sentences, codes, strict=True) if code != "0"]
    day = reading.fields["inspection_start"] or "day unknown"
    yield f"{reading.file}: inspection of {day}, {len(spoken)} of {len(sentences)} sentences speak of {construct}"
    for sentence, code in spoken:
        place = f"page {sentence.page}" + (f", paragraph {sentence.paragraph}" if sentence.paragraph else "")
        yield f"  {code} ({_WORDS[code]}), {place}: {sentence.text}"


def lines_of(readings: Sequence[ReportReading], construct: str) -> Iterator[str]:
    """Yield a line for each report and, below it, one for each of its sentences that speaks of the construct."""
    for reading in readings:
        yield from _of_report(reading, construct)


def evidence_lines(authority: str, construct: str, folder: Path) -> Iterator[str]:
    """Return the lines of evidence of an authority's reports under ``folder``.

    Raises RequestError for an unknown authority or construct, with the nearest right name, and where the reports
    aren't present.
    """
    name, construct = resolve(authority).name, _check_construct(construct)
    return lines_of(read_reports(reports_of(name, folder), with_sentences=True), construct)
