"""Printed numbers of two studies, from the files that their authors left; and that other files are refused."""

import shutil

import pandas as pd
import pytest

from analysis.data.official import ingest
from analysis.data.official.contents import check_content
from analysis.data.official.official_files import OfficialFile
from analysis.data.official.publications import authors_sources, publications
from analysis.errors import DataError, RequestError
from analysis.estimators.grades.published_models import PUBLISHED_MODELS
from analysis.paths import Project
from analysis.reports.reproductions.printed import compared
from tests.making import REPOSITORY

PROCESSED = Project(REPOSITORY).processed
FOLDERS = {
    "webb_2022": "webb-2022/data.csv",
    "bach_mortensen_2022": "bach-mortensen-2022/ladata_submitted.csv",
}
MISSED = {("prevention", "conf_low"): 0.003, ("deprivation", "conf_high"): 0.001}
"""The two limits of Webb, Bennett and Bywaters that no model of their file gives, and how far off they are at most."""


@pytest.fixture(scope="module")
def official(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("official")
    for name in FOLDERS.values():
        shutil.copy(shared_data / "replication" / name, folder)
    return folder


def fitted(publication, file):
    return PUBLISHED_MODELS[publication](file)


@pytest.fixture(scope="module")
def made(official, tmp_path_factory):
    raw = tmp_path_factory.mktemp("data") / "raw"
    raw.mkdir()
    (raw.parent / "processed").mkdir()
    ingest(official, raw, list(FOLDERS), fit_published=fitted)
    return raw.parent / "processed"


@pytest.mark.shared
def test_printed_numbers_come_out_to_the_last_digit(made):
    tables = {name: pd.read_csv(made / f"{name}.csv") for name in FOLDERS}
    printed_numbers = compared(tables)
    assert len(printed_numbers) >= 60
    missed = {
        (printed.term, printed.quantity): abs(printed.reproduced - printed.value)
        for printed in printed_numbers
        if not printed.agrees
    }
    assert set(missed) == set(MISSED)
    assert all(missed[name] < MISSED[name] for name in missed)


@pytest.mark.shared
def test_the_tables_in_git_are_what_the_authors_files_give(made):
    for name in FOLDERS:
        assert (made / f"{name}.csv").read_bytes() == (PROCESSED / f"{name}.csv").read_bytes()


@pytest.mark.shared
def test_another_version_of_a_file_is_refused_in_one_line(official, tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    other = tmp_path / "official"
    shutil.copytree(official, other)
    (other / "data.csv").write_bytes((other / "data.csv").read_bytes() + b"\n")
    with pytest.raises(
        DataError, match=r"^data\.csv: isn't the file of webb_2022 whose results.*get it from https"
    ):
        ingest(other, raw, ["webb_2022"], fit_published=fitted)
    assert not (tmp_path / "processed").exists()
    with pytest.raises(RequestError, match="no models were given"):
        ingest(official, raw, ["webb_2022"])


def test_authors_files_have_a_version_a_licence_and_stand_apart():
    assert set(authors_sources()) == set(FOLDERS) == set(PUBLISHED_MODELS)
    for name in authors_sources():
        entry = publications()[name]
        assert entry.apart and entry.made_here and entry.licence and entry.address


def test_a_download_of_another_version_is_refused():
    for name in authors_sources():
        entry = publications()[name]
        (pattern,) = entry.files
        with pytest.raises(DataError, match=f"{pattern}: isn't the file of {name}"):
            check_content(entry, pattern, OfficialFile(pattern, b"la_name\nDorset\n"))


def test_no_row_of_an_authors_file_is_in_the_tables():
    """Results alone: terms and models, no authority, and as many rows as models have numbers."""
    for name in FOLDERS:
        table = pd.read_csv(PROCESSED / f"{name}.csv")
        assert table.columns.tolist() == ["model", "term", "quantity", "value"]
        assert not table[["model", "term", "quantity"]].duplicated().any()
        assert not table["term"].str.contains("E0|E1|[A-Z]").any()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_file_without_a_column_is_refused_by_name(name):
    with pytest.raises(DataError, match="has no column"):
        PUBLISHED_MODELS[name](pd.DataFrame({"year": [2013]}))
