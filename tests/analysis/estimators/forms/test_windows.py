"""Windows of years: slopes, clustered errors and their joint covariance against least squares with dummies and a bootstrap.

Outcomes are counted to March and the exposure in September, so that outcomes of 2024 meet the exposure of 2023: written out
here by hand as a year more than the shift.
"""

import numpy as np
import pandas as pd
import pyfixest
import pytest
import statsmodels.api as sm

from analysis.errors import DataError
from analysis.estimators.forms.windows import WindowQuestion, family_slopes, slopes_of, window_rows
from tests.making.windows_data import CHILDREN, CONTROL, EXPOSURE, MODERATOR, OTHER, OUTCOME, earlier, panel

CASES = {
    "window of two years and a lead": {},
    "one year without a lead": {"window": (0,), "has_lead": False},
    "three years": {"window": (0, 1, 2)},
    "with what is held constant": {"controls": (CONTROL,)},
    "weighted": {"weights": CHILDREN},
    "years of each region": {"by_region": True},
    "moderated": {"moderator": MODERATOR},
    "all at once": {"controls": (CONTROL,), "weights": CHILDREN, "by_region": True},
    "within years": {"within": False, "has_lead": False, "window": (0,)},
    "without years and regions": {"without_years": (2021, 2022), "without_regions": ("South",)},
}


def question(**changes):
    return WindowQuestion(EXPOSURE, OUTCOME, **{"sign": -1, "window": (0, 1), **changes})


def by_hand(rows, asked):
    """Return the complete rows of a question with the regressors of interest and those that are held constant."""
    hand_rows = rows[["authority_code", "year", "cluster", "region"]].copy()
    hand_rows["y"], hand_rows["w"] = rows[asked.outcome], 1.0
    if asked.weights != "none":
        hand_rows["w"] = earlier(rows, asked.weights, 1)
    shifts = [*asked.window, *([-1] if asked.has_lead else [])]
    for shift in shifts:
        hand_rows[f"x{shift}"] = earlier(rows, asked.exposure, shift + 1)
        if asked.moderator:
            hand_rows[f"m{shift}"] = earlier(rows, asked.moderator, shift + 1)
    for name in asked.controls:
        hand_rows[name] = rows[name]
    hand_rows = hand_rows[
        ~hand_rows["year"].isin(asked.without_years) & ~hand_rows["region"].isin(asked.without_regions)
    ].dropna()
    if asked.within:  # an authority with one year says nothing
        hand_rows = hand_rows[hand_rows.groupby("authority_code")["year"].transform("size") > 1]
    names, held = [f"x{shift}" for shift in shifts], list(asked.controls)
    if asked.moderator:
        spread = hand_rows["m0"].std()
        for shift in shifts:
            centred = hand_rows[f"x{shift}"] - hand_rows[f"x{shift}"].mean()
            hand_rows[f"p{shift}"] = (
                centred * (hand_rows[f"m{shift}"] - hand_rows[f"m{shift}"].mean()) / spread
            )
        held += [*names, *(f"m{shift}" for shift in shifts)]
        names = [f"p{shift}" for shift in shifts]
    return hand_rows.reset_index(drop=True), names, held


def with_dummies(hand_rows, names, held, asked, trends):
    """Return slopes and clustered errors (without a small-sample factor) of statsmodels, and how many effects are counted.

    Counted are all but those of authorities and their lines, which lie within clusters.
    """
    time = hand_rows["year"].astype(str) + (hand_rows["region"] if asked.by_region else "")
    when = pd.get_dummies(time, dtype=float).to_numpy()
    columns = [hand_rows[names].to_numpy(), hand_rows[held].to_numpy(), when]
    if asked.within:
        units = pd.get_dummies(hand_rows["authority_code"], dtype=float).to_numpy()
        columns.append(units)
        if trends:
            columns.append(units * (hand_rows["year"].to_numpy() - 2021.0)[:, None])
    design = np.hstack(columns)
    fitted = sm.WLS(hand_rows["y"].to_numpy(), design, weights=hand_rows["w"].to_numpy()).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(hand_rows["cluster"])[0], "use_correction": False},
    )
    within_clusters = np.hstack(columns[3:]) if asked.within else np.zeros((len(hand_rows), 0))
    counted = np.linalg.matrix_rank(design) - (np.linalg.matrix_rank(within_clusters) if asked.within else 0)
    return fitted.params[: len(names)], fitted.bse[: len(names)], counted


def unbalanced(clusters=None):
    rows = panel(30, 4, clusters)
    source = np.random.default_rng(9)
    for name in (EXPOSURE, OUTCOME):
        rows.loc[source.choice(rows.index, 12, replace=False), name] = np.nan
    return rows


@pytest.mark.parametrize(
    ("case", "trends"),
    [(case, trends) for case in CASES for trends in (False, True)[: 1 + CASES[case].get("within", True)]],
)
def test_slopes_and_clustered_errors_are_those_of_least_squares_with_dummies(case, trends):
    asked = question(**CASES[case])
    frame = unbalanced(15)
    hand_rows, names, held = by_hand(frame, asked)
    slopes, errors, counted = with_dummies(hand_rows, names, held, asked, trends)
    rows = window_rows(frame, asked)
    assert len(rows.outcome) == len(hand_rows)
    own, influence = slopes_of(rows, rows.outcome[:, None], rows.terms[:, :, None], trends)
    assert own[0] == pytest.approx(slopes, abs=1e-8)
    n, groups = len(hand_rows), hand_rows["cluster"].nunique()
    factor = groups / (groups - 1) * (n - 1) / (n - counted)
    assert np.sqrt((influence[0] ** 2).sum(axis=0)) == pytest.approx(errors * np.sqrt(factor), rel=1e-6)


@pytest.mark.parametrize("held", [(), (CONTROL,)])
def test_slopes_and_errors_are_those_of_pyfixest(held):
    """pyfixest counts all years' effects as parameters; here one of them is among the authorities', which aren't counted."""
    asked = question(controls=held)
    frame = unbalanced(15)
    hand_rows, names, controls = by_hand(frame, asked)
    hand_rows = hand_rows.rename(columns={"x-1": "lead"})
    formula = f"y ~ x0 + x1 + lead{''.join(f' + {name}' for name in controls)} | authority_code + year"
    fitted = pyfixest.feols(formula, hand_rows, vcov={"CRV1": "cluster"})
    rows = window_rows(frame, asked)
    own, influence = slopes_of(rows, rows.outcome[:, None], rows.terms[:, :, None])
    assert own[0] == pytest.approx(fitted.coef()[["x0", "x1", "lead"]].to_numpy(), abs=1e-8)
    n, counted = len(hand_rows), len(names) + len(controls) + hand_rows["year"].nunique()
    errors = fitted.se()[["x0", "x1", "lead"]].to_numpy() * np.sqrt((n - counted) / (n - counted + 1))
    assert np.sqrt((influence[0] ** 2).sum(axis=0)) == pytest.approx(errors, rel=1e-6)


def standardised(*family):
    """The data's own slopes (K,) of all outcomes one after the other, their influence (G, K) and the clusters' labels."""
    outcomes, terms = (
        [rows.outcome[:, None] for rows in family],
        [rows.terms[:, :, None] for rows in family],
    )
    slopes, influence, labels = family_slopes(family, outcomes, terms)
    return slopes[0].ravel(), influence[0].reshape(len(labels), -1), labels


@pytest.mark.parametrize("case", ["window of two years and a lead", "weighted", "years of each region"])
def test_slopes_are_in_standard_deviations_of_what_effects_leave_on_the_claimed_side(case):
    asked, frame = question(**CASES[case]), unbalanced()
    hand_rows, names, held = by_hand(frame, asked)
    time = hand_rows["year"].astype(str) + (hand_rows["region"] if asked.by_region else "")
    effects = np.hstack(
        [pd.get_dummies(groups, dtype=float).to_numpy() for groups in (hand_rows["authority_code"], time)]
    )

    def spread(column):
        left = sm.WLS(hand_rows[column], effects, weights=hand_rows["w"]).fit().resid
        return np.sqrt(np.average(left**2, weights=hand_rows["w"]) * len(left) / (len(left) - 1))

    slopes, _, _ = with_dummies(hand_rows, names, held, asked, False)
    rows = window_rows(frame, asked)
    assert rows.spread(rows.outcome) == pytest.approx(spread("y"), rel=1e-9)
    assert standardised(rows)[0] == pytest.approx(-slopes * spread("x0") / spread("y"), abs=1e-8)


def test_slopes_of_several_outcomes_have_the_covariance_of_a_bootstrap_of_pairs():
    """60 clusters drawn with replacement, 1,000 times; a cluster drawn twice counts twice, with authorities of its own."""
    frame = panel(60, 2)
    shock = np.random.default_rng(3).normal(0, 4, len(frame))
    frame[OUTCOME] += shock
    frame[OTHER] += shock
    frame.loc[frame.index[::9], OTHER] = np.nan
    asked = [question(), WindowQuestion(EXPOSURE, OTHER, 1, (0, 1))]
    estimates, influence, labels = standardised(
        *(window_rows(frame, window_question) for window_question in asked)
    )
    assert labels.tolist() == sorted(frame["cluster"].unique())
    covariance = influence.T @ influence

    parts = []
    for window_question in asked:
        hand_rows, names, _ = by_hand(frame, window_question)
        years = pd.get_dummies(hand_rows["year"], dtype=float)
        # An authority counts as often as its cluster in all its years, so that its own mean can be taken out beforehand.
        centred = pd.concat([hand_rows[names], years, hand_rows["y"]], axis=1)
        centred = (centred - centred.groupby(hand_rows["authority_code"]).transform("mean")).to_numpy()
        crossed = np.stack(
            [
                centred[hand_rows["cluster"] == label].T @ centred[hand_rows["cluster"] == label]
                for label in labels
            ]
        )
        parts.append((crossed, window_rows(frame, window_question).unit))
    source, drawn = np.random.default_rng(8), np.zeros((1000, 6))
    for draw in range(1000):
        counts = source.multinomial(60, np.full(60, 1 / 60))
        for at, (crossed, unit) in enumerate(parts):
            total = np.tensordot(counts, crossed, 1)
            slopes = np.linalg.lstsq(total[:-1, :-1], total[:-1, -1], rcond=1e-10)[0]
            drawn[draw, 3 * at : 3 * at + 3] = unit * slopes[:3]
    assert drawn.mean(axis=0) == pytest.approx(estimates, abs=0.02)
    bootstrap = np.cov(drawn.T)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(np.sqrt(np.diag(bootstrap)), rel=0.1)
    whole = np.array([1, 1, 0, -1, -1, 0])
    assert np.sqrt(whole @ covariance @ whole) == pytest.approx(np.sqrt(whole @ bootstrap @ whole), rel=0.1)
    assert covariance[0, 3] == pytest.approx(bootstrap[0, 3], rel=0.2)
    assert covariance[0, 3] < -0.2 * np.sqrt(covariance[0, 0] * covariance[3, 3]), "the shock goes into both"


def test_clusters_of_one_outcome_alone_count_for_nothing_in_the_others():
    frame = panel(10, 2)
    frame.loc[frame["authority_code"] == "E06000003", OTHER] = np.nan
    asked = (question(), WindowQuestion(EXPOSURE, OTHER, 1))
    _, influence, labels = standardised(*(window_rows(frame, window_question) for window_question in asked))
    at = list(labels).index("C0003")
    assert (influence[at, 3:] == 0).all() and (influence[at, :3] != 0).all()


def test_lags_and_lead_recover_what_was_planted():
    """At once 0.5, a year later -0.3, two years later 0.2 points a point; next year's exposure has no part in it."""
    frame = panel(400, 6)
    planted = {0: 0.5, 1: -0.3, 2: 0.2}
    known = sum(slope * (earlier(frame, EXPOSURE, shift + 1) - 50) for shift, slope in planted.items())
    frame[OUTCOME] = 80 + known + np.random.default_rng(1).normal(0, 1, len(frame))
    rows = window_rows(frame, question(window=(0, 1, 2), sign=1))
    slopes, _ = slopes_of(rows, rows.outcome[:, None], rows.terms[:, :, None])
    assert slopes[0] == pytest.approx([0.5, -0.3, 0.2, 0.0], abs=0.03)


def test_an_exposure_that_follows_the_outcome_is_seen_in_the_lead():
    frame = panel(400, 6)
    frame[EXPOSURE] += 0.5 * (frame[OUTCOME] - 50)  # in September, of the outcome to the March before
    rows = window_rows(frame, question(sign=1))
    slopes, influence, _ = standardised(rows)
    errors = np.sqrt((influence**2).sum(axis=0))
    assert abs(slopes[2]) > 10 * errors[2]
    assert abs(slopes[2]) > 3 * np.abs(slopes[:2]).max()


def test_rows_without_a_figure_of_every_year_are_left_out():
    """Exposures of 2017 to 2025, two years of them before each outcome and one after: outcomes of 2019 to 2025."""
    frame = panel(10, 2)
    rows = window_rows(frame, question())
    assert (len(rows.outcome), rows.years.min(), rows.years.max()) == (70, 2019, 2025)
    # A year's exposure of one authority serves outcomes one and two years later, and as the lead that of its own year.
    frame.loc[(frame["authority_code"] == "E06000003") & (frame["year"] == 2021), EXPOSURE] = np.nan
    kept = window_rows(frame, question()).table
    assert set(kept.loc[kept["authority_code"] == "E06000003", "year"]) == {2019, 2020, 2024, 2025}
    assert len(kept) == 67


def test_authorities_and_years_left_with_one_row_and_very_small_authorities_are_left_out():
    frame = panel(10, 2)
    alone = (frame["authority_code"] == "E06000003") & (frame["year"] != 2022)
    frame.loc[alone, OUTCOME] = np.nan
    frame.loc[(frame["year"] == 2019) & (frame["authority_code"] != "E06000005"), OUTCOME] = np.nan
    frame.loc[frame["authority_code"] == "E06000007", "very_small"] = True
    kept = window_rows(frame, question()).table
    assert not {"E06000003", "E06000007"} & set(kept["authority_code"])
    assert kept["year"].min() == 2020 and len(kept) == 8 * 6


def test_a_bound_stands_in_for_the_outcome_by_its_index():
    frame = panel(10, 2)
    bound = frame[OUTCOME] + 5
    rows = window_rows(frame, question(), bound.sample(frac=1, random_state=1))
    assert rows.outcome == pytest.approx(window_rows(frame, question()).outcome + 5)


def test_rows_in_another_order_give_the_same_to_the_bit():
    frame = unbalanced()
    in_order, shuffled = (
        standardised(window_rows(rows, question()))
        for rows in (frame, frame.sample(frac=1, random_state=1).reset_index(drop=True))
    )
    assert [part.tobytes() for part in in_order[:2]] == [part.tobytes() for part in shuffled[:2]]


@pytest.mark.parametrize("exposure", ["constant", "of each authority", "of each year"])
def test_an_exposure_without_variation_of_its_own_is_refused_by_name(exposure):
    frame = panel(10, 2)
    frame[EXPOSURE] = {
        "constant": 5.0,
        "of each authority": frame["authority_code"].str[-2:].astype(float),
        "of each year": frame["year"] / 7,
    }[exposure]
    with pytest.raises(DataError, match=f"^{OUTCOME} on {EXPOSURE}: .* no variation") as caught:
        standardised(window_rows(frame, question()))
    assert "\n" not in str(caught.value)


def test_fewer_than_two_clusters_are_refused():
    with pytest.raises(DataError, match=f"^{OUTCOME} on {EXPOSURE}: no two authorities"):
        window_rows(panel(5, 2, clusters=1), question())
    with pytest.raises(DataError, match="no two authorities"):
        window_rows(panel(5, 2, first=2023), question())
