"""What comes after a job is done by a process that stays: one for many, another where it ends, none left behind."""

import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis.run.server import JobFailed, Request, Server
from analysis.studies.code_used import code_roots
from tests.making import REPOSITORY
from tests.making.cluster import until
from tests.making.processes import is_running


@pytest.fixture
def ask(tmp_path):
    """Ask a worker for a job by its function, arguments and what comes then."""
    server = Server(REPOSITORY, code_roots(REPOSITORY), tmp_path / "worker.log", limit_seconds=5)

    def asked(function, *arguments, then=""):
        return server.run(Request(function, arguments, tmp_path / "log", then=then))

    yield asked
    server.stop()


def test_one_process_does_what_comes_after_each_job_and_another_each_job(ask):
    assert len({ask("os:getpid", then="os:getpid") for _ in range(3)}) == 1
    assert len({ask("os:getpid") for _ in range(3)} | {ask("os:getpid", then="os:getpid")}) == 4


def test_as_many_stay_as_are_asked_at_once(ask):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda seconds: ask("builtins:float", seconds, then="time:sleep"), (1.0, 1.0)))
    pids = [ask("os:getpid", then="os:getpid") for _ in range(4)]
    assert len(set(pids)) == 1, "the first that is idle"


def test_what_comes_after_has_the_jobs_arguments_and_the_last_word(ask):
    assert ask("math:sqrt", 9.0, then="math:exp") == pytest.approx(8103.083927575384)
    with pytest.raises(JobFailed, match="math domain error"):
        ask("math:sqrt", -9.0, then="math:exp")


def test_an_error_there_is_told_and_the_process_goes_on(ask):
    pid = ask("os:getpid", then="os:getpid")
    with pytest.raises(JobFailed, match="invalid literal for int") as told:
        ask("builtins:str", "nine", then="builtins:int")
    assert not told.value.of_the_machine
    assert ask("os:getpid", then="os:getpid") == pid


@pytest.mark.parametrize(
    ("arguments", "function", "then", "told"),
    [
        ([], "os:getpid", "os:abort", "the process was ended by SIGABRT"),
        ([3], "builtins:float", "os:_exit", "the process ended with status 3 and without an answer"),
        ([60.0], "builtins:float", "time:sleep", "took longer than 5 s and was ended"),
        ([1 << 62], "builtins:str", "builtins:bytearray", "the machine ran short"),
    ],
)
def test_a_process_that_ends_or_runs_short_loses_one_job_and_the_next_has_another(
    ask, arguments, function, then, told
):
    pid = ask("os:getpid", then="os:getpid")
    with pytest.raises(JobFailed, match=told):
        ask(function, *arguments, then=then)
    until(lambda: not is_running(pid))
    assert ask("math:sqrt", 4.0, then="math:floor") == 4


def test_one_that_was_ended_while_it_had_nothing_to_do_is_not_asked_again(ask):
    pid = ask("os:getpid", then="os:getpid")
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(pid))
    assert ask("os:getpid", then="os:getpid") != pid


def test_none_outlives_the_worker(tmp_path):
    for end in ("stop", "kill"):
        server = Server(REPOSITORY, code_roots(REPOSITORY), tmp_path / "worker.log")
        pid = server.run(Request("os:getpid", [], tmp_path / "log", then="os:getpid"))
        if end == "kill":
            os.kill(server.run(Request("os:getppid", [], tmp_path / "log")), signal.SIGKILL)
        else:
            server.stop()
        until(lambda pid=pid: not is_running(pid))
        server.stop()


def test_what_the_processes_took_is_the_workers_when_it_has_ended(tmp_path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    server = Server(REPOSITORY, code_roots(REPOSITORY), tmp_path / "worker.log")
    summed = "[sum(range(30_000_000)), __import__('time').process_time()][1]"
    took_seconds = server.run(Request("builtins:str", [summed], tmp_path / "log", then="builtins:eval"))
    server.stop()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before > 0.8 * took_seconds > 0
