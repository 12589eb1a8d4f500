"""Calls in processes of their own: ready before they begin, and gone when who asked is gone."""

import os
import signal
import sys
import time

import pytest

from analysis.errors import PlanDriftError
from analysis.inspections.reading import identity, judgements, known
from analysis.inspections.reading.bounded import Limits, Stopped, each_bounded
from tests.making.processes import check_all_end_with

READING = "analysis.inspections.reading.reports"


def tables_read(_):
    return [table.cache_info().currsize for table in (identity._known, judgements._labels, known._known)]


def family(_):
    return os.getppid(), os.getpid()


def end_the_reader(_):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(30)


def end_in_the_midst(_):
    """Give an answer that is longer than a pipe holds, and end while it is sent."""
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    return Slow()


class Slow:
    def __reduce__(self):
        time.sleep(5)
        return Slow, ()


def test_what_every_report_needs_is_read_before_the_first():
    (answer,) = each_bounded(tables_read, [0], 1, Limits(), READING)
    assert answer == [1, 3, 1]


def test_each_call_has_a_process_of_its_own_and_two_readers_share_them():
    answers = list(each_bounded(family, range(12), 2, Limits(), "analysis.errors"))
    readers, children = zip(*answers, strict=True)
    assert len(set(children)) == 12 and len(set(readers)) <= 2
    assert os.getpid() not in (*readers, *children)


def test_a_reader_that_is_lost_is_told_and_no_file_is_called_damaged():
    with pytest.raises(PlanDriftError, match="ended unexpectedly"):
        list(each_bounded(end_the_reader, [0, 1], 1, Limits(), "analysis.errors"))


def test_a_call_that_ends_while_it_answers_is_told():
    (stopped,) = each_bounded(end_in_the_midst, [0], 1, Limits(), "analysis.errors")
    assert isinstance(stopped, Stopped) and "can't be read" in stopped.reason


ASKING = """import os, sys, time
from pathlib import Path
from analysis.inspections.reading.bounded import Limits, each_bounded

def wait(folder):
    for pid in (os.getppid(), os.getpid()):
        (Path(folder) / str(pid)).touch()
    time.sleep(60)

if __name__ == "__main__":
    list(each_bounded(wait, [sys.argv[1]] * 2, 2, Limits(), "analysis.errors"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_readers_and_children_end_with_who_asked(how, tmp_path):
    check_all_end_with(ASKING, tmp_path, 4, how)


def own_pid(_):
    return os.getpid()


def always(_):
    return True


def never_after(pid_and_mark):
    return pid_and_mark[1] != "trace"


def marked(mark):
    return os.getpid(), mark


HELD: list[bytearray] = []


def only_as_the_first(item):
    """End the process where it has done a call before."""
    if HELD:
        os.kill(os.getpid(), signal.SIGKILL)
    HELD.append(bytearray(1))
    return item


def keep(_):
    """Take memory and never give it back."""
    HELD.append(bytearray(400 << 20))
    return os.getpid()


def work(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return os.getpid()


def shared(call, items, limits=Limits(), leaves_no_trace=always, jobs=1):  # noqa: B008  # never changed
    return list(each_bounded(call, items, jobs, limits, "analysis.errors", leaves_no_trace))


def test_a_process_that_was_left_as_it_was_does_other_calls_but_not_without_end():
    assert len(set(shared(own_pid, range(20), jobs=2))) <= 2
    pids = shared(own_pid, range(40))
    assert len(set(pids[:32])) == 1 and len(set(pids[32:])) == 1 and pids[31] != pids[32]


def test_what_leaves_a_trace_is_the_last_that_its_process_does():
    asked = ["sound", "trace", "sound", "sound", "trace", "trace"]
    pids, marks = zip(*shared(marked, asked, leaves_no_trace=never_after), strict=True)
    assert list(marks) == asked
    first, second, third = pids[0], pids[2], pids[5]
    assert list(pids) == [first, first, second, second, second, third] and len({first, second, third}) == 3


def test_a_call_that_a_process_ends_in_for_what_it_did_before_is_made_again_by_another():
    assert shared(only_as_the_first, range(5)) == list(range(5))


def test_memory_that_calls_before_have_kept_is_not_counted_against_a_file():
    pids = shared(keep, range(6), Limits(memory_mb=2048))
    assert all(isinstance(pid, int) for pid in pids) and 1 < len(set(pids)) < 6


def test_time_that_calls_before_have_taken_is_not_counted_against_a_file():
    assert len(set(shared(work, [1.2] * 3, Limits(seconds=2)))) == 1


def test_a_call_without_end_is_told_once_and_those_beside_it_are_answered():
    first, second, third = shared(work, [0.0, 60.0, 0.0], Limits(seconds=1))
    assert isinstance(second, Stopped) and second.reason.startswith("takes longer than one file may take")
    assert isinstance(first, int) and isinstance(third, int) and first != third
