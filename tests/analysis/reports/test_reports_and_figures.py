"""Changes of a child's worker beside the workforce: authorities with themselves over three years that aren't consecutive."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.panel import store
from analysis.data.panel.store import load_directors, load_reports
from analysis.reports.reports_and_figures.charts import directors_table
from analysis.reports.reports_and_figures.study import (
    SAME_COLLECTOR,
    THREE_WORKERS,
    WORKFORCE,
    study_reports_and_figures,
)
from analysis.reports.reports_and_figures.words import (
    directors_result,
    reports_and_figures_answer,
    workers_result,
)


@pytest.fixture(scope="module")
def panel():
    return store.without_very_small(store.load_panel().authorities)


@pytest.fixture(scope="module")
def found(panel):
    return study_reports_and_figures(load_reports(), load_directors(), panel)


def by_hand(panel, exposure, years):
    """Slope by dummies: share with three workers on the exposure of the September before, and how many authorities."""
    before = panel[["authority_code", "year", exposure]].assign(year=panel["year"] + 1)
    rows = panel[panel["year"].isin(years)][["authority_code", "year", THREE_WORKERS]]
    rows = rows.merge(before, on=["authority_code", "year"]).dropna()
    rows = rows[rows.groupby("authority_code")["year"].transform("size") > 1]
    dummies = [
        pd.get_dummies(rows[key], drop_first=key == "year", dtype=float) for key in ("authority_code", "year")
    ]
    design = np.column_stack([rows[exposure], *dummies])
    slope = np.linalg.lstsq(design, rows[THREE_WORKERS], rcond=None)[0][0]
    return slope, rows["authority_code"].nunique()


@pytest.mark.parametrize("exposure", WORKFORCE)
def test_slopes_are_those_of_dummies_for_authorities_and_years(panel, found, exposure):
    name = f"three-workers-on-{exposure.split('_')[0]}"
    for estimates, years in ((found.workers, (2019, 2020, 2024)), (found.same_collector, SAME_COLLECTOR)):
        slope, n_authorities = by_hand(panel, exposure, years)
        assert estimates[name].in_outcome_units[0] == pytest.approx(slope, abs=1e-8)
        assert estimates[name].n_periods == len(years)
        assert n_authorities > 130


def test_the_answer_says_what_changes_of_worker_go_with(found):
    told = reports_and_figures_answer(found)
    agency = found.workers["three-workers-on-agency"]
    points = agency.in_outcome_units[0] * 10  # percentage points of agency workers
    assert "Children in care do change workers more" in told.answer
    assert f"{points:.1f} percentage points higher" in workers_result(found).markdown
    assert "In 2019 and 2020 alone" in told.certainty


def test_new_directors_are_told_with_counts_and_as_an_association(found):
    text = directors_result(found).markdown
    rows = found.directors.rows
    new = rows[rows["new_director"] == 1]
    assert f"{(new['inadequate'] == 100).sum()} of {len(new)} (" in text
    assert "Which came first is not known" in text
    table = directors_table(found)
    assert len(table.frame) == 5 and f"{len(rows)} of them" in table.note
