"""The figures in git are those that `ingest` makes of the official files."""

import os
import shutil

import frictionless
import pandas as pd
import pytest

from analysis.data.official import ingest
from analysis.data.official.publications import vintage_sources
from analysis.files.data_package import NAME
from analysis.paths import Project
from tests.making import REPOSITORY

RAW, PROCESSED = Project(REPOSITORY).raw, Project(REPOSITORY).processed


@pytest.mark.shared
def test_ingesting_the_official_files_gives_the_figures_in_git(shared_data, tmp_path):
    official, made_here = tmp_path / "official", tmp_path / "raw"
    beside = shutil.ignore_patterns("replication", "ofsted")
    shutil.copytree(shared_data, official, ignore=beside, copy_function=os.symlink)
    made_here.mkdir()
    # What is recorded says where a file with a hash came from; a folder of files alone doesn't.
    shutil.copy(RAW / NAME, made_here / NAME)
    assert len(ingest(official, made_here)) == 15
    assert len(ingest(official, made_here, vintage_sources())) == 2
    for path in sorted(made_here.iterdir()):
        if path.name != NAME:
            assert path.read_bytes() == (RAW / path.name).read_bytes(), f"{path.name} differs"
    assert (made_here / NAME).read_bytes() == (RAW / NAME).read_bytes()


@pytest.mark.parametrize("folder", [RAW, PROCESSED], ids=["figures", "measures of reports"])
def test_the_data_packages_are_valid(folder):
    report = frictionless.validate(folder / NAME)
    assert report.valid, report.flatten(["name", "type", "note"])


def test_the_figures_stay_small():
    assert sum(path.stat().st_size for path in RAW.glob("*.*")) < 10_500_000


def test_each_correction_is_of_a_figure_that_stands_as_published():
    text = {"dtype": str, "keep_default_na": False}
    root = RAW.parents[1]
    corrections = pd.read_csv(root / "src" / "analysis" / "data" / "cleaning" / "corrections.csv", **text)
    key = ["authority_code", "year", "indicator"]
    assert not corrections.duplicated(["source", *key]).any()
    assert (corrections["reason"] != "").all()
    assert ((corrections["value"] != "") | (corrections["marker"] == "e")).all()
    for source, rows in corrections.groupby("source"):
        figures = pd.read_csv(RAW / f"{source}.csv", **text).set_index(key)
        published = figures.loc[pd.MultiIndex.from_frame(rows[key])]
        assert published["value"].tolist() == rows["published_value"].tolist()
        assert published["marker"].tolist() == rows["published_marker"].tolist()
