"""Where every figure, table and number of the reports was made: notebook and cell, read from the executed notebooks."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import PlanDriftError
from analysis.paths import Project
from publishing.blocks import METADATA_KEY
from publishing.reading import INJECTED_TAG, joined

KINDS = {"figure": "Figure", "table": "Table", "prose": "Numbers in the text"}
_NUMBER = re.compile(r"(?<![A-Za-z_])\d[\d,.]*")
_CALL = re.compile(r"[A-Za-z_.]+\(")


@dataclass(frozen=True)
class Exhibit:
    """A figure, a table or a passage with computed numbers: its number in the report, its cell and what made it."""

    run: str
    notebook: str
    cell: str
    kind: str
    label: str
    what: str
    made_by: str


def exhibits_of(project: Project, runs: Iterable[str]) -> list[Exhibit]:
    """Return every exhibit of the executed notebooks of ``runs``, in the order of the runs and of their cells.

    Figures and tables are numbered as in the report. Raises PlanDriftError where an executed notebook can't be read.
    """
    return [exhibit for run in runs for exhibit in _of_run(project, run)]


def _of_run(project: Project, run: str) -> Iterator[Exhibit]:
    cells = _cells(project.reports / "notebooks" / f"{run}.ipynb")
    counts = dict.fromkeys(KINDS, 0)
    for cell in cells:
        if cell["cell_type"] != "code" or INJECTED_TAG in cell["metadata"].get("tags", ()):
            continue
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {}).get(METADATA_KEY, {})
            kind = about.get("kind")
            if kind not in KINDS:
                continue
            counts[kind] += 1
            label = KINDS[kind] if kind == "prose" else f"{KINDS[kind]} {counts[kind]}"
            yield Exhibit(
                run=run,
                notebook=run.split("/")[0],
                cell=str(cell["id"]),
                kind=kind,
                label=label,
                what=_what(output, about),
                made_by=_call(cell),
            )


def _what(output: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    if about["kind"] != "prose":
        return str(about.get("caption", ""))
    text = joined(output.get("data", {}).get("text/markdown", ""))
    return f"{len(_NUMBER.findall(text))} numbers"


def _call(cell: Mapping[str, Any]) -> str:
    """Return the last expression of a cell's code: the call whose value is shown."""
    lines = joined(cell["source"]).strip().splitlines()
    return lines[-1].strip() if lines else ""


def unexecuted(project: Project, notebook: str) -> list[Exhibit]:
    """Return an exhibit for each cell of a notebook's source that ends in a call, without number or caption.

    For the notebook that maps the others: it can't read its own outputs while it runs. Raises PlanDriftError where the
    notebook can't be read.
    """
    cells = _cells(project.notebooks / f"{notebook}.ipynb")
    shown = [cell for cell in cells if cell["cell_type"] == "code" and _CALL.match(_call(cell))]
    return [
        Exhibit(
            run=notebook,
            notebook=notebook,
            cell=str(cell["id"]),
            kind="cell",
            label="What this cell shows",
            what="",
            made_by=_call(cell),
        )
        for cell in shown
    ]


def _cells(path: Path) -> list[Mapping[str, Any]]:
    try:
        cells: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return cells
    except (OSError, ValueError, KeyError) as error:
        raise PlanDriftError(f"{path}: can't be read ({error}); run `plan-drift reports` again") from error


def exhibit_entries(exhibits: Iterable[Exhibit]) -> list[dict[str, Any]]:
    """Return one entry for each notebook, cell and number, as JSON values, with in how many runs' reports it stands.

    A notebook that is run for many pairs shows the same exhibits in each of its reports; the first run's stands for all.
    """
    alike: dict[tuple[str, str, str], list[Exhibit]] = {}
    for exhibit in exhibits:
        alike.setdefault((exhibit.notebook, exhibit.cell, exhibit.label), []).append(exhibit)
    return [
        {**asdict(same[0]), "n_reports": len({exhibit.run for exhibit in same})} for same in alike.values()
    ]
