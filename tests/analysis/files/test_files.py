"""Files that are never half written, with the rights that their user asked for."""

import os

import pytest

from analysis.errors import PlanDriftError
from analysis.files.writing import write_text, written_aside


@pytest.mark.parametrize(("mask", "rights"), [(0o077, 0o600), (0o022, 0o644), (0o007, 0o660)])
def test_rights_follow_the_umask(tmp_path, mask, rights):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "made.txt", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "made.txt").stat().st_mode & 0o777 == rights


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "made.txt"
    write_text(target, "old")
    with pytest.raises(ZeroDivisionError), written_aside(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    with pytest.raises(PlanDriftError, match=r"made\.txt: can't be written \(No space left on device\)"), \
            written_aside(target):  # fmt: skip
        raise OSError(28, "No space left on device")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    """A power cut can't be had in a test: the order of the calls is what keeps a file whole through one."""
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("sync"), sync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("rename"), replace(*names))[1])
    write_text(tmp_path / "made.txt", "x")
    assert calls == ["sync", "rename", "sync"]
