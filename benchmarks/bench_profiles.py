"""Briefs on authorities, made in four ways, side by side in one run: what the engine costs, and what it saves.

Printed for each way: seconds of wall time a brief, PDF and HTML, and the ratio to the fastest way there is: what the cells
call as plain functions, with the same typesetting, on as many processes. With `--write`, table and picture go into the docs.
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
LIMIT = "plain functions, two processes (the limit)"
PAGE, PICTURE = ROOT / "docs/explanation/speed.md", ROOT / "docs/pictures/speed.png"
START, END = "<!-- written by benchmarks/bench_profiles.py -->\n", "<!-- to here -->\n"


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
            LIMIT: by_functions(home),
        }
        limit = ways[LIMIT]
        lines = [f"| {label} | {value:.2f} | {value / limit:.2f} |" for label, value in ways.items()]
        everything = timed([*COMMAND, "profiles", "--all", "--jobs", str(JOBS)], home)
        again = timed([*COMMAND, "profiles", "--all"], home)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in (home / "reports").rglob("*") if path.is_file()) / 1e6
    lines += [
        f"| all briefs, whole process | {everything:.1f} | |",
        f"| all briefs, nothing changed | {again:.2f} | |",
    ]
    text = "\n".join(["| a brief, PDF and HTML | seconds | × the limit |", "| --- | --- | --- |", *lines])
    text += f"\n\nThe largest process took {peak:,.0f} MB; all briefs with their files take {size:,.0f} MB of disk.\n"
    print(text)
    if "--write" in sys.argv:
        before, rest = PAGE.read_text(encoding="utf-8").split(START)
        PAGE.write_text(f"{before}{START}{text}{END}{rest.split(END)[1]}", encoding="utf-8")
        draw(ways)


def draw(ways: dict[str, float]) -> None:
    """Draw the seconds of each way as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 2.0), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(ways), list(ways.values()), color="#3D76AD")
    for place, value in enumerate(ways.values()):
        axes.text(value, place, f" {value:.2f}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel("seconds a brief", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=140, metadata={"Software": None})


if __name__ == "__main__":
    main()
