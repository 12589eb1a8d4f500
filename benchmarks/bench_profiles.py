"""Briefs on authorities, made in four ways, side by side in one run: what the engine costs, and what it saves.

Printed for each way: seconds of wall time a brief, PDF and HTML, and the ratio to the fastest way there is: what the cells
call as plain functions, with the same typesetting, on as many processes.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import COMMAND, ENVIRONMENT, ROOT, fresh_copy

NAMES = (
    "Leeds",
    "Kent",
    "Sunderland",
    "Bury",
    "Devon",
    "Essex",
    "Luton",
    "Derby",
    "Slough",
    "Wigan",
    "Bolton",
    "Dudley",
)
FEW = 3
"""Briefs by the slow ways, whose time is the same for each."""
JOBS = 2


def timed(words: list[str], home: Path) -> float:
    """Return the wall time of a command in ``home``."""
    start = time.perf_counter()
    environment = ENVIRONMENT | {"PLAN_DRIFT_HOME": str(home)}
    subprocess.run(
        words, check=True, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - start


def by_commands(home: Path) -> float:
    """Return seconds a brief by papermill's command and nbconvert's, one process each, one after the other."""
    bin_folder = Path(sys.executable).parent
    notebook, out = str(home / "notebooks" / "authority-profile.ipynb"), str(home / "executed.ipynb")
    total = 0.0
    for name in NAMES[:FEW]:
        total += timed([str(bin_folder / "papermill"), notebook, out, "-p", "authority", name], home)
        for kind in ("html", "typst-pdf"):
            total += timed([sys.executable, "-m", "nbconvert", "--to", kind, out], home)
    return total / FEW


def by_papermill(home: Path) -> float:
    """Return seconds a brief by papermill in one process, a kernel each, with this package's typesetting."""
    code = (
        "import sys, papermill\n"
        "from publishing.publication import publish\n"
        "for name in sys.argv[1:]:\n"
        "    made = papermill.execute_notebook('notebooks/authority-profile.ipynb', 'executed.ipynb',\n"
        "        parameters={'authority': name}, progress_bar=False)\n"
        "    publish(made, 'brief')\n"
    )
    return timed([sys.executable, "-c", code, *NAMES[:FEW]], home) / FEW


def plain(name: str) -> int:
    """Make one brief by calling what its cells call, and set it as PDF and HTML."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    from analysis.reports.authority_profile import charts, tables, words
    from analysis.reports.authority_profile.study import load_profile
    from publishing.publication import publish

    profile = load_profile(name)
    makers = (
        words.profile_front, words.profile_answer, charts.standing_chart, charts.course_chart, tables.inspections_table,
        words.spoken_told, tables.neighbours_table, tables.claims_table, words.described, words.missing_told,
        tables.standing_table, tables.years_table, words.limits,
    )  # fmt: skip
    cells = [new_markdown_cell("# A brief")]
    for make in makers:
        data, metadata = make(profile)._repr_mimebundle_()
        output = new_output("display_data", data=data, metadata=metadata)
        cells.append(new_code_cell(make.__name__, execution_count=1, outputs=[output]))
    made = publish(new_notebook(cells=cells), "brief")
    return len(made.pdf) + len(made.html)


def by_functions(home: Path) -> float:
    """Return seconds a brief as plain functions in forked processes that have imported all they need."""
    os.environ["PLAN_DRIFT_HOME"] = str(home)
    import pypandoc  # noqa: F401
    import typst  # noqa: F401

    from analysis.reports.authority_profile import charts, tables, words  # noqa: F401
    from publishing import publication  # noqa: F401

    start = time.perf_counter()
    with multiprocessing.get_context("fork").Pool(JOBS) as pool:
        pool.map(plain, NAMES, chunksize=1)
    return (time.perf_counter() - start) / len(NAMES)


def by_this_package(home: Path, names: tuple[str, ...]) -> float:
    """Return seconds of `plan-drift profiles` on these authorities, whole process; none of them had been made."""
    return timed([*COMMAND, "profiles", *names, "--jobs", str(JOBS)], home)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = fresh_copy(Path(folder))
        (home / "data" / "processed").mkdir(exist_ok=True)
        for path in [*(ROOT / "data" / "processed").glob("*.csv"), ROOT / "data/processed/datapackage.json"]:
            (home / "data" / "processed" / path.name).write_bytes(path.read_bytes())
        timed([*COMMAND, "profiles", "York"], home)  # figures and the data of all briefs are prepared once
        start = by_this_package(home, NAMES[:1])
        ours = (by_this_package(home, NAMES) - start) / (len(NAMES) - 1)
        ways = {
            "papermill's command, nbconvert to HTML and PDF": by_commands(home),
            "papermill in one process, this typesetting": by_papermill(home),
            "plan-drift profiles, two at once": ours,
            "plain functions, two processes (the limit)": by_functions(home),
        }
        limit = ways["plain functions, two processes (the limit)"]
        print(f"{'a brief, PDF and HTML':52} {'seconds':>8} {'× the limit':>12}")
        for label, value in ways.items():
            print(f"{label:52} {value:8.2f} {value / limit:12.2f}")
        everything = timed([*COMMAND, "profiles", "--all", "--jobs", str(JOBS)], home)
        print(f"{'all briefs, whole process':52} {everything:8.1f}")
        print(f"{'all briefs, nothing changed':52} {timed([*COMMAND, 'profiles', '--all'], home):8.2f}")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{'the largest process, MB':52} {peak:8.0f}")
        size = sum(path.stat().st_size for path in (home / "reports").rglob("*") if path.is_file())
        print(f"{'reports on disk, MB':52} {size / 1e6:8.1f}")


if __name__ == "__main__":
    main()
