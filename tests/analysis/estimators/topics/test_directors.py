"""What goes with a director new in post: counted again from the tables in git, and a planted difference found again."""

import csv

import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions.inspection_reports import COUNTS, JUDGEMENTS
from analysis.data.panel import store
from analysis.errors import DataError
from analysis.estimators.topics.directors import months_between, new_directors
from analysis.paths import Project
from tests.making import REPOSITORY

PROCESSED = Project(REPOSITORY).processed


@pytest.fixture(scope="module")
def panel():
    return store.without_very_small(store.load_panel().authorities)


@pytest.fixture(scope="module")
def comparison(panel):
    return new_directors(store.load_reports(), store.load_directors(), panel)


def read(name):
    with (PROCESSED / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_months_in_post_are_counted_from_month_to_month_and_a_year_from_its_middle():
    since = pd.Series(["2015-06", "2015-05", "2014", "2015-06"])
    day = pd.Series(["2015-06-30", "2016-05-01", "2015-06-08", "2016-05-31"])
    assert months_between(since, day).tolist() == [0, 12, 11, 11]


def test_counts_of_new_directors_are_those_of_the_tables(comparison):
    judged = {row["report"]: row for row in read("inspection_reports.csv")}
    counted = {True: [0, 0], False: [0, 0]}
    for row in read("inspection_directors.csv"):
        report = judged[row["report"]]
        year, month = (int(part) for part in f"{row['in_post_since']}-07".split("-")[:2])
        began = [int(part) for part in report["inspection_start"].split("-")[:2]]
        is_new = 12 * (began[0] - year) + began[1] - month < 12
        counted[is_new][0] += report["overall"] == "inadequate"
        counted[is_new][1] += 1
    for is_new, (n_inadequate, n) in counted.items():
        rows = comparison.rows[comparison.rows["new_director"] == is_new]
        assert (int((rows["inadequate"] == 100).sum()), len(rows)) == (n_inadequate, n)


def test_differences_are_those_of_dummies_for_the_years(comparison):
    rows = comparison.rows
    years = pd.get_dummies(rows["year"], drop_first=True, dtype=float)
    design = np.column_stack([rows["new_director"], np.ones(len(rows)), years])
    for name in ("inadequate", "turnover-strength"):
        slope = np.linalg.lstsq(design, rows[name], rcond=None)[0][0]
        assert comparison.estimates[name].estimate == pytest.approx(slope, abs=1e-8)
        assert comparison.estimates[name].n_observations == len(rows)


def made(n, share_inadequate, turnover, seed):
    """Reports, directors and a panel in which half of directors are new, with so much more of either where they are."""
    draw = np.random.default_rng(seed)
    new = np.arange(n) % 2 == 0
    names = [f"r{number:04}" for number in range(n)]
    codes = [f"E0600{number:04}" for number in range(n)]
    inadequate = draw.random(n) < np.where(new, 0.2 + share_inadequate, 0.2)
    reports = pd.DataFrame({"report": names, "authority_code": codes, "sentences": 400}).assign(
        inspection_start="2015-03-02",
        inspection_end="2015-03-20",
        published="2015-05-01",
        **dict.fromkeys(JUDGEMENTS, "good"),
        **{count: draw.poisson(3, n) for count in COUNTS},
    )
    reports["overall"] = np.where(inadequate, "inadequate", "good")
    reports.loc[::7, "inspection_start"] = "2016-03-02"
    since = np.where(new, "2015-01", "2011-01")
    since[(np.arange(n) % 7 == 0) & new] = "2016-01"
    directors = pd.DataFrame({"report": names, "authority_code": codes}).assign(
        in_post_since=since, is_interim=False, page=5
    )
    years = pd.DataFrame({"year": [2014, 2015, 2016]})
    panel = pd.DataFrame({"authority_code": codes, "cluster": codes, "new": new}).merge(years, how="cross")
    extra = np.where(panel["new"] & (panel["year"] == 2016), turnover, 0.0)
    panel["turnover_percent"] = 15 + extra + draw.normal(0, 3, len(panel))
    return reports, directors, panel


def test_a_planted_difference_is_found_and_none_is_where_none_was_planted():
    planted = new_directors(*made(3000, 0.3, 4.0, 5)).estimates
    assert planted["inadequate"].conf_low < 30 < planted["inadequate"].conf_high
    assert planted["turnover"].conf_low < 4 < planted["turnover"].conf_high
    assert planted["turnover-before"].conf_low < 4 < planted["turnover-before"].conf_high
    assert all(planted[name].excludes() for name in ("inadequate", "turnover"))
    none = [new_directors(*made(300, 0.0, 0.0, seed)).estimates for seed in range(20)]
    for name in ("inadequate", "turnover", "turnover-strength"):
        # Of 20 intervals at 95% chance leaves nil out of five or more less than once in 300 times.
        assert sum(estimates[name].excludes() for estimates in none) <= 4


def test_without_a_dated_director_it_is_refused(panel):
    with pytest.raises(DataError, match="no report of an inspection dates its director"):
        new_directors(store.load_reports(), store.load_directors().head(0), panel)
