"""Specifications, refusals, lags and families."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analysis.data.cleaning.years import lag_lead
from analysis.errors import DataError, RequestError
from analysis.estimators import Specification, benjamini_hochberg, estimate

BASE = {"outcome": "outcome", "exposure": "exposure", "entity": "entity", "cluster": "entity"}


@pytest.fixture
def panel() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"entity": np.repeat([f"E{i}" for i in range(12)], 5), "year": np.tile(range(2017, 2022), 12)}
    )
    for name in ("exposure", "control", "outcome"):
        frame[name] = generator.normal(size=len(frame))
    frame["weight"] = 1.0
    return frame


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimator": "twoway"}, "unknown estimator 'twoway'; did you mean 'two-way'?"),
        ({"exposure": "outcome"}, "same column 'outcome'"),
        ({"controls": ("a", "a")}, "control 'a' is a control already"),
        ({"controls": ("exposure",)}, "control 'exposure' is the exposure already"),
        ({"controls": "abc"}, "give a list of columns"),
        ({"outcome": "year"}, "time 'year' is the outcome already"),
        ({"confidence_level": 95}, "not between 0 and 1"),
    ],
)
def test_specification_refuses(arguments, message):
    with pytest.raises(RequestError, match=message.replace("?", r"\?")):
        Specification(**{**BASE, **arguments})


def with_value(frame: pd.DataFrame, column: str, value) -> pd.DataFrame:
    return frame.assign(**{column: value})


DEGENERATE = {
    "unknown column": (
        lambda f: f.rename(columns={"exposure": "exposures"}),
        {},
        RequestError,
        "did you mean 'exposures'",
    ),
    "no rows": (
        lambda f: with_value(f, "outcome", np.nan),
        {},
        DataError,
        "no row has all of outcome, exposure",
    ),
    "no rows at all": (lambda f: f.iloc[:0], {}, DataError, "0 rows given"),
    "text": (lambda f: with_value(f, "exposure", "x"), {}, DataError, "exposure: not numbers"),
    "infinite": (lambda f: with_value(f, "exposure", np.inf), {}, DataError, "exposure: infinite in 60 rows"),
    "two rows a year": (
        lambda f: pd.concat([f, f.iloc[:1]]),
        {},
        DataError,
        "more than one row, such as E0 in 2017",
    ),
    "one cluster": (lambda f: with_value(f, "group", 1), {"cluster": "group"}, DataError, "group: 1 cluster"),
    "constant outcome": (
        lambda f: with_value(f, "outcome", 3.0),
        {},
        DataError,
        "outcome: the same value in all 60",
    ),
    "constant exposure": (
        lambda f: with_value(f, "exposure", 0.0),
        {},
        DataError,
        "exposure: the same value in all",
    ),
    "exposure without years": (
        lambda f: with_value(f, "exposure", f.groupby("entity")["exposure"].transform("first") * 1e6),
        {},
        DataError,
        "exposure: no variation left once entity and year effects",
    ),
    "outcome in effects": (
        lambda f: with_value(f, "outcome", f["year"] * 2.0),
        {},
        DataError,
        "outcome: no variation left once",
    ),
    "control in effects": (
        lambda f: with_value(f, "control", f["year"] * 2.0),
        {"controls": ("control",)},
        RequestError,
        "control control: no variation left",
    ),
    "collinear control": (
        lambda f: with_value(f, "control", 3 * f["exposure"] + f["year"]),
        {"controls": ("control",)},
        RequestError,
        "control control: collinear with exposure",
    ),
    "weights missing": (
        lambda f: with_value(f, "weight", np.nan),
        {"weights": "weight"},
        DataError,
        "weights weight: missing in 60",
    ),
    "weights zero": (
        lambda f: with_value(f, "weight", 0.0),
        {"weights": "weight"},
        DataError,
        "weight: zero or negative in 60",
    ),
    "one row each": (lambda f: f[f["year"] == 2017], {}, DataError, "no entity has two rows"),
    "more parameters than rows": (
        lambda f: f[(f["year"] < 2019) & f["entity"].isin(["E0", "E1"])],
        {"controls": ("control",)},
        DataError,
        "rows for 5 parameters",
    ),
    "no consecutive years": (
        lambda f: f[f["year"] % 2 == 0],
        {"estimator": "first-differences"},
        DataError,
        "two consecutive years",
    ),
    "years as text": (
        lambda f: with_value(f, "year", f["year"].astype(str)),
        {"estimator": "first-differences"},
        DataError,
        "year: not years",
    ),
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.filterwarnings("error")
def test_degenerate_data_is_refused_in_one_line(panel, name):
    change, arguments, error, message = DEGENERATE[name]
    with pytest.raises(error, match=message) as caught:
        estimate(change(panel), Specification(**{**BASE, **arguments}))
    assert "\n" not in str(caught.value)


def test_lag_is_on_years_and_a_gap_gives_missing():
    panel = pd.DataFrame(
        {"authority_code": list("aaabb"), "year": [2017, 2018, 2020, 2018, 2019], "value": [1.0, 2, 3, 4, 5]},
        index=[9, 8, 7, 6, 5],
    )
    nan = np.nan
    assert lag_lead(panel, "value", lag_years=1).tolist() == pytest.approx([nan, 1, nan, nan, 4], nan_ok=True)
    assert lag_lead(panel, "value", lag_years=-1).tolist() == pytest.approx(
        [2, nan, nan, 5, nan], nan_ok=True
    )
    assert lag_lead(panel, "value", lag_years=2).tolist() == pytest.approx(
        [nan, nan, 2, nan, nan], nan_ok=True
    )
    assert lag_lead(panel, "value", lag_years=0).equals(panel["value"])
    shuffled = panel.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(
        lag_lead(shuffled, "value").sort_index(), lag_lead(panel, "value").sort_index()
    )


def test_lag_refuses():
    panel = pd.DataFrame({"authority_code": ["a", "a"], "year": [2017, 2017], "value": [1.0, 2]})
    with pytest.raises(DataError, match="more than one row"):
        lag_lead(panel, "value")
    with pytest.raises(RequestError, match="unknown column 'valeu'; did you mean 'value'"):
        lag_lead(panel, "valeu")
    with pytest.raises(RequestError, match="whole number"):
        lag_lead(panel, "value", lag_years=0.5)


def test_q_values_are_benjamini_and_hochbergs():
    """The fifteen p values of Benjamini and Hochberg (1995, 3.2): four rejected at 5%."""
    p_values = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
        0.7590, 1.0,
    ]  # fmt: skip
    assert (benjamini_hochberg(p_values) <= 0.05).sum() == 4
    with_missing = benjamini_hochberg([*p_values, np.nan])
    assert np.isnan(with_missing[-1])
    np.testing.assert_allclose(with_missing[:-1], multipletests(p_values, method="fdr_bh")[1])
    assert benjamini_hochberg([]).shape == (0,)
