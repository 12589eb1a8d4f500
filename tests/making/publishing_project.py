"""A small project of its own for tests of the runner: a module, three notebooks and a study."""

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from analysis.paths import Project

MODULE = '''"""What the notebooks share."""

from .deep import base


def scaled(count):
    """Return the count, scaled."""
    return count * base()
'''

READING = "from analysis.paths import current_project\nfrom analysis.studies.results import read_results"

GRID_PARAMETERS = """from typing import Literal

level: Literal['low', 'high'] = 'low'  # which
size: float = 1.0
"""

STUDY = """
title: A small study
data_date: 2024-03-31
runs:
  - notebook: first
  - notebook: grid
    grid: {level: [low, high]}
  - notebook: last
    after: first
"""


def notebook(*cells):
    made = new_notebook(cells=list(cells))
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return made


def parameters(source):
    return new_code_cell(source, metadata={"tags": ["parameters"]})


def write_notebook(root: Path, name: str, *cells) -> None:
    (root / "notebooks").mkdir(exist_ok=True)
    nbformat.write(notebook(*cells), root / "notebooks" / f"{name}.ipynb")


def small_project(root: Path) -> Path:
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "figures.csv").write_text("a,b\n1,2\n")
    package = root / "src" / "tinypack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text("def base():\n    return 10\n")
    (package / "scaling.py").write_text(MODULE)
    (package / "making.py").write_text(
        "def build(project):\n"
        "    target = project.processed / 'panel.txt'\n"
        "    target.parent.mkdir(parents=True, exist_ok=True)\n"
        "    target.write_text((project.raw / 'figures.csv').read_text().upper())\n"
    )
    (root / "studies").mkdir()
    (root / "studies" / "main.yml").write_text(STUDY)
    write_notebook(
        root,
        "first",
        new_markdown_cell("# The first\n\n## Question\n\nDoes it run?\n\n## Result"),
        parameters("count: int = 3  # how many\nlevel: str = 'low'  # which"),
        new_code_cell(
            "from tinypack.scaling import scaled\nfrom analysis.studies.results import Results\n"
            "from publishing.display import Prose"
        ),
        new_code_cell("Prose(f'It is **{scaled(count)}**.')"),
        new_code_cell("Results({'scaled': scaled(count)})"),
    )
    write_notebook(
        root,
        "grid",
        new_markdown_cell("# A grid\n\n## Result"),
        parameters(GRID_PARAMETERS),
        new_code_cell("from analysis.studies.results import Results\nResults({'level': level})"),
    )
    write_notebook(
        root,
        "last",
        new_markdown_cell("# The last\n\n## Result"),
        parameters("level: str = 'low'  # which"),
        new_code_cell(READING),
        new_code_cell("from analysis.studies.results import Results\n"
                      "Results({'seen': read_results(current_project(), notebook='first')[0]['values']})"),
    )  # fmt: skip
    return root


def copied(project: Project, to: Path) -> Project:
    """Copy a project with its reports, which hold wherever it lies: what has run there is up to date in the copy."""
    return Project(shutil.copytree(project.root, to / "copy"))
