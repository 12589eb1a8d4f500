"""Event studies of several outcomes with one covariance: the single studies, another library, where clusters are missing."""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from analysis.errors import RequestError
from analysis.estimators.events.family import event_family
from analysis.estimators.events.rows import event_rows
from analysis.estimators.events.specification import EventStudySpecification
from analysis.estimators.events.study import event_study

NAMES = {"entity": "unit", "time": "year", "cluster": "group"}
FIRST, LAST = 2010, 2019


@pytest.fixture(scope="module")
def panel():
    """Sixty units in 45 clusters, events in three years; "b" follows "a" and lacks a cluster, a year and some figures."""
    rng = np.random.default_rng(0)
    starts = np.array([2013] * 8 + [2015] * 10 + [2017] * 6 + [0] * 36)
    frame = pd.DataFrame(
        [(f"u{unit:02}", year, f"g{unit % 45:02}") for unit in range(60) for year in range(FIRST, LAST + 1)],
        columns=["unit", "year", "group"],
    )
    level = np.repeat(rng.normal(0, 2, 60), LAST - FIRST + 1)
    frame["a"] = level + rng.normal(0, 1, len(frame)) + 0.2 * (frame["year"] - FIRST)
    frame["b"] = 3 * frame["a"] + rng.normal(0, 2, len(frame))
    frame.loc[(frame["group"] == "g05") | (frame["year"] == FIRST), "b"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.05, "b"] = np.nan
    events = pd.DataFrame({"unit": [f"u{k:02}" for k in range(24)], "year": starts[:24], "is_asked": True})
    return frame, events


def event_years_of(rows):
    """A dummy an event year, one in the rows of units with the event."""
    is_event = rows.stacked["is_event"].to_numpy()[:, None]
    return (is_event & (rows.stacked["event_year"].to_numpy()[:, None] == rows.event_years)).astype(float)


def asked(outcome, **changes):
    return EventStudySpecification(outcome, pre_years=3, post_years=3, **NAMES, **changes)


@pytest.fixture(scope="module")
def family(panel):
    return event_family(*panel, [asked("a"), asked("b")])


@pytest.mark.filterwarnings("ignore")  # of the other library
@pytest.mark.parametrize("outcome", ["a", "b"])
def test_effects_and_errors_are_those_of_pyfixest_on_dummies_with_cells_absorbed(panel, family, outcome):
    rows = event_rows(*panel, asked(outcome))
    names = [f"year{place}" for place in range(len(rows.event_years))]
    table = rows.stacked.assign(**dict(zip(names, event_years_of(rows).T, strict=True)))
    theirs = pyfixest.feols(
        f"value ~ {' + '.join(names)} | cell",
        table,
        vcov={"CRV1": "cluster"},
        weights="weight",
        ssc=pyfixest.ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min"),
    )
    years, estimates, covariance = family.of(outcome)
    assert years == rows.event_years
    np.testing.assert_allclose(estimates, theirs.coef(), rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), theirs.se(), rtol=1e-8)


@pytest.mark.parametrize("place, outcome", [(0, "a"), (1, "b")])
def test_an_outcomes_block_is_its_own_event_study(panel, family, place, outcome):
    single = event_study(*panel, asked(outcome))
    years, estimates, covariance = family.of(outcome)
    known = [event_year for event_year in single.years if event_year.effect]
    assert years == tuple(event_year.year for event_year in known) and -1 not in years
    np.testing.assert_allclose(estimates, [event_year.effect.estimate for event_year in known], rtol=1e-8)
    np.testing.assert_allclose(
        np.sqrt(np.diag(covariance)), [event_year.effect.standard_error for event_year in known], rtol=1e-8
    )
    averaged = np.isin(years, (1, 2, 3)) / 3
    assert np.sqrt(averaged @ covariance @ averaged) == pytest.approx(single.average.standard_error, rel=1e-8)
    assert (family.n_events[place], family.n_clusters[place]) == (single.n_events, single.n_clusters)
    assert family.n_observations[place] == single.n_observations


def test_errors_of_different_outcomes_go_together_as_in_one_stacked_regression_of_statsmodels(panel, family):
    """Factors for small samples differ between libraries; correlations don't depend on them."""
    blocks, values, weights, clusters = [], [], [], []
    for outcome in ("a", "b"):
        rows = event_rows(*panel, asked(outcome))
        dummies = event_years_of(rows)
        blocks.append(
            np.column_stack([dummies, pd.get_dummies(rows.stacked["cell"], dtype=float).to_numpy()])
        )
        values.append(rows.stacked["value"].to_numpy())
        weights.append(rows.stacked["weight"].to_numpy())
        clusters.append(rows.stacked["cluster"].to_numpy())
    design = np.zeros((sum(map(len, blocks)), sum(block.shape[1] for block in blocks)))
    design[: len(blocks[0]), : blocks[0].shape[1]] = blocks[0]
    design[len(blocks[0]) :, blocks[0].shape[1] :] = blocks[1]
    fit = sm.WLS(np.concatenate(values), design, weights=np.concatenate(weights)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(np.concatenate(clusters))[0]}
    )
    k = dummies.shape[1]
    places = [*range(k), *range(blocks[0].shape[1], blocks[0].shape[1] + k)]
    theirs = np.asarray(fit.cov_params())[np.ix_(places, places)]
    errors = np.sqrt(np.diag(theirs))
    ours = family.covariance / np.outer(*[np.sqrt(np.diag(family.covariance))] * 2)
    np.testing.assert_allclose(ours, theirs / np.outer(errors, errors), atol=1e-8)
    assert family.covariance[0, family.terms.index(("b", -3))] > 0  # b follows a, and so do its errors


def test_a_cluster_that_an_outcome_lacks_adds_nothing_to_it(family):
    row = family.clusters.index("g05")
    of_b = np.array([outcome == "b" for outcome, _ in family.terms])
    assert (family.influence[row, of_b] == 0).all() and (family.influence[row, ~of_b] != 0).any()
    np.testing.assert_allclose(
        family.influence.sum(axis=0), 0, atol=1e-9
    )  # scores of least squares add up to nil


def test_spread_within_is_the_residual_error_of_a_regression_on_dummies(panel, family):
    rows = event_rows(*panel, asked("b")).levels
    fit = smf.ols("outcome ~ C(entity) + C(time)", rows).fit()
    assert family.within_sds[1] == pytest.approx(np.sqrt(fit.mse_resid), rel=1e-8)


def test_events_may_fall_in_each_outcomes_own_years(panel, family):
    frame, events = panel
    later = frame.assign(year=frame["year"] + 1)[["unit", "year", "group", "b"]]
    both = frame[["unit", "year", "group", "a"]].merge(later, how="outer", on=["unit", "year", "group"])
    shifted = event_family(
        both, {"a": events, "b": events.assign(year=events["year"] + 1)}, [asked("a"), asked("b")]
    )
    np.testing.assert_allclose(shifted.estimates, family.estimates, rtol=1e-9)
    np.testing.assert_allclose(shifted.covariance, family.covariance, atol=1e-12)


def test_order_of_rows_and_of_outcomes_changes_nothing(panel, family):
    frame, events = panel
    other = event_family(
        frame.sample(frac=1, random_state=1), events.sample(frac=1, random_state=2), [asked("b"), asked("a")]
    )
    places = [other.terms.index(term) for term in family.terms]
    np.testing.assert_allclose(other.influence[:, places], family.influence, atol=1e-12)


def test_what_cannot_be_answered_is_said(panel):
    frame, events = panel
    with pytest.raises(RequestError, match="each once"):
        event_family(frame, events, [asked("a"), asked("a")])
    with pytest.raises(RequestError, match="each once"):
        event_family(frame, events, [])
    with pytest.raises(RequestError, match="b: no events"):
        event_family(frame, {"a": events}, [asked("a"), asked("b")])
