"""One notebook's run: execute and clean in the process forked for it, publish in one that stays, leave the files aside."""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.errors import MachineError, PlanDriftError
from analysis.files.writing import sync
from analysis.studies.results import AFTER_VARIABLE, RESULTS_MIME
from publishing.limits import limit_outputs
from publishing.markup import end_pandoc
from publishing.publication import publish
from publishing.reading import INJECTED_TAG, joined
from publishing.typesetting import forget_documents

from .shortages import tells_of_a_shortage


def prepare(function: str, root: str) -> None:
    """Call a preparation's ``module:function`` with the project of ``root``."""
    import importlib

    from analysis.paths import Project

    module, _, name = function.partition(":")
    getattr(importlib.import_module(module), name)(Project(Path(root)))


def run_cells(job: dict[str, Any]) -> None:
    """Run a notebook's cells and write it, and its results, into ``job['folder']``.

    Raises PlanDriftError with the cell's number, its first line and the error where a cell fails; the
    notebook up to there is left as ``failed.ipynb``.
    """
    folder = Path(job["folder"])
    if job["after"] is not None:
        os.environ[AFTER_VARIABLE] = json.dumps(job["after"])
    notebook = _execute(job, folder)
    notebook["metadata"].setdefault("plan_drift", {}).update(job["about"])
    clean(notebook, job["root"])
    for suffix, document in (("ipynb", notebook), ("json", _results(notebook, job))):
        _make(folder, suffix, _dumped(document))


def publish_run(job: dict[str, Any]) -> dict[str, Any]:
    """Write the report of a notebook that ``run_cells`` has run beside it; return what the record keeps of the run.

    Raises PublishingError as ``publish`` does.
    """
    folder = Path(job["folder"])
    contents = {suffix: (folder / f"run.{suffix}").read_bytes() for suffix in ("ipynb", "json")}
    publication = publish(json.loads(contents["ipynb"]), job["name"], folder=Path(job["notebook"]).parent)
    for suffix, content in (
        ("pdf", publication.pdf),
        ("html", publication.html.encode()),
        ("zip", publication.archive),
    ):
        contents[suffix] = _make(folder, suffix, content)
    forget_documents()  # this process stays
    return {
        "title": publication.report.title,
        "question": _plain(publication.report.question),
        "answer": _plain(publication.report.answer.answer.text) if publication.report.answer else "",
        "hashes": {suffix: hashlib.sha256(content).hexdigest() for suffix, content in contents.items()},
    }


def make_done() -> None:
    """End what publishing has running, as the last thing that a process does which stayed for it."""
    end_pandoc()


def _make(folder: Path, suffix: str, content: bytes) -> bytes:
    made = folder / f"run.{suffix}"
    made.write_bytes(content)
    sync(made)
    return content


def _plain(markdown: str) -> str:
    """Return the text without marks, its paragraphs parted by blank lines."""
    paragraphs = markdown.replace("*", "").replace("`", "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _dumped(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _execute(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    import logging

    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)
    forked = job["engine"] == "forked"
    options = {"engine_name": "plan-drift", "seed": job["seed"]} if forked else {}
    failed = folder / "failed.ipynb"
    try:
        executed: dict[str, Any] = papermill.execute_notebook(
            job["notebook"],
            str(failed),
            parameters=job["parameters"],
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=job["root"],
            kernel_name="python3",
            language="python",
            **options,
        )
    except papermill.PapermillExecutionError as error:
        kind = MachineError if tells_of_a_shortage("\n".join(error.traceback)) else PlanDriftError
        raise kind(_failure(json.loads(failed.read_text(encoding="utf-8"))["cells"])) from error
    if any(
        map(_has_failed, executed["cells"])
    ):  # papermill lets a notebook pass that ends itself by sys.exit(0)
        raise PlanDriftError(_failure(executed["cells"]))
    return executed


def _has_failed(cell: dict[str, Any]) -> bool:
    """Tell whether papermill's engine has marked a cell as failed."""
    return cell["metadata"].get("papermill", {}).get("exception") is True


def _failure(cells: Sequence[dict[str, Any]]) -> str:
    """Return a line on the first cell that failed: its number in the notebook, its first line and the error."""
    number = 0
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        number += not {INJECTED_TAG, "papermill-error-cell-tag"} & set(tags)
        if _has_failed(cell):
            break
    source = joined(cell["source"])
    lines = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return f"cell {number}, '{lines[0].strip() if lines else ''}': {_error_told(cell)}"


def _error_told(cell: dict[str, Any]) -> str:
    """Return a failed cell's error; one that a kernel only prints (a magic that isn't there) by its last line."""
    outputs = cell.get("outputs", ())
    for output in outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {' '.join(str(output['evalue']).split())}"
    printed = "".join(joined(output["text"]) for output in outputs if output["output_type"] == "stream")
    return next((line for line in reversed(printed.splitlines()) if line.strip()), "it failed without a word")


def clean(notebook: dict[str, Any], root: str) -> None:
    """Take out what differs between runs and machines: clocks, paths, cell names made at random."""
    limit_outputs(notebook["cells"])
    notebook["metadata"].pop("papermill", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("papermill", None)
        cell["metadata"].pop("execution", None)
        if INJECTED_TAG in cell["metadata"].get("tags", []):
            cell["id"] = INJECTED_TAG
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                output["text"] = _without_paths(joined(output["text"]), root)


def _without_paths(text: str, root: str) -> str:
    for path, name in ((os.path.realpath(sys.prefix), "<python>"), (sys.prefix, "<python>"), (root, ".")):
        text = text.replace(path, name)
    return text


def _results(notebook: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            values.update(output.get("data", {}).get(RESULTS_MIME, {}))
    return {
        "name": job["name"],
        "notebook": Path(job["notebook"]).stem,
        "parameters": job["all_parameters"],
        "values": values,
    }
