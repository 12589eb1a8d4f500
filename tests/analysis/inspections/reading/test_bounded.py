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
