"""Specification curves: each estimate against ``estimate``, draws against single bootstraps, joint tests by simulation."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.data.panel.store import load_panel
from analysis.errors import DataError, RequestError
from analysis.estimators import estimate
from analysis.estimators.curve.axes import (
    Axes,
    SampleChoice,
    expand,
    frame_of,
    specification_frame,
    transformed,
)
from analysis.estimators.curve.curve import fit_curve, z_of_t
from analysis.estimators.curve.variance import axis_shares
from analysis.estimators.regression.scores import scores_of, t_statistics
from analysis.estimators.resampling.bootstrap import cluster_weights

TURNOVER, TIMELY = "turnover_percent", "assessments_in_45_days_percent"
WIDE = Axes(
    exposures=(TURNOVER, "caseload_cases_per_fte"),
    outcomes=(TIMELY, "cases_open_two_years_percent"),
    alignments=("preceding", "same label"),
    lag_years=(0, 1),
    controls=((), ("referrals_per_10k",), ("agency_percent", "absence_percent")),
    estimators=("two-way", "first-differences", "pooled"),
    effects=("entity and time", "entity and region by time", "entity trends and time"),
    weights=("none", "child_population_children", "social_workers_fte"),
    samples=(
        SampleChoice(),
        SampleChoice("late, without London", (2018, 2025), (2020, 2021), ("Inner London", "Outer London")),
        SampleChoice("with the very small", include_very_small=True),
    ),
    transformations=("none", "log exposure", "log both", "ranks", "winsorised"),
    reversed_measures=("cases_open_two_years_percent",),
)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return load_panel().authorities


@pytest.fixture(scope="module")
def some(panel):
    chosen = np.random.default_rng(5).choice(len(expand(WIDE)), 60, replace=False)
    specifications = [expand(WIDE)[place] for place in sorted(chosen)]
    return fit_curve(panel, specifications, 99)


def test_every_combination_once_and_countable():
    specifications = expand(WIDE)
    # Two of the three estimators have no other effects than their own.
    assert len(specifications) == 2 * 2 * 2 * 2 * 3 * (3 + 2) * 3 * 3 * 5
    shown = specification_frame(specifications)
    assert len(shown.drop_duplicates()) == len(specifications)
    assert shown["controls"].unique().tolist() == [
        "none",
        "referrals_per_10k",
        "agency_percent, absence_percent",
    ]


def test_a_control_that_is_the_exposure_makes_no_second_specification():
    axes = Axes((TURNOVER, "agency_percent"), (TIMELY,), controls=((), ("agency_percent",)))
    assert [(specification.exposure, specification.controls) for specification in expand(axes)] == [
        (TURNOVER, ()), (TURNOVER, ("agency_percent",)), ("agency_percent", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exposures": ("turnovr_percent",)}, "turnover_percent"),
        ({"estimators": ("twoway",)}, "unknown estimators 'twoway'; did you mean 'two-way'"),
        ({"transformations": ("logs",)}, "unknown transformations 'logs'"),
        ({"weights": ()}, "weights: give a list of at least one"),
        ({"outcomes": TIMELY}, "outcomes: give a list"),
        ({"lag_years": (0, 0)}, "lag_years: one value stands twice"),
        ({"outcomes": (TURNOVER,)}, "no pair of different measures"),
    ],
)
def test_axes_refuse(changes, message):
    with pytest.raises(RequestError, match=message):
        expand(Axes(**{"exposures": (TURNOVER,), "outcomes": (TIMELY,), **changes}))


def test_estimates_equal_estimate(panel, some):
    assert len(some.specifications) == 59
    # The Isles of Scilly had no social worker in some years, and a weight of zero is refused, not dropped.
    assert [reason for _, reason in some.failures] == [
        "weights weight: zero or negative in 4 of 1173 complete rows"
    ]
    # Every third, which have every value of every axis between them.
    places = range(0, len(some.specifications), 3)
    shown = specification_frame([some.specifications[place] for place in places])
    every = specification_frame(expand(WIDE))
    assert {name: set(shown[name]) for name in every} == {name: set(every[name]) for name in every}
    for place in places:
        asked = some.specifications[place]
        expected = estimate(frame_of(panel, asked), asked.specification)
        assert some.estimates[place] == pytest.approx(expected.estimate * asked.sign, rel=1e-9), asked
        assert some.standard_errors[place] == pytest.approx(expected.standard_error, rel=1e-9), asked
        assert some.p_values[place] == pytest.approx(expected.p_value, rel=1e-7), asked
        assert some.n_observations[place] == expected.n_observations
        assert some.n_clusters[place] == expected.n_clusters


def test_bootstrap_p_values_equal_one_at_a_time(panel, some):
    labels = np.sort(panel["cluster"].unique())
    weights, _ = cluster_weights(len(labels), 99, "rademacher", 0)
    for place in range(0, 59, 6):
        asked = some.specifications[place]
        scores = scores_of(frame_of(panel, asked), asked.specification)
        own = np.vstack([np.ones(len(scores.labels)), weights[:, np.searchsorted(labels, scores.labels)]])
        t = np.abs(t_statistics(scores, own)[1])
        assert some.wild_p_values[place] == (1 + (t[1:] >= t[0] * (1 - 1e-9)).sum()) / 100


def test_summary_is_of_the_estimates(some):
    summary = some.as_dict()
    assert some.median == np.median(some.estimates)
    assert some.same_sign == (np.sign(some.estimates) == np.sign(some.median)).mean()
    assert some.significant_negative == ((some.p_values < 0.05) & (some.estimates < 0)).mean()
    assert some.joint["median"].value == some.median
    assert some.frame()["estimates"].is_monotonic_increasing
    assert (summary["n_specifications"], summary["n_fitted"], len(summary["failures"])) == (60, 59, 1)
    assert all(0 <= share <= 1 for share in some.axis_shares.values())


def test_a_failure_is_listed_with_the_reason_of_estimate(panel):
    short = SampleChoice("one year", (2019, 2019))
    axes = Axes(
        (TURNOVER,), (TIMELY,), samples=(SampleChoice(), short), controls=((), ("deprivation_score",))
    )
    curve = fit_curve(panel, expand(axes), 19)
    assert len(curve.specifications) == 1
    assert len(curve.failures) == 3
    assert curve.failures[1][1].startswith("control deprivation_score: no variation left once")
    for asked, reason in curve.failures:
        with pytest.raises((DataError, RequestError)) as caught:
            estimate(frame_of(panel, asked), asked.specification)
        assert reason == str(caught.value)
    with pytest.raises(DataError, match="none of 2 specifications can be fitted; the first: "):
        fit_curve(panel, [asked for asked, _ in curve.failures][1:], 19)
    with pytest.raises(DataError, match="none of 1"):
        fit_curve(
            panel, expand(Axes((TURNOVER,), (TIMELY,), samples=(SampleChoice("x", without_regions=("L",)),)))
        )


def with_outcome(panel: pd.DataFrame, slope: float, seed: int) -> pd.DataFrame:
    """Replace the outcome by slope × the exposure that it meets, and errors that persist within authorities."""
    generator = np.random.default_rng(seed)
    asked = expand(Axes((TURNOVER,), (TIMELY,), samples=(SampleChoice(include_very_small=True),)))[0]
    exposure = frame_of(panel, asked).set_index(["authority_code", "year"])[TURNOVER]
    keys = pd.MultiIndex.from_frame(panel[["authority_code", "year"]])
    innovations = pd.Series(generator.normal(size=len(panel)))
    errors = innovations.groupby(panel["authority_code"].to_numpy()).cumsum().to_numpy()
    values = slope * exposure.reindex(keys).fillna(0).to_numpy() + errors
    return panel.assign(**{TIMELY: pd.Series(values, panel.index).where(panel[TIMELY].notna())})


SMALL = Axes((TURNOVER, "turnover_headcount_percent"), (TIMELY,), controls=((), ("referrals_per_10k",)),
             estimators=("two-way", "first-differences"), transformations=("none", "ranks"))  # fmt: skip


def test_joint_tests_have_their_size(panel):
    """100 panels without an association: rejections within Monte Carlo error of 5%."""
    curves = [fit_curve(with_outcome(panel, 0, seed), expand(SMALL), 99, seed=seed) for seed in range(100)]
    for name in ("median", "share_significant", "stouffer_z"):
        rejected = np.mean([curve.joint[name].p_value <= 0.05 for curve in curves])
        assert rejected < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100), name
    assert abs(np.mean([curve.joint["median"].p_value <= 0.2 for curve in curves]) - 0.2) < 3 * np.sqrt(
        0.16 / 100
    )


def test_an_association_is_found_and_its_sign_can_be_turned(panel):
    data = with_outcome(panel, -0.3, 1)
    curve = fit_curve(data, expand(SMALL), 99)
    assert curve.median < 0 and curve.same_sign == 1 and curve.significant_negative > 0.9
    assert curve.joint["median"].p_value == 0.01
    turned = fit_curve(data, expand(Axes(**{**vars(SMALL), "reversed_measures": (TIMELY,)})), 99)
    np.testing.assert_array_equal(turned.estimates, -curve.estimates)
    assert turned.joint["median"].p_value == curve.joint["median"].p_value


def test_the_same_regression_under_two_names_counts_once(panel):
    """Workforce figures of the preceding September are those of the same label a year earlier."""
    axes = Axes((TURNOVER,), (TIMELY,), alignments=("preceding", "same label"), lag_years=(0, 1))
    curve = fit_curve(panel, expand(axes), 19)
    assert (len(curve.specifications), curve.n_distinct) == (4, 3)


def test_axis_shares_are_those_of_an_analysis_of_variance():
    frame = pd.DataFrame({"a": list("xxyy"), "b": list("pqpq"), "c": list("zzzz")})
    alone, whole = axis_shares(frame, np.array([0.0, 1.0, 3.0, 4.0]))
    assert list(alone) == ["a", "b"]
    assert alone == pytest.approx({"a": 9 / 10, "b": 1 / 10})
    assert whole == pytest.approx(alone)
    alone, whole = axis_shares(frame, np.array([1.0, -1.0, -1.0, 1.0]))
    assert alone == pytest.approx({"a": 0, "b": 0})
    assert whole == pytest.approx({"a": 1, "b": 1})


def test_normal_deviates_of_t():
    t, degrees = np.array([-4.0, -1.0, 0.0, 0.5, 2.0, 3.5]), np.array([20.0] * 6)
    np.testing.assert_allclose(z_of_t(t, degrees), stats.norm.ppf(stats.t(degrees).cdf(t)), rtol=2e-3)


def test_transformations():
    values = np.array([np.nan, 0.0, 1.0, np.e, 100.0])
    np.testing.assert_allclose(
        transformed(values, "log both", "exposure"), [np.nan, np.nan, 0, 1, np.log(100)]
    )
    np.testing.assert_array_equal(transformed(values, "log outcome", "exposure"), values)
    np.testing.assert_array_equal(transformed(values, "ranks", "outcome"), [np.nan, 1, 2, 3, 4])
    np.testing.assert_array_equal(transformed(values, "ranks", "control"), values)


DIGEST = """
import hashlib
from analysis.estimators.curve.curve import fit_curve
from analysis.estimators.curve.axes import Axes, expand
from analysis.data.panel.store import load_panel
axes = Axes(("turnover_percent",), ("assessments_in_45_days_percent",), lag_years=(0, 1), estimators=("two-way", "pooled"))
curve = fit_curve(load_panel().authorities, expand(axes), 199, "webb")
digest = hashlib.sha256(repr(curve.as_dict()).encode() + curve.standard_errors.tobytes()).hexdigest()
"""


def test_curve_does_not_depend_on_the_hash_seed():
    """In a process of another seed than this one's, which is by chance unless it is given."""
    other = "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0"
    run = subprocess.run(
        [sys.executable, "-c", f"{DIGEST}\nprint(digest)"],
        env={**os.environ, "PYTHONHASHSEED": other},
        capture_output=True,
        text=True,
        check=True,
    )
    here: dict[str, str] = {}
    exec(DIGEST, here)
    assert run.stdout.split() == [here["digest"]]
