"""One pandoc converts for a whole process: in turn, anew where it has ended, and never one for two processes."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from publishing import markup
from publishing.errors import PublishingError
from publishing.markup import Markup, convert, end_pandoc
from tests.making.processes import is_running


def pandocs(parent):
    """Return the numbers of the pandocs that a process has running."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            name, _, told = (entry / "stat").read_text().rpartition(")")
        except OSError:
            continue
        if name.endswith("(pandoc") and int(told.split()[1]) == parent and is_running(entry.name):
            found.add(int(entry.name))
    return found


def html(text):
    return convert([Markup(text)])[0].html


def test_one_is_asked_again_and_again_and_remembers_nothing():
    first = [html("# Rates\n\nA *first*."), html("# Rates\n\nAnother.")]
    (running,) = pandocs(os.getpid())
    assert first == [
        '<h2 id="section-rates">Rates</h2>\n<p>A <em>first</em>.</p>\n',
        '<h2 id="section-rates">Rates</h2>\n<p>Another.</p>\n',
    ]
    assert html("# Rates\n\nA *first*.") == first[0]
    assert pandocs(os.getpid()) == {running}


def test_threads_get_each_its_own_answer():
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(html, map(str, range(40)))) == [f"<p>{n}</p>\n" for n in range(40)]


def test_another_is_started_where_it_was_ended():
    html("a")
    (running,) = pandocs(os.getpid())
    os.kill(running, signal.SIGKILL)
    markup._PANDOC._process.wait()  # its threads may end later than what /proc shows of it
    assert html("b") == "<p>b</p>\n"


def test_one_that_ends_without_an_answer_is_told_and_the_next_works(tmp_path, monkeypatch):
    ends = tmp_path / "pandoc"
    ends.write_text("#!/bin/sh\necho 'pandoc: out of memory' >&2\nexit 251\n")
    ends.chmod(0o755)
    end_pandoc()
    with monkeypatch.context() as patch:
        patch.setattr(markup, "_pandoc", lambda: str(ends))
        with pytest.raises(
            PublishingError, match=r"^pandoc could not convert the text: pandoc: out of memory$"
        ):
            html("a")
    assert html("b") == "<p>b</p>\n"


def test_what_pandoc_refuses_is_told_and_the_next_works():
    with pytest.raises(PublishingError, match=r"^pandoc could not convert the text: \S"):
        markup._PANDOC.ask([{"format": "markdown"}])
    assert html("b") == "<p>b</p>\n"


def test_what_an_interrupted_question_gets_is_no_answer_to_the_next(monkeypatch):
    html("a")

    class Interrupted:
        """A pipe in which the answer waits, and whose reader is interrupted before it takes it."""

        def __init__(self, pipe):
            self._pipe = pipe

        def __getattr__(self, name):
            return getattr(self._pipe, name)

        def readline(self):
            raise KeyboardInterrupt

    process = markup._PANDOC._process
    with monkeypatch.context() as patch:
        patch.setattr(process, "stdout", Interrupted(process.stdout))
        with pytest.raises(KeyboardInterrupt):
            html("first")
    assert html("second") == "<p>second</p>\n"


def test_a_copy_of_the_process_asks_one_of_its_own():
    html("a")
    (running,) = pandocs(os.getpid())
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = html("b") if pandocs(os.getpid()) == set() else "the other's"
        end_pandoc()
        os.write(writer, told.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reader, 100) == b"<p>b</p>\n"
    assert pandocs(os.getpid()) == {running}
    assert html("c") == "<p>c</p>\n"
