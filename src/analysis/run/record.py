"""What a run leaves for readers: the record, with hashes and clocks, and the list of reports, without."""

import json
import platform
from collections.abc import Mapping
from datetime import date
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis import __version__
from analysis.errors import RequestError
from analysis.files.writing import write_text
from analysis.files.yaml_files import read_yaml
from analysis.paths import Project
from analysis.studies.study import page_name

RECORDED_PACKAGES = (
    "plan-drift", "ipython", "matplotlib", "numpy", "pandas", "papermill", "pyarrow", "pyfixest",
    "pypandoc_binary", "scikit-learn", "scipy", "statsmodels", "typst",
)  # fmt: skip


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that bear on results."""
    found = {"python": platform.python_version()}
    for name in RECORDED_PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def citation(project: Project, published: date | None) -> tuple[list[str], dict[str, str]]:
    """Return the authors and the work that reports are cited in, from ``CITATION.cff``; empty where there is none.

    The work: ``authors``, ``year`` (the study's, else the file's), ``work`` with its version, and ``address``.

    Raises RequestError where that file isn't what it should be.
    """
    try:
        document = read_yaml(project.root / "CITATION.cff")
    except FileNotFoundError:
        return [], {}
    if not isinstance(document, dict) or not all(
        isinstance(one, dict) for one in document.get("authors", [])
    ):
        raise RequestError("CITATION.cff: must map names to values, with a list of 'authors'")
    authors = [_author(entry) for entry in document.get("authors", [])]
    return authors, {
        "authors": ", ".join(authors),
        "year": str(published.year if published else document.get("date-released", ""))[:4],
        "work": f"{document.get('title', '')}, version {document.get('version', __version__)}",
        "address": str(document.get("doi") or document.get("url") or document.get("repository-code") or ""),
    }


def _author(entry: Mapping[str, Any]) -> str:
    given, family = entry.get("given-names", ""), entry.get("family-names", "")
    return entry.get("name") or f"{given} {family}".strip()


def write_record(
    project: Project,
    kept: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
    older: Mapping[str, str],
) -> None:
    """Write ``reports/record.json``: every run with its inputs, outputs, versions, seed and clock times.

    ``failures`` says of runs why they failed last, ``older`` of reports why they are older than their inputs.
    Raises PlanDriftError where it can't be written.
    """
    document = {
        "runs": kept,
        "failures": dict(sorted(failures.items())),
        "older_than_inputs": dict(sorted(older.items())),
    }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_text(project.reports / "record.json", text)


def write_index(
    project: Project,
    kept: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
    older: Mapping[str, str],
) -> None:
    """Write ``reports/index.html``: every report with its question, links and state; no clock in it.

    Raises PlanDriftError where it can't be written.
    """
    from publishing.webpage import page

    by_notebook: dict[str, list[str]] = {}
    for name, about in kept.items():
        if "notebook" in about:
            by_notebook.setdefault(about["notebook"], []).append(
                _row(name, about, _state(name, failures, older))
            )
    for name, message in sorted(failures.items()):
        if name in kept:
            continue
        by_notebook.setdefault(name.split("/")[0], []).append(_failed_row(name, message))
    parts = ['<header class="front">\n<h1>Reports</h1>\n</header>', '<main id="content">']
    # Single reports first: those that were made in scores come after what gathers them.
    for notebook, rows in sorted(by_notebook.items(), key=lambda item: (len(item[1]) > 1, item[0])):
        head = "".join(
            f'<th scope="col">{title}</th>' for title in ("Report", "Parameters", "PDF", "Web page", "State")
        )
        table = (
            f"<table>\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>"
        )
        parts.append(f"<h2>{escape(_heading(notebook, kept))}</h2>\n{_question(notebook, kept)}")
        parts.append(
            f'<div class="scroll" role="region" aria-label="{escape(notebook)}" tabindex="0">{table}</div>'
        )
    parts.append("</main>")
    write_text(project.reports / "index.html", page("Reports", "\n".join(parts)))


def _of_notebook(notebook: str, kept: Mapping[str, Mapping[str, Any]], key: str) -> str:
    found = {about[key] for about in kept.values() if about.get("notebook") == notebook and about.get(key)}
    return found.pop() if len(found) == 1 else ""


def _heading(notebook: str, kept: Mapping[str, Mapping[str, Any]]) -> str:
    return _of_notebook(notebook, kept, "title") or notebook.replace("_", " ").capitalize()


def _question(notebook: str, kept: Mapping[str, Mapping[str, Any]]) -> str:
    question = _of_notebook(notebook, kept, "question")
    return f"<p>{escape(question)}</p>" if question else ""


def _state(name: str, failures: Mapping[str, str], older: Mapping[str, str]) -> str:
    if name in failures:
        return f"older than its inputs; could not be made again: {failures[name]}"
    return f"older than its inputs: {older[name]}" if name in older else "done"


def _row(name: str, about: Mapping[str, Any], state: str) -> str:
    from publishing.reading import plain

    parameters = "; ".join(f"{key}: {plain(value)}" for key, value in about["given"].items())
    whose = f"{escape(about['title'])}, {escape(name)}"
    links = "".join(
        f'<td><a href="{escape(quote(file))}" aria-label="{whose}, {label}">{label}</a></td>'
        for file, label in ((f"{name}.pdf", "PDF"), (page_name(name), "HTML"))
    )
    title = f'<th scope="row">{escape(about["title"])}<br><span class="soft">{escape(name)}</span></th>'
    return f"<tr>{title}<td>{escape(parameters)}</td>{links}<td>{escape(state)}</td></tr>"


def _failed_row(name: str, message: str) -> str:
    return (
        f'<tr><th scope="row">{escape(name)}</th><td></td><td></td><td></td>'
        f"<td>failed: {escape(message)}</td></tr>"
    )


def read_failures(file: Path) -> dict[str, str]:
    """Return the failures that the runs before have left, by run."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
