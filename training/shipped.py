"""The tables of reports and of two coders that the package ships: ``python -m training.shipped --shared PATH``.

``reports.csv`` names the reports that the package was measured on by the hash of their bytes; ``two_coders.csv`` counts the
sentences that two people coded. Neither holds a sentence.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import click
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.files.writing import write_text
from analysis.inspections.measuring import agreement
from analysis.inspections.measuring.folder import report_files
from analysis.inspections.reading import known
from analysis.inspections.reading.reports import ReportReading, read_reports


def known_reports(readings: Iterable[ReportReading]) -> str:
    """Return ``reports.csv`` of readings as text: those that hold a report, in their order."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(known.COLUMNS)
    for reading in readings:
        if reading.is_read:
            identity = (reading.fields["authority"], reading.fields["inspection_start"])
            writer.writerow((reading.file, reading.digest, *identity))
    return stream.getvalue()


def coded_twice(path: Path) -> pd.DataFrame:
    """Return construct, coder_a, coder_b, sentences from a TSV of sentences coded twice (eight codes a coder)."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    counted = Counter(
        (construct, row["coder_a"][place], row["coder_b"][place])
        for row in rows
        for place, construct in enumerate(CONSTRUCTS)
    )
    cells = [(*key, number) for key, number in sorted(counted.items())]
    return pd.DataFrame(cells, columns=["construct", "coder_a", "coder_b", "sentences"])


@click.command()
@click.option("--shared", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--jobs", type=click.IntRange(1), default=2)
def main(shared: Path, jobs: int) -> None:
    """Make both tables anew from the folder of PDFs and of hand codes."""
    readings = read_reports(report_files(shared / "data" / "ofsted" / "reports"), jobs)
    _write(known.__name__, known.REPORTS, known_reports(readings))
    twice = coded_twice(shared / "gold" / "double_coded.tsv")
    _write(agreement.__name__, agreement.TABLE, twice.to_csv(index=False, lineterminator="\n"))


def _write(module: str, name: str, text: str) -> None:
    write_text(Path(str(files(module.rpartition(".")[0]).joinpath(name))), text)


if __name__ == "__main__":
    main()
