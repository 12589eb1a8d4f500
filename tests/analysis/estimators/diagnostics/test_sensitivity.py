"""Sensitivity, deletion, power and equivalence: algebraic identities, published figures, simulation."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from analysis.errors import DataError, RequestError
from analysis.estimators import ESTIMATORS, Specification, estimate
from analysis.estimators.diagnostics.influence import influence_of, leave_one_out
from analysis.estimators.diagnostics.power import detectable_effect, detectable_effect_of, equivalence
from analysis.estimators.diagnostics.sensitivity import (
    benchmark_bounds,
    bias_of,
    oster_delta,
    robustness_value,
    sensitivity,
)
from analysis.estimators.regression.scores import scores_of, t_statistics
from tests.making.clustered import panel

NAMES = {"outcome": "y", "exposure": "x", "entity": "entity", "time": "year", "cluster": "group"}


def by_dummies(frame: pd.DataFrame, specification: Specification, names: list[str]):
    """Ordinary least squares with dummies and classical errors."""
    keys = {"pooled": [], "two-way": ["entity", "year"]}[specification.estimator]
    design = [frame[names]] + [pd.get_dummies(frame[key], drop_first=True, dtype=float) for key in keys]
    design = sm.add_constant(pd.concat([part.set_axis([f"{i}_{c}" for c in part], axis=1) if i else part
                                        for i, part in enumerate(design)], axis=1))  # fmt: skip
    return sm.OLS(frame["y"], design).fit()


@pytest.mark.parametrize("estimator", ["two-way", "pooled"])
def test_numbers_equal_those_of_a_regression_with_dummies(estimator):
    frame, specification = panel(1, 20), Specification(**NAMES, controls=("z",), estimator=estimator)
    frame = frame[frame.groupby("entity")["entity"].transform("size") > 1]
    plain = by_dummies(frame, specification, ["x", "z"])
    robustness = sensitivity(frame, specification)
    t, degrees = plain.tvalues["x"], plain.df_resid
    assert robustness.degrees == degrees
    assert robustness.partial_r2 == pytest.approx(t**2 / (t**2 + degrees), rel=1e-9)
    assert robustness.robustness_value == pytest.approx(robustness_value(abs(t) / np.sqrt(degrees)), rel=1e-9)


@pytest.mark.parametrize("estimator", ["two-way", "pooled"])
def test_leaving_out_a_control_moves_the_slope_by_the_bias_formula(estimator):
    """The identity behind it all: the control plays the confounder that is left out."""
    frame, short = panel(2, 20), Specification(**NAMES, estimator=estimator)
    frame = frame[frame.groupby("entity")["entity"].transform("size") > 1]
    long_fit, short_fit = by_dummies(frame, short, ["x", "z"]), by_dummies(frame, short, ["x"])
    t = long_fit.tvalues["z"]
    r2_outcome = t**2 / (t**2 + long_fit.df_resid)
    reverse = by_dummies(frame.assign(y=frame["x"]), short, ["z"])
    r2_exposure = reverse.tvalues["z"] ** 2 / (reverse.tvalues["z"] ** 2 + reverse.df_resid)
    bias = bias_of(r2_exposure, r2_outcome, short_fit.bse["x"], short_fit.df_resid)
    assert bias == pytest.approx(abs(short_fit.params["x"] - long_fit.params["x"]), rel=1e-8)


def test_robustness_value_is_the_confounder_that_leaves_nothing():
    for t, degrees in ((1.2, 50), (4.0, 700), (30.0, 90)):
        needed = robustness_value(t / np.sqrt(degrees))
        assert bias_of(needed, needed, 1.0, degrees) == pytest.approx(t, rel=1e-9)
    assert robustness_value(0.1, 0.2) == 0


def test_darfur():
    """Cinelli and Hazlett's example: t of 4.18 on 783 degrees of freedom.

    Unverified: figures of their table 1 as remembered, not read again in the paper (robustness value 13.9%, 7.6% for
    significance, partial R² 2.2%). That all three follow from one t and df speaks for them.
    """
    partial_f, critical = 4.18445 / np.sqrt(783), 1.963 / np.sqrt(782)
    assert robustness_value(partial_f) == pytest.approx(0.139, abs=0.0005)
    assert robustness_value(partial_f, critical) == pytest.approx(0.076, abs=0.0005)
    assert partial_f**2 / (1 + partial_f**2) == pytest.approx(0.022, abs=0.0005)


def test_benchmarks_weaken_the_estimate_the_more_the_stronger():
    frame, specification = panel(3, 30, slope=0.6), Specification(**NAMES, controls=("z",))
    robustness = sensitivity(frame, specification)
    adjusted = [
        benchmark.adjusted.estimate for benchmark in robustness.benchmarks if benchmark.adjusted is not None
    ]
    assert [benchmark.times for benchmark in robustness.benchmarks] == [1, 2, 3]
    assert all(np.diff([robustness.estimate, *adjusted]) < 0)
    assert robustness.benchmarks[0].r2_exposure < robustness.benchmarks[1].r2_exposure
    assert benchmark_bounds(0.6, 0.1, 1)[0] > 1
    # A control that has nothing to do with the exposure bounds a confounder that doesn't either.
    assert benchmark_bounds(0.0, 0.2, 1) == (0.0, pytest.approx(0.25))


def test_interval_is_gone_before_the_estimate():
    robustness = sensitivity(panel(4, 30, slope=0.6), Specification(**NAMES, controls=("z",)))
    assert 0 < robustness.robustness_value_interval < robustness.robustness_value < 1
    nothing = sensitivity(panel(5, 30), Specification(**NAMES))
    assert nothing.robustness_value_interval == 0
    assert nothing.oster_delta is None


def orthogonal(n: int, columns: int, seed: int) -> np.ndarray:
    """Columns of mean zero and variance one without any correlation in the sample."""
    raw = np.random.default_rng(seed).normal(size=(n, columns))
    q, _ = np.linalg.qr(raw - raw.mean(axis=0))
    return q * np.sqrt(n)


@pytest.mark.parametrize(("slope", "delta"), [(0.5, 1.0), (-0.4, 0.5), (0.0, 2.0), (1.5, -1.0)])
def test_oster_delta_is_recovered_where_selection_is_known(slope, delta):
    """Exposure = observed + delta × unobserved (each of its own variance, so scaled) + rest, in exact moments."""
    observed, unobserved, rest, error = orthogonal(500, 4, 1).T
    observed, unobserved = 1.2 * observed, 0.7 * unobserved
    exposure = 0.8 * observed + delta * 0.8 * unobserved + rest
    outcome = slope * exposure + observed + unobserved + 0.5 * error
    short = sm.OLS(outcome, exposure).fit()
    long = sm.OLS(outcome, np.column_stack([exposure, observed])).fit()
    whole = sm.OLS(outcome, np.column_stack([exposure, observed, unobserved])).fit()
    residual = sm.OLS(exposure, observed).fit().resid
    recovered = oster_delta(
        short.params[0], short.rsquared, long.params[0], long.rsquared, whole.rsquared,
        outcome.var(), exposure.var(), residual.var(), target=slope,
    )  # fmt: skip
    assert recovered == pytest.approx(delta, rel=1e-8)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_leaving_out_equals_refitting(estimator):
    frame = panel(6, 12).assign(region=lambda f: f["group"] % 3)
    specification = Specification(**NAMES, controls=("z",), estimator=estimator, weights="w")
    for by in ("group", "year", "region"):
        left_out = leave_one_out(frame, specification, by)
        assert left_out[by].tolist() == sorted(frame[by].unique())
        for value, slope in zip(left_out[by], left_out["estimate"], strict=True):
            rest = frame[frame[by] != value]
            if estimator == "first-differences" and by == "year" and value not in (0, 4):
                continue  # a year in the middle leaves a gap: refitted by the same call, nothing to compare with
            assert slope == pytest.approx(estimate(rest, specification).estimate, rel=1e-8)


def test_what_cannot_be_left_out_has_its_reason():
    frame = panel(7, 8)
    two = frame[frame["year"].isin([0, 1])]
    left_out = leave_one_out(two, Specification(**NAMES), "year")
    assert left_out["estimate"].isna().all()
    assert left_out["failure"].str.contains("no entity has two rows").all()
    with pytest.raises(RequestError, match="unknown column 'groups'; did you mean 'group'"):
        leave_one_out(frame, Specification(**NAMES), "groups")
    with pytest.raises(DataError, match="too few are left"):
        leave_one_out(frame[frame["group"] < 2], Specification(**NAMES), "group")


def test_influence_names_what_moves_the_estimate_most():
    frame, specification = panel(9, 12), Specification(**NAMES)
    frame.loc[frame["group"] == 4, "y"] += (
        20 * frame.loc[frame["group"] == 4, "x"]
    )  # one group unlike the others
    influence, each = (
        influence_of(frame, specification, "group", unit=2.0),
        leave_one_out(frame, specification, "group"),
    )
    assert (influence.most, influence.n, influence.n_failed) == ("4", 12, 0)
    assert influence.without_most == pytest.approx(2 * each.set_index("group").loc[4, "estimate"], rel=1e-9)
    assert (influence.low, influence.high) == pytest.approx(
        (2 * each["estimate"].min(), 2 * each["estimate"].max())
    )
    with pytest.raises(DataError, match=r"year: none can be left out; .*no entity has two rows"):
        influence_of(frame[frame["year"].isin([0, 1])], specification, "year")


def test_formula_is_the_textbooks():
    """2.8 standard errors at 80% and 5% in large samples (Bloom 1995)."""
    assert detectable_effect(1.0, 1e9) == pytest.approx(2.8016, abs=1e-4)
    with pytest.raises(RequestError, match=r"power 0\.01 must be between"):
        detectable_effect(1.0, 10, power=0.01)


def test_detectable_effect_is_detected_as_often_as_it_says():
    """Power at the effect named, over 300 fresh panels of the same design."""
    specification = Specification(**NAMES)
    powers = [detectable_effect_of(panel(seed, 25), specification) for seed in range(10)]
    named = np.mean([power.by_simulation for power in powers])
    formula = np.mean([power.by_formula for power in powers])
    critical, ones = stats.t(24).ppf(0.975), np.ones((1, 25))
    detected = [
        abs(t_statistics(scores_of(panel(seed + 100, 25, slope=named), specification), ones)[1][0]) > critical
        for seed in range(300)
    ]
    assert abs(np.mean(detected) - 0.8) < 3 * np.sqrt(0.16 / 300) + 0.02
    assert named == pytest.approx(formula, rel=0.15)


def test_detectable_effect_is_in_the_unit_of_the_estimate():
    frame = panel(8, 25)
    plain = detectable_effect_of(frame, Specification(**NAMES))
    scaled = detectable_effect_of(frame.assign(x=frame["x"] / 10), Specification(**NAMES))
    assert scaled.by_simulation == pytest.approx(10 * plain.by_simulation)
    standardised = detectable_effect_of(frame, Specification(**NAMES, standardised=True))
    assert standardised.by_simulation / standardised.by_formula == pytest.approx(
        plain.by_simulation / plain.by_formula
    )


def test_equivalence_equals_statsmodels():
    values = np.random.default_rng(0).normal(0.1, 1, 80)
    summary = DescrStatsW(values)
    tested = equivalence(values.mean(), summary.std_mean, 79, -0.4, 0.4)
    assert tested.p_value == pytest.approx(summary.ttost_mean(-0.4, 0.4)[0], rel=1e-10)
    assert tested.equivalent == (tested.conf_low > -0.4 and tested.conf_high < 0.4)
    assert not equivalence(0.1, 1.0, 79, -0.4, 0.4).equivalent
    with pytest.raises(RequestError, match="not below"):
        equivalence(0.1, 1.0, 79, 0.4, -0.4)


def test_the_estimate_itself_plays_no_part_in_what_could_have_been_found():
    """Five exposures more in the outcome move the slope by five, and its noise not at all."""
    frame = panel(8, 25)
    plain = detectable_effect_of(frame, Specification(**NAMES))
    moved = detectable_effect_of(frame.assign(y=frame["y"] + 5 * frame["x"]), Specification(**NAMES))
    assert moved.by_simulation == pytest.approx(plain.by_simulation)
    assert moved.by_formula == pytest.approx(plain.by_formula)
