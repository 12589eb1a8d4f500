"""Briefs on authorities, made in four ways side by side, and how ours grows with runs and workers.

Printed for each way: wall and processor seconds a brief, PDF and HTML, and the ratio of the latter to the fastest way there
is: what the cells call as plain functions, with the same typesetting, on as many processes. The slow ways are sampled, a few
briefs each; all else is run as often as it says. `--quick` is a trial of two minutes, whose numbers mean little; with
`--write`, tables and picture go into the docs. Memory is what the processes of a run hold together (proportional set size,
which Linux alone tells; elsewhere resident pages, those shared counted for each).
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from run import COMMAND, ENVIRONMENT, ROOT, fresh_copy

_parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
_parser.add_argument("--quick", action="store_true", help="a trial, whose numbers mean little")
_parser.add_argument("--write", action="store_true", help="write tables and picture into the docs")
ASKED = _parser.parse_args()
QUICK = ASKED.quick
NAMES = (
    "Leeds", "Kent", "Sunderland", "Bury", "Devon", "Essex", "Luton", "Derby", "Slough", "Wigan", "Bolton", "Dudley",
)[: 4 if QUICK else 12]  # fmt: skip
YORK = "E06000014"
FEW = 1 if QUICK else 3
"""Briefs by the slow ways, whose time is the same for each."""
TIMES = 1 if QUICK else 3
"""How often the fast ways are measured, each time with other briefs; the median counts."""
JOBS = 2
SIZES = (4, 12) if QUICK else (10, 100, 1000)
WORKERS = (1, 2) if QUICK else (1, 2, 4)
RUNS_BY_WORKERS = 6 if QUICK else 60
LIMIT = "plain functions, two processes (the limit)"
OURS = "plan-drift profiles, two at once"
PAGE, PICTURE = ROOT / "docs/explanation/speed.md", ROOT / "docs/pictures/speed.png"
START, END = "<!-- written by benchmarks/bench_profiles.py -->\n", "<!-- to here -->\n"
SAMPLED_SECONDS = 0.5

BY_PAPERMILL = """
import sys, papermill
from publishing.publication import publish
for name in sys.argv[1:]:
    made = papermill.execute_notebook('notebooks/authority-profile.ipynb', 'executed.ipynb',
        parameters={'authority': name}, progress_bar=False)
    publish(made, 'brief')
"""
MANY_RUNS = """
import sys
from pathlib import Path
from analysis.data.panel import store
from analysis.paths import Project
from analysis.run.runner import run_study
from analysis.studies.study import Run, Study
n, jobs, start = map(int, sys.argv[1:])
names = sorted(path.stem for path in Path('data/processed/profiles').glob('E*.json'))
runs = tuple(Run(f'bench/{start + i:05}', 'authority-profile', {'authority': names[i % len(names)]},
                 reads=(f'data/processed/profiles/{names[i % len(names)]}.json',)) for i in range(n))
summary = run_study(Project(Path.cwd()), Study('bench', '', runs), jobs=jobs, progress=False)
assert len(summary.done) == n, str(summary)
"""
"""Some briefs many times over, for there aren't so many authorities: the same engine as the command has."""


class Cost(NamedTuple):
    """What something took: seconds of wall time and of the processor, of all its processes, and megabytes at the most."""

    wall: float
    cpu: float
    megabytes: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":  # type: ignore[override]
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.megabytes, other.megabytes))

    def less(self, other: "Cost", n: int) -> "Cost":
        """Return what each of ``n`` took that ``other`` lacks."""
        return Cost((self.wall - other.wall) / n, (self.cpu - other.cpu) / n, self.megabytes)


NOTHING = Cost(0.0, 0.0)


def _processor() -> float:
    """Return the processor seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


class _Peak(threading.Thread):
    """The most memory that a process and all that it has started hold together, in megabytes, sampled twice a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root, self._over, self.megabytes = psutil.Process(pid), threading.Event(), 0.0

    def run(self) -> None:
        while not self._over.wait(SAMPLED_SECONDS):
            held = 0
            with suppress(psutil.NoSuchProcess):
                for process in (self._root, *self._root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                        full = process.memory_full_info()
                        held += getattr(full, "pss", full.rss)
            self.megabytes = max(self.megabytes, held / 1e6)

    def stop(self) -> float:
        self._over.set()
        self.join()
        return self.megabytes


def timed(words: list[str], home: Path) -> Cost:
    """Return what a command in ``home`` takes; ends where the command fails."""
    environment = ENVIRONMENT | {"PLAN_DRIFT_HOME": str(home)}
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        words, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        peak = _Peak(process.pid)
        peak.start()
        _, told = process.communicate()
        taken, held = time.perf_counter() - start, peak.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"{' '.join(words)[:200]}\n{told.decode(errors='replace')[-2000:]}")
    return Cost(taken, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, held)


def by_commands(home: Path) -> Cost:
    """Return the cost of a brief by papermill's command and nbconvert's, one process each, one after the other.

    nbconvert's own routes to PDF need LaTeX or a browser; the one that runs anywhere is this package's exporter.
    """
    notebook, out = str(home / "notebooks" / "authority-profile.ipynb"), str(home / "executed.ipynb")
    total = NOTHING
    for name in NAMES[:FEW]:
        total += timed([sys.executable, "-m", "papermill", notebook, out, "-p", "authority", name], home)
        for kind in ("html", "typst-pdf"):
            total += timed([sys.executable, "-m", "nbconvert", "--to", kind, out], home)
    return total.less(NOTHING, FEW)


def by_papermill(home: Path) -> Cost:
    """Return the cost of a brief by papermill in one process, a kernel each, with this package's typesetting."""
    return timed([sys.executable, "-c", BY_PAPERMILL, *NAMES[:FEW]], home).less(NOTHING, FEW)


def cells() -> list[tuple[str, str]]:
    """Return kind and text of the notebook's cells that show something; of code the call that shows it."""
    notebook = json.loads((ROOT / "notebooks" / "authority-profile.ipynb").read_text(encoding="utf-8"))
    texts = [
        (cell["cell_type"], "".join(cell["source"]).strip(), cell["metadata"]) for cell in notebook["cells"]
    ]
    return [
        (kind, text if kind == "markdown" else text.splitlines()[-1])
        for kind, text, about in texts
        if kind == "markdown" or not ("parameters" in about.get("tags", ()) or text.startswith("from "))
    ]


def plain(name: str) -> int:
    """Make one brief by calling what its cells call, and set it as PDF and HTML."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    from analysis.reports.authority_profile import charts, tables, words
    from analysis.reports.authority_profile.study import load_profile
    from analysis.studies.results import Results
    from publishing.publication import publish

    known = {
        **vars(words), "charts": charts, "tables": tables, "Results": Results, "profile": load_profile(name)
    }  # fmt: skip
    made = []
    for kind, text in cells():
        if kind == "markdown":
            made.append(new_markdown_cell(text))
            continue
        data, metadata = eval(text, known)._repr_mimebundle_()
        output = new_output("display_data", data=data, metadata=metadata)
        made.append(new_code_cell(text, execution_count=1, outputs=[output]))
    publication = publish(new_notebook(cells=made), "brief")
    return len(publication.pdf) + len(publication.html)


def by_functions(home: Path) -> Cost:
    """Return the cost of a brief as plain functions in forked processes that have imported all they need."""
    os.environ["PLAN_DRIFT_HOME"] = str(home)
    import pypandoc  # noqa: F401

    from analysis.reports.authority_profile import charts, tables, words  # noqa: F401
    from publishing import display, publication, typesetting  # noqa: F401

    for module in (words, display, typesetting):
        module.make_ready()
    start, before = time.perf_counter(), _processor()
    with multiprocessing.get_context("fork").Pool(JOBS) as pool:
        pool.map(plain, NAMES, chunksize=1)
        pool.close()
        pool.join()
    return Cost(time.perf_counter() - start, _processor() - before).less(NOTHING, len(NAMES))


def by_this_package(home: Path, names: list[str]) -> Cost:
    """Return what each brief but the first adds to `plan-drift profiles`, whole process; none of them had been made."""
    command = [*COMMAND, "profiles", "--jobs", str(JOBS)]
    first = timed([*command, *names[:1]], home)
    return timed([*command, *names[1:]], home).less(first, len(names) - 2)


def usual(costs: list[Cost]) -> Cost:
    """Return the one whose processor time is the median."""
    return sorted(costs, key=lambda cost: cost.cpu)[len(costs) // 2]


def growth(home: Path) -> list[str]:
    """Return a line for each number of runs and of workers: seconds, those of the processor a further run, memory."""
    lines, start, smallest = [], 0, NOTHING
    # Small studies first: a study takes the reports of the one before away.
    for n, jobs in [*((RUNS_BY_WORKERS, workers) for workers in WORKERS), *((size, JOBS) for size in SIZES)]:
        cost = timed([sys.executable, "-c", MANY_RUNS, str(n), str(jobs), str(start)], home)
        start += n
        smallest = cost if n == SIZES[0] else smallest
        further = cost.less(smallest, max(n - SIZES[0], 1))
        told = f"{further.wall:.2f} | {further.cpu:.2f}" if n in SIZES[1:] else " | "
        lines.append(f"| {n:,} | {jobs} | {cost.wall:.1f} | {told} | {cost.megabytes:,.0f} |")
    return lines


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = fresh_copy(Path(folder))
        prepared = timed([*COMMAND, "profiles", YORK], home)
        others = sorted(path.stem for path in (home / "data" / "processed" / "profiles").glob("E*.json"))
        others.remove(YORK)
        size = len(NAMES) + 1
        ours = [by_this_package(home, others[k * size : (k + 1) * size]) for k in range(TIMES)]
        ways = {
            "papermill's command, nbconvert to HTML and PDF": by_commands(home),
            "papermill in one process, this typesetting": by_papermill(home),
            OURS: usual(ours),
            LIMIT: usual([by_functions(home) for _ in range(TIMES)]),
        }
        timed([*COMMAND, "profiles", *NAMES], home)
        again = timed([*COMMAND, "profiles", *NAMES], home)
        grown = growth(home)
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        files = [path for path in (home / "reports").rglob("*") if path.is_file() and "bench" in path.parts]
        disk = sum(path.stat().st_size for path in files) / 1e6 / SIZES[-1]
    limit = ways[LIMIT].cpu
    lines = [
        f"| {label} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.cpu / limit:.2f} |"
        for label, cost in ways.items()
    ]
    text = "\n".join(
        [
            "| a brief, PDF and HTML | seconds | of the processor | × the limit |", "| --- | --- | --- | --- |", *lines, "",
            f"The first two rows are a sample of {FEW}, the others the median of {TIMES} samples of {len(NAMES)}; ours "
            "is what a further brief adds.",
            f"The first brief of all takes {prepared.wall:.1f} seconds, for the data of every brief are computed then; "
            f"{len(NAMES)} of which nothing has changed take {again.wall:.1f}.",
            "", "| runs | workers | seconds | a further run | of the processor | memory, MB |",
            "| --- | --- | --- | --- | --- | --- |",
            *grown, "",
            f"The largest process took {largest:,.0f} MB; a brief with its files takes {disk:.1f} MB of disk.", "",
        ]
    )  # fmt: skip
    print(text)
    if ASKED.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(START)
        PAGE.write_text(f"{before}{START}{text}{END}{rest.split(END)[1]}", encoding="utf-8")
        draw(ways)


def draw(ways: dict[str, Cost]) -> None:
    """Draw the seconds of each way as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 2.0), layout="constrained")
    axes = figure.subplots()
    values = [cost.cpu for cost in ways.values()]
    axes.barh(list(ways), values, color="#3D76AD")
    for place, value in enumerate(values):
        axes.text(value, place, f" {value:.2f}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set_xlabel("processor seconds a brief", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=140, metadata={"Software": None})


if __name__ == "__main__":
    main()
