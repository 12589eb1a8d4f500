"""A replication archive: code, figures, executed notebooks and reports in one folder, with what a data editor asks for.

The README follows the template of the social science data editors (Vilhuber and others, 2022); ``codecheck.yml`` that of
CODECHECK 1.0, ``.zenodo.json`` that of Zenodo's deposits.
"""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml
from jinja2 import Environment, StrictUndefined

from analysis.claims.register import register
from analysis.errors import PlanDriftError, RequestError
from analysis.files.writing import sha256
from analysis.paths import Project

from .citing import citation_of, work_of

_INSIDE = "plan-drift"
_TEMPLATE = "replication.md"
_TOLD_FIRST = ("claims", "summary", "austerity", "inspection-shock")
_CODECHECK = "https://codecheck.org.uk/spec/config/1.0/"


def write_archive(project: Project, target: Path) -> Path:
    """Write the archive of a project into the folder ``target``, which appears whole or not at all, and return it.

    Raises RequestError where the folder holds something, the project isn't a git checkout or has changes that aren't
    committed, or its reports are missing, failed or older than their inputs; PlanDriftError where it can't be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise RequestError(f"{target}: is there already; name a folder that isn't, or remove it")
    commit, tracked = _committed(project.root)
    runs = _current_runs(project)
    aside = target.parent / f".{target.name[:80]}.{secrets.token_hex(6)}"
    try:
        made = _made(project, runs)
        for path in sorted({*tracked, *made}):
            (aside / _INSIDE / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / path, aside / _INSIDE / path, follow_symlinks=False)
            shutil.copymode(project.root / path, aside / _INSIDE / path, follow_symlinks=False)
        (aside / "README.md").write_text(_readme(project, runs, commit), encoding="utf-8")
        (aside / "codecheck.yml").write_text(_codecheck(project, runs), encoding="utf-8")
        (aside / ".zenodo.json").write_text(_zenodo(project), encoding="utf-8")
        (aside / "SHA256SUMS").write_text(_sums(aside), encoding="utf-8")
        if target.exists():
            target.rmdir()
        aside.replace(target)
    except OSError as error:
        raise PlanDriftError(
            f"{error.filename or target}: can't be written ({error.strerror or error}); check the disk's space and rights"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def _committed(root: Path) -> tuple[str, list[str]]:
    """Return the commit of a checkout, and its files."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip("\n")

    try:
        changed = git("status", "--porcelain", "--untracked-files=no").splitlines()
        commit, listed = git("rev-parse", "HEAD"), git("ls-files", "-z").split("\0")
    except (OSError, subprocess.CalledProcessError):
        raise RequestError(f"{root}: is no git checkout, so that nothing says which code this is") from None
    if changed:
        raise RequestError(f"{changed[0][3:]}: has changes that aren't committed; commit or undo them first")
    return commit, [path for path in listed if path]


def _current_runs(project: Project) -> dict[str, dict[str, Any]]:
    """Return what was recorded of the reports of the project's studies, by name, where all of them hold."""
    try:
        record = json.loads((project.reports / "record.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RequestError("reports/record.json: no reports have been made; run `make reports`") from None
    for told in ("failures", "older_than_inputs"):
        for name, reason in record[told].items():
            raise RequestError(f"reports/{name}: doesn't hold ({reason}); run `make reports`")
    return {
        name: about
        for name, about in record["runs"].items()
        if "notebook" in about and not name.startswith("runs/")
    }


def _made(project: Project, runs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    made = [path for about in runs.values() for path in about["outputs"]]
    lists = [f"reports/{name}" for name in ("index.html", "record.json")]
    for path in (*made, *lists):
        if not (project.root / path).is_file():
            raise RequestError(f"{path}: isn't there; run `make reports`")
    return [*made, *lists]


def _readme(project: Project, runs: Mapping[str, Mapping[str, Any]], commit: str) -> str:
    any_run = next(iter(runs.values()))
    seconds = sum(
        (datetime.fromisoformat(about["end"]) - datetime.fromisoformat(about["start"])).total_seconds()
        for about in runs.values()
    )
    text = files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    # Plain text: nothing in it is read as HTML. A bar would end a cell of its tables.
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    return environment.from_string(text).render(
        work=work_of(project),
        cited=citation_of(project, None),
        commit=commit,
        reports=sorted(runs),
        minutes=max(1, round(seconds / 60)),
        tables=[*_tables(project.raw), *_tables(project.processed)],
        packages=any_run["packages"],
        versions=", ".join(
            f"{name} {number}" for name, number in any_run["packages"].items() if name != "python"
        ),
        seed=any_run["seed"],
        exhibits=[exhibit for name in _in_order(runs) for exhibit in _exhibits(project, name, runs[name])],
        references=sorted({entry.reference for claim in register().claims for entry in claim.published}),
    )


def _in_order(runs: Iterable[str]) -> list[str]:
    """Return the names of runs: those that answer most first, then the single ones, then those of grids."""
    return sorted(runs, key=lambda name: (name not in _TOLD_FIRST, "/" in name, name))


def _tables(folder: Path) -> list[dict[str, str]]:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    return [
        {
            "path": f"data/{folder.name}/{entry['path']}",
            "licence": "; ".join(licence["title"] for licence in entry.get("licenses", package["licenses"])),
            **{name: str(entry.get(name, "")) for name in ("title", "publisher", "release", "homepage")},
        }
        for entry in package["resources"]
    ]


def _exhibits(project: Project, name: str, about: Mapping[str, Any]) -> list[dict[str, str]]:
    with ZipFile(project.reports / "files" / f"{name}.zip") as opened:
        told = opened.read("README.txt").decode()
    return [
        {
            "report": name,
            "file": file,
            "caption": caption.partition(" Source: ")[0].replace("|", "\\|"),
            "notebook": about["notebook"],
            "parameters": ", ".join(f"{key}={value}" for key, value in about["given"].items()) or "as given",
        }
        for file, caption in re.findall(r"^((?:figure|table)-\d+-\S+): (.*)$", told, re.MULTILINE)
    ]


def _codecheck(project: Project, runs: Mapping[str, Mapping[str, Any]]) -> str:
    work = work_of(project)
    document = {
        "version": _CODECHECK,
        "paper": {
            "title": work["work"],
            "authors": [{"name": name} for name in work["authors"].split(", ")],
            "reference": work["address"],
        },
        "manifest": [
            {"file": f"{_INSIDE}/reports/{name}.pdf", "comment": runs[name]["title"]}
            for name in _in_order(runs)
        ],
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, explicit_start=True, width=10_000)


def _zenodo(project: Project) -> str:
    cff = yaml.safe_load((project.root / "CITATION.cff").read_text(encoding="utf-8"))
    work = work_of(project)
    document = {
        "title": cff["title"],
        "upload_type": "software",
        "description": cff["abstract"].strip(),
        "version": str(cff["version"]),
        "creators": [{"name": name} for name in work["authors"].split(", ")],
        "license": cff["license"],
        "keywords": cff["keywords"],
        "access_right": "open",
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _sums(folder: Path) -> str:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return "".join(f"{sha256(folder / path)}  {path}\n" for path in paths)
