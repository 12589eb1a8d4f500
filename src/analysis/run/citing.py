"""How the package and its reports are cited, from ``CITATION.cff`` and the record of runs."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from analysis import __version__
from analysis.errors import RequestError, unknown
from analysis.files.yaml_files import read_yaml
from analysis.paths import Project
from analysis.studies.study import load_study


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
        isinstance(author, dict) for author in document.get("authors", [])
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


def citation_of(project: Project, report: str | None) -> str:
    """Return the sentence that cites the package, or a report by its own title.

    Raises RequestError where there is no ``CITATION.cff``, or no such report has been made.
    """
    work = work_of(project)
    if report:
        from publishing.reading import cited  # takes long to import, and every run imports this module

        return cited(work, _title(project, report))
    year = f" ({work['year']})" if work["year"] else ""
    return ". ".join(part for part in (work["authors"] + year, work["work"], work["address"]) if part) + "."


def bibtex_of(project: Project, report: str | None) -> str:
    """Return the citation as an entry of BibTeX: a technical report, or the software itself; raises as ``citation_of``."""
    work = work_of(project)
    fields = {"author": f"{{{work['authors']}}}", "year": work["year"]}
    if report:
        kind, fields["title"], fields["howpublished"] = (
            "misc",
            f"{{{_title(project, report)}}}",
            f"In {work['work']}",
        )
    else:
        kind, fields["title"] = "software", f"{{{work['work']}}}"
    fields["url"] = work["address"]
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    key = re.sub(r"[^a-z0-9]+", "-", f"plan-drift {report or ''}".casefold()).strip("-")
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def work_of(project: Project) -> dict[str, str]:
    """Return the work that reports are cited in (see ``citation``); raises RequestError where nothing says how to cite."""
    main = project.studies / "main.yml"
    _, work = citation(project, load_study(main).published if main.is_file() else None)
    if not work:
        raise RequestError("CITATION.cff: isn't there, so that nothing says how to cite; restore it")
    return work


def _title(project: Project, report: str) -> str:
    try:
        runs = json.loads((project.reports / "record.json").read_text(encoding="utf-8"))["runs"]
    except (OSError, ValueError, KeyError):
        runs = {}
    titles = {
        name: about["title"] for name, about in runs.items() if isinstance(about, dict) and "title" in about
    }
    if report not in titles:
        raise unknown("report", report, titles)
    return str(titles[report])
