"""What a notebook uses is found the same with what is kept of imports, without it, and where what is kept is damaged."""

import os
import shutil

import pytest

from analysis.run.parameters import read_cells
from analysis.studies.code_used import Code, code_roots
from tests.making import REPOSITORY
from tests.making.publishing_project import new_code_cell, write_notebook

ROOTS = code_roots(REPOSITORY)
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
KEPT = "imports.json"
# Modules that import each other, a package with a table beside it, a part that is no module, and a module from elsewhere.
WRITTEN = {
    "pack/__init__.py": "",
    "pack/first.py": "from . import second\nfrom .inner.part import value, nothing\nimport numpy.linalg, json\n",
    "pack/second.py": "def late():\n    from pack.first import second\n",
    "pack/inner/__init__.py": "from ..third import value\n",
    "pack/inner/part.py": "try:\n    import pack.missing\nexcept ImportError:\n    value = 1\n",
    "pack/inner/table.csv": "a\n1\n",
    "pack/third.py": "import = 'no Python'\n",
    "pack/unused.py": "",
}
USED = {
    "pack",
    "pack.first",
    "pack.second",
    "pack.inner",
    "pack.inner.part",
    "pack.third",
}


@pytest.fixture
def written(tmp_path):
    """A folder of modules, with a notebook that uses some of them."""
    for name, text in WRITTEN.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    write_notebook(
        tmp_path,
        "uses",
        new_code_cell("%matplotlib inline\nfrom pack.first import second"),
        new_code_cell("1 +"),
    )
    return tmp_path


def notebook_uses(code, path):
    return code.cells_use(cell["source"] for cell in read_cells(path) if cell["cell_type"] == "code")


def uses_of(project, kept=None):
    code = Code((project / "src",), kept)
    uses = notebook_uses(code, project / "notebooks" / "uses.ipynb")
    code.keep()
    return uses


def test_modules_are_followed_with_the_packages_above_them_and_the_tables_beside(written):
    uses = uses_of(written)
    assert (uses.modules, uses.outside) == (USED, {"numpy.linalg"})
    assert {path.relative_to(written / "src").as_posix() for path in uses.files} == WRITTEN.keys() - {
        "pack/unused.py"
    }


def test_every_notebook_uses_the_same_whether_imports_are_kept_or_not(tmp_path):
    without = [notebook_uses(Code(ROOTS), notebook) for notebook in NOTEBOOKS]
    assert all(uses.modules for uses in without)
    for _ in range(2):  # at first nothing is kept yet
        code = Code(ROOTS, tmp_path / KEPT)
        assert [notebook_uses(code, notebook) for notebook in NOTEBOOKS] == without
        code.keep()
        assert (tmp_path / KEPT).is_file()


def test_a_source_that_changed_is_read_anew_though_its_time_and_size_are_the_same(written):
    kept, second = written / KEPT, written / "src" / "pack" / "second.py"
    (written / "src" / "pack" / "extra.py").write_text("")
    before = uses_of(written, kept)
    times = second.stat()
    second.write_text(second.read_text().replace("first import second", "extra import second"))
    os.utime(second, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert second.stat().st_size == times.st_size
    assert uses_of(written, kept).modules == before.modules | {"pack.extra"}


def test_where_a_module_stands_decides_what_its_relative_imports_mean_not_what_was_kept(written):
    """The same source in another package, which imports from that one."""
    kept = written / KEPT
    uses_of(written, kept)
    shutil.copytree(written / "src" / "pack", written / "src" / "other")
    write_notebook(written, "uses", new_code_cell("from other.inner import part"))
    assert uses_of(written, kept).modules == {
        "other",
        "other.inner",
        "other.inner.part",
        "other.third",
        "pack",
    }


DAMAGED = {
    "empty": lambda content: b"",
    "torn": lambda content: content[: len(content) // 2],
    "its first half lost": lambda content: content[len(content) // 2 :],
    "a letter changed": lambda content: content.replace(b'"second"', b'"secund"'),
    "no text": lambda content: bytes(range(256)) * 40,
    "JSON of another shape": lambda content: content.partition(b"\n")[0] + b"\n[1, 2]",
    "without its seal": lambda content: content.partition(b"\n")[2],
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_kept_and_damaged_gives_the_same_and_is_made_anew(written, damage, capfd):
    kept = written / KEPT
    without = uses_of(written, kept)
    whole = kept.read_bytes()
    kept.write_bytes(DAMAGED[damage](whole))
    assert kept.read_bytes() != whole
    assert uses_of(written, kept) == without
    assert kept.read_bytes() == whole
    assert capfd.readouterr() == ("", "")


def test_what_can_not_be_kept_is_found_all_the_same(written):
    kept = written / KEPT
    kept.mkdir()
    assert uses_of(written, kept) == uses_of(written)


def test_data_of_any_ending_stand_among_what_is_used_and_those_of_a_folder_without_modules_too(written):
    pack = written / "src" / "pack"
    beside = ["model.npz", "rows.tsv", "rules/one.yml", "rules/more/two.yml"]
    passed_by = [".hidden", "first.py~", "old.pyc", "apart/own.yml", "pack.egg-info/SOURCES.txt"]
    for name in [*beside, *passed_by, "apart/__init__.py"]:
        (pack / name).parent.mkdir(parents=True, exist_ok=True)
        (pack / name).write_text("")
    used = uses_of(written).files
    assert {pack / name for name in beside} <= used
    assert not {pack / name for name in passed_by} & used


@pytest.mark.parametrize(
    ("notebook", "file"),
    [
        ("claims", "claims/register/C01.yml"),
        ("synthesis", "claims/register/C22.yml"),
        ("calibration", "inspections/coder/strata.tsv"),
        ("inspections", "inspections/coder/coder.npz"),
    ],
)
def test_a_change_in_a_claim_or_in_the_coder_makes_the_reports_that_use_it_stale(notebook, file):
    used = notebook_uses(Code(ROOTS), REPOSITORY / "notebooks" / f"{notebook}.ipynb").files
    assert REPOSITORY / "src" / "analysis" / file in used


@pytest.mark.parametrize("source", [b"import json\n\xe9 = 1\n", b"import json\n\0\n"])
def test_a_source_that_python_would_refuse_names_nothing_and_stops_nothing(written, source):
    (written / "src" / "pack" / "first.py").write_bytes(source)
    assert "pack.first" in uses_of(written).modules


def test_a_source_may_say_that_it_is_not_in_utf8(written):
    source = "# -*- coding: latin-1 -*-\nfrom . import unused\nname = 'é'\n"
    (written / "src" / "pack" / "first.py").write_bytes(source.encode("latin-1"))
    assert "pack.unused" in uses_of(written).modules
