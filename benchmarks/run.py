"""Measure what the project promises: whole processes, medians, and ratios that hold on any machine.

Prints a table. A ratio compares two things measured in this same run, so it means the same on a slow machine. Given a folder
of inspection reports and their index, it measures their reading too.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [str(Path(sys.executable).with_name("plan-drift"))]
ENVIRONMENT = os.environ | {"OPENBLAS_NUM_THREADS": "1"}


def seconds(words: Sequence[str], home: Path, times: int = 3) -> float:
    """Return the median wall time of a command of this project, run ``times`` times in ``home``."""

    def once() -> float:
        start = time.perf_counter()
        environment = ENVIRONMENT | {"PLAN_DRIFT_HOME": str(home)}
        subprocess.run(
            [*words], check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(times))


def in_process(function: Callable[[], object], times: int = 5) -> float:
    """Return the median wall time of a function of this process, after one call that isn't counted."""
    function()

    def once() -> float:
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(times))


def fresh_copy(folder: Path) -> Path:
    """Copy what a run reads into ``folder``: figures, notebooks, studies, locks; nothing that git ignores as generated."""
    read = ("data", "notebooks", "studies", "requirements.lock", "pyproject.toml", "CITATION.cff")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *read]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def run_benchmarks(home: Path, official: str) -> list[tuple[str, float, str]]:
    """Return label, seconds and promise of each measurement; ``home`` is a fresh copy of the project.

    ``official`` is a folder with reports of inspections and their index; where it is empty, reading them isn't measured.
    """
    python = [sys.executable, "-c"]
    rows = [("start of Python with pandas (the yardstick)", seconds([*python, "import pandas"], home, 5), "")]
    rows += [("panel from figures, whole process", seconds([*python, BUILD_PANEL], home), "2 s")]
    rows += [("make reports, everything", seconds([*COMMAND, "reports"], home, 1), "90 s")]
    rows += [("make reports, nothing to do", seconds([*COMMAND, "reports"], home), "1 s")]
    pair = ["-p", "exposure=churn_percent", "-p", "outcome=rereferrals_percent"]
    lags = [seconds([*COMMAND, "run", "relationship", *pair, "-p", f"lag_years={lag}"], home, 1)
            for lag in (1, 2, 3)]  # fmt: skip
    rows += [("one relationship, whole process to PDF", statistics.median(lags), "")]
    rows += [("one relationship, added to a run under way", added_by_one(home), "0.75 s")]
    rows += [("of a run all but its cells and typesetting", overhead_of_a_run(home), "0.12 s")]
    rows += [(f"PDF, HTML and archive of an executed '{name.partition('/')[0]}'", publish_seconds(home, name), "0.15 s")
             for name in ("summary", PAIR, "workforce", "data")]  # fmt: skip
    if official:
        ingest = [*COMMAND, "ingest", "inspections", "--from", official]
        rows += [("ingest inspections, all reports", seconds(ingest, home, 1), "")]
    return rows


PAIR = "relationship/turnover_percent-plans_open_two_years_percent"
BUILD_PANEL = "from analysis.data.panel import store; store.build()"


def added_by_one(home: Path) -> float:
    """Return the wall time that each further relationship adds to a run: 12 new ones less 2 new ones, by ten."""

    def study(name: str, lags: range, estimators: str) -> float:
        text = (
            "title: bench\nruns:\n  - notebook: relationship\n"
            f"    grid: {{lag_years: {list(lags)}, estimator: [{estimators}], standardised: [false]}}\n"
        )
        (home / "studies" / f"{name}.yml").write_text(text)
        return seconds([*COMMAND, "reports", name, "--jobs", "1"], home, 1)

    return (study("many", range(-2, 4), "two-way, pooled") - study("few", range(2), "first-differences")) / 10


def overhead_of_a_run(home: Path) -> float:
    """Return the wall time that each further run of a notebook without work adds, less what its report takes warm."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    parameters = new_code_cell("n: int = 1  # which of many", metadata={"tags": ["parameters"]})
    cells = [new_markdown_cell("# Nothing"), parameters, new_markdown_cell("## Result"), new_code_cell("n")]
    nbformat.write(new_notebook(cells=cells), home / "notebooks" / "nothing.ipynb")

    def study(name: str, numbers: range) -> float:
        text = f"title: bench\nruns:\n  - notebook: nothing\n    grid: {{n: {list(numbers)}}}\n"
        (home / "studies" / f"{name}.yml").write_text(text)
        return seconds([*COMMAND, "reports", name, "--jobs", "1"], home, 1)

    added = (study("nothings", range(2, 54)) - study("nothing", range(54, 56))) / 50
    return added - publish_seconds(home, "nothing/55")


def publish_seconds(home: Path, name: str) -> float:
    """Return the wall time, warm, of setting an executed notebook as PDF and web page with its archive."""
    import nbformat

    from publishing.publication import publish

    notebook = nbformat.read(home / "reports" / "notebooks" / f"{name}.ipynb", as_version=4)
    return in_process(lambda: publish(notebook, name), 3)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rows = run_benchmarks(fresh_copy(Path(folder)), next(iter(sys.argv[1:]), ""))
    yardstick = rows[0][1]
    print(f"{'':58} {'seconds':>8} {'× yardstick':>12}  promise")
    for label, value, promise in rows:
        print(f"{label:58} {value:8.2f} {value / yardstick:12.1f}  {promise and 'under ' + promise}")
    print("\nBriefs on authorities", flush=True)
    subprocess.run([sys.executable, ROOT / "benchmarks" / "bench_profiles.py"], check=True, env=ENVIRONMENT)
    print("\nSpecification curve, ratios measured in one run", flush=True)
    subprocess.run([sys.executable, ROOT / "benchmarks" / "bench_curve.py"], check=True, env=ENVIRONMENT)


if __name__ == "__main__":
    main()
