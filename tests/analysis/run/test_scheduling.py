"""Tasks are done in the order of what they read, no more at once than asked for, and each is told in one line."""

import errno
import io
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue

import pytest

from analysis.errors import PlanDriftError, RequestError
from analysis.files import writing
from analysis.paths import Project
from analysis.run import runner
from analysis.run.progress import Progress
from analysis.run.runner import run_study
from analysis.run.scheduling import Schedule, Task, linked, longest_ways
from analysis.run.state import State
from analysis.studies.recorded import Recorded
from analysis.studies.study import load_study
from tests.making.publishing_project import small_project


class Bench:
    """Tasks that write down when they are done, scheduled over a folder of their own."""

    def __init__(self, root):
        self.root, self.order, self.at_once, self.most = root, [], 0, 0
        self._lock = threading.Lock()

    def task(self, name, reads=(), error=None):
        def work():
            with self._lock:
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            time.sleep(0.02)
            with self._lock:
                self.at_once -= 1
                self.order.append(name)
            if error:
                raise error
            (self.root / name).write_text(name)
            hashes = State(self.root, self.root / "none").hashes
            read = {path: hashes.of(path) for path in reads}
            return {"inputs": read, "outputs": {name: hashes.of(name)}, "settings": {}}

        return Task(name, reads, [name], {}, work)

    def run(self, tasks, selected=None, jobs=1, at_the_last=int):
        """Return the lines that a user sees, seconds left out."""
        after = linked(tasks, selected or [task.name for task in tasks])
        stream = io.StringIO()
        progress = Progress(list(after), stream=stream)
        state = State(self.root, self.root / "state.jsonl")
        with ThreadPoolExecutor(jobs) as pool:
            Schedule(tasks, after, state, progress, pool, jobs, SimpleQueue(), at_the_last).run()
        return [re.sub(r" \(\d+\.\d s\)", "", line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_each_task_comes_after_those_whose_files_it_reads_and_brings_them_forward(bench):
    tasks = [bench.task("z"), bench.task("all", ["a", "z"]), bench.task("m"), bench.task("a")]
    assert bench.run(tasks) == ["1/4 z: done", "2/4 a: done", "3/4 all: done", "4/4 m: done"]
    assert bench.run(tasks) == [], "what is up to date isn't told"
    (bench.root / "a").unlink()
    assert bench.run(tasks) == ["2/4 a: done"], "made as it was, it is nothing new to those that read it"


def test_a_file_that_changes_while_a_task_runs_makes_those_due_that_read_it(bench):
    """Though it was looked at before, for another task."""
    shared = bench.root / "shared"
    shared.write_text("as it was")
    readers = [bench.task("a", ["shared"]), bench.task("b", ["shared"])]
    bench.run([*readers, bench.task("slow")])
    (bench.root / "slow").unlink()
    slow = bench.task("slow")

    def edits():
        shared.write_text("edited meanwhile")
        return slow.work()

    tasks = [readers[0], replace(slow, work=edits), readers[1]]
    assert bench.run(tasks) == ["2/3 slow: done", "3/3 b: done"]


def test_what_was_waited_for_goes_before_what_nothing_waited_for(bench):
    bench.run(
        [bench.task("first"), bench.task("second"), bench.task("third"), bench.task("reader", ["first"])]
    )
    assert bench.order == ["first", "reader", "second", "third"]


@pytest.mark.parametrize(("jobs", "done_by_then"), [(1, set()), (2, {"a", "b", "c"})])
def test_what_is_left_for_the_last_is_called_while_they_leave_a_place_free(bench, jobs, done_by_then):
    """With one place there is never a free one; with two, while "last" runs alone."""
    called = []
    tasks = [bench.task(name) for name in "abc"] + [bench.task("last", ["a", "b", "c"])]
    bench.run(tasks, jobs=jobs, at_the_last=lambda: called.append(set(bench.order)))
    assert bool(called) == bool(done_by_then) and all(done == done_by_then for done in called)


def test_the_longest_way_is_to_the_end_of_the_last_that_waits():
    after = {"data": [], "short": ["data"], "long": ["data"], "verdict": ["short", "long"]}
    ways = longest_ways(after, {"data": 1.0, "short": 2.0, "long": 30.0, "verdict": 4.0})
    assert ways == {"data": 35.0, "short": 6.0, "long": 34.0, "verdict": 4.0}


def test_what_took_long_and_is_waited_for_goes_first_the_next_time(bench):
    tasks = [bench.task("a"), bench.task("b"), bench.task("long"), bench.task("after", ["long"])]
    state = State(bench.root, bench.root / "state.jsonl")
    took = {"start": "2026-11-28T16:00:00.000+00:00", "end": "2026-11-28T16:01:40.000+00:00"}
    state.keep("long", {"inputs": {}, "outputs": {}, "settings": {}, **took})
    bench.run(tasks)
    assert bench.order == ["long", "after", "a", "b"]


def test_a_selected_task_brings_those_whose_files_it_reads(bench):
    tasks = [bench.task("a"), bench.task("b", ["a"]), bench.task("c", ["b"]), bench.task("other")]
    bench.run(tasks, ["c"])
    assert bench.order == ["a", "b", "c"]


@pytest.mark.parametrize("jobs", [1, 3])
def test_no_more_run_at_once_than_asked_for(bench, jobs):
    bench.run([bench.task(f"task {number}") for number in range(9)], jobs=jobs)
    assert bench.most == jobs


def test_what_waits_for_a_failure_is_told_and_the_rest_is_done(bench):
    tasks = [
        bench.task("bad", error=PlanDriftError("cell 2: it broke")),
        bench.task("worse", error=PlanDriftError("cell 3: so did this")),
        bench.task("reader", ["bad", "worse"]),
        bench.task("its reader", ["reader"]),
        bench.task("good"),
    ]
    assert set(bench.run(tasks)) == {
        "1/5 bad: failed: cell 2: it broke",
        "2/5 worse: failed: cell 3: so did this",
        "3/5 reader: skipped: waits for bad and 1 other, which failed",
        "4/5 its reader: skipped: waits for reader, which failed",
        "5/5 good: done",
    }


def test_two_tasks_that_make_one_file_are_refused(bench):
    twin = Task("twin", [], ["one"], {}, dict)
    with pytest.raises(RequestError, match="one and twin both make one; give one another name"):
        linked([bench.task("one"), twin], ["one"])


def test_tasks_that_wait_for_each_other_are_refused(bench):
    with pytest.raises(RequestError, match=r"^tasks wait for each other: .*a before"):
        bench.run([bench.task("a", ["b"]), bench.task("b", ["a"])])
    assert not bench.order


UNREADABLE = {
    "empty": "",
    "half written": '{"task": "first", "about": {"inputs": {"a": "',
    "no record": "[1, 2]\n3\n",
    "a version's before": json.dumps({"first": {"inputs": {}, "outputs": {"a": "0"}, "settings": {}}}),
    "a line of no kind": json.dumps(
        {"task": "first", "about": {"inputs": [], "outputs": {}, "settings": {}}}
    ),
    "no text": "\x00\udcff",
}


@pytest.fixture
def kept_as(tmp_path):
    """Return a function that gives a project, in which nothing has run, a state file with the content given."""

    def keep(content):
        project = Project(small_project(tmp_path))
        state = project.reports / ".state" / "state.jsonl"
        state.parent.mkdir(parents=True)
        state.write_bytes(content.encode("utf-8", "surrogateescape"))
        assert Recorded(project).why_stale("first") == "no run has recorded reports/results/first.json"
        return project, state

    return keep


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_state_file_that_cannot_be_read_counts_as_nothing_known_and_takes_new_lines(kept_as, content):
    project, file = kept_as(content)
    state = State(project.root, file)
    assert state.kept() == {}
    state.keep("first", ABOUT)
    assert State(project.root, file).kept() == {"first": ABOUT}


def test_a_run_beside_a_state_file_that_cannot_be_read_does_all_and_records_it(kept_as, monkeypatch):
    monkeypatch.setattr(runner, "PREPARE", [])
    project, _ = kept_as("\n".join(UNREADABLE.values()))
    (project.studies / "main.yml").write_text("runs: [first]\n")
    summary = run_study(project, load_study(project.studies / "main.yml"), progress=False)
    assert summary.done == ("first",), summary.failed
    assert Recorded(project).why_stale("first") == ""


ABOUT = {"inputs": {"read": "0"}, "outputs": {}, "settings": {}}


def test_of_a_task_the_last_line_holds_and_one_that_was_forgotten_is_gone(tmp_path):
    file = tmp_path / ".state" / "state.jsonl"
    state = State(tmp_path, file)
    for name in ("first", "second", "third"):
        state.keep(name, ABOUT)
    state.keep("second", {**ABOUT, "inputs": {"read": "1"}})
    state.forget("third")
    assert len(file.read_text().splitlines()) == 5  # a line each time, whatever was written before
    for _ in range(2):  # before the lines that no longer hold are taken out, and after
        kept = State(tmp_path, file).kept()
        assert kept == {"first": ABOUT, "second": {**ABOUT, "inputs": {"read": "1"}}}
    assert len(file.read_text().splitlines()) == 2


def test_a_line_that_was_left_half_written_costs_its_own_task_alone(tmp_path):
    file = tmp_path / "state.jsonl"
    state = State(tmp_path, file)
    state.keep("first", ABOUT)
    state.keep("second", ABOUT)
    file.write_bytes(file.read_bytes()[:-9])
    again = State(tmp_path, file)
    assert again.kept() == {"first": ABOUT}
    again.keep("third", ABOUT)
    assert State(tmp_path, file).kept() == {"first": ABOUT, "third": ABOUT}


def test_a_line_that_finds_no_room_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "state.jsonl"
    state = State(tmp_path, file)
    state.keep("first", ABOUT)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(PlanDriftError, match=r"state\.jsonl: can't be written \(No space left on device\)"):
        state.keep("second", ABOUT)
    monkeypatch.undo()
    assert State(tmp_path, file).kept() == {"first": ABOUT}
