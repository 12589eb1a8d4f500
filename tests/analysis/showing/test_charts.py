"""What charts and tables say: numbers computed again from the frame, units on axes, clear refusals."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError, RequestError
from analysis.estimators import estimate
from analysis.reports.data.coverage import coverage_heatmap
from analysis.reports.relationship.charts import binned_means
from analysis.reports.summary.charts import pairs_matrix
from analysis.reports.workforce.distribution import ranked
from analysis.reports.workforce.maps import authority_map, classify
from analysis.reports.workforce.series import small_multiples
from analysis.showing import numbers as words
from analysis.showing.forest import direction_for_children, estimators_forest
from tests.making.charts_data import (
    CHARTS,
    INDICATORS,
    LONG,
    MARKED,
    OUTCOMES,
    ROW_LABELS,
    SCATTER,
    boundaries,
    coverage,
    estimates,
    family,
    national,
    panel,
)

YEAR = 2024


def in_year(name: str = "turnover_percent", year: int = YEAR) -> pd.Series:
    rows = panel()[panel()["year"] == year]
    return rows.set_index("authority_code")[name].dropna()


def empty(name: str = "turnover_percent") -> pd.DataFrame:
    return panel().assign(**{name: np.nan})


# ----------------------------------------------------------------------------------------- alternative texts


def test_small_multiples_tell_first_last_and_extremes():
    chart = CHARTS["small_multiples"]()
    marked = panel()[panel()["authority_code"] == MARKED].set_index("year")
    for name in INDICATORS[:9]:
        series = marked[name].dropna()
        sentence = next(part for part in chart.alt.split(". ") if indicator(name).label in part)
        for value in (series.iloc[0], series.iloc[-1], series.max(), series.min()):
            assert f"{value:.1f}" in sentence.split(LONG)[1]
        assert f"highest {series.max():.1f} in {series.idxmax()}" in sentence


def test_small_multiples_mark_breaks_and_say_why():
    rows = panel().assign(year=panel()["year"] - 2)
    series = national().assign(year=national()["year"] - 2)
    chart = small_multiples(rows, series, ["turnover_percent"])
    assert f"2017: {indicator('turnover_percent').breaks[2017]}" in chart.caption
    assert "new definition" not in small_multiples(panel(), national(), ["repeat_plans_percent"]).caption


def test_small_multiples_say_what_is_lower_and_what_is_higher_than_when_it_became_comparable():
    values = {
        "turnover_percent": {2016: 1.0, 2017: 14.0, 2020: 12.0},  # the rise from 2016 is one of definition
        "vacancy_percent": {2017: 10.0, 2020: 11.0},
        "agency_percent": {2017: 9.0, 2020: 9.01},  # the same as it is shown
        "absence_percent": {2020: 3.0},  # one year has no course
    }
    series = pd.DataFrame(
        [("E92000001", year, name, value) for name, years in values.items() for year, value in years.items()],
        columns=["authority_code", "year", "indicator", "value"],
    )
    assert small_multiples(panel(), series, list(values)).caption.startswith(
        "In England turnover of social workers was lower; the vacancy rate was higher; the share of agency workers was no "
        "higher or lower in 2020 than in 2017."
    )
    more = pd.concat([
        series[series["indicator"] == "turnover_percent"].assign(indicator=name)
        for name in ("turnover_percent", "caseload_cases_per_fte", "starters_percent")
    ])  # fmt: skip
    said = small_multiples(panel(), more, sorted(set(more["indicator"]))).caption
    assert said.startswith("In England 3 of the measures shown were lower in 2020 than in 201")
    assert small_multiples(panel(), series, ["absence_percent"]).caption.startswith(
        "There are too few figures"
    )


def test_small_multiples_band_is_the_middle_half():
    figure = CHARTS["small_multiples_wide"]().figure
    vertices = figure.axes[0].collections[0].get_paths()[0].vertices
    quartiles = panel().groupby("year")["turnover_percent"].quantile([0.25, 0.75])
    drawn = vertices[vertices[:, 0] == YEAR][:, 1]
    assert (drawn.min(), drawn.max()) == pytest.approx((quartiles[YEAR, 0.25], quartiles[YEAR, 0.75]))


def test_small_multiples_show_an_indicator_without_figures_as_such():
    series = national()[national()["indicator"] != "turnover_percent"]
    chart = small_multiples(empty(), series, ["turnover_percent", "agency_percent"], MARKED)
    assert "Social worker turnover (%): England no figures" in chart.alt
    assert "no figures" in [text.get_text() for text in chart.figure.axes[0].texts]
    with pytest.raises(DataError, match="no figures of turnover_percent"):
        small_multiples(empty(), series, ["turnover_percent"])


def test_ranked_tells_place_extremes_and_england():
    chart, values = CHARTS["ranked"](), in_year().sort_values()
    names = panel().groupby("authority_code")["authority"].first()
    place = (values < values[MARKED]).sum() + 1
    ends = [f"{values.iloc[at]:.1f} in {names[values.index[at]]}" for at in (0, -1)]
    # The title says it, and so does the alternative text.
    finding = f"Social worker turnover ranged from {ends[0]} to {ends[1]} in 2024."
    assert chart.caption.startswith(finding) and finding in chart.alt
    assert place % 10 == 3 and f"{LONG} {values[MARKED]:.1f}, {place}rd lowest" in chart.alt
    england = national().query("indicator == 'turnover_percent' and year == @YEAR")["value"].iloc[0]
    assert f"England {england:.1f}." in chart.alt
    assert f"{152 - len(values)} authorities have no figure" in chart.caption
    assert chart.figure.axes[0].get_ylabel().replace("\n", " ") == "Social worker turnover (%), 2024"


def test_map_tells_extremes_and_counts_each_authority_once():
    chart, values = CHARTS["map"](), in_year()
    assert f"from {values.min():.1f} (" in chart.alt and f"to {values.max():.1f} (" in chart.alt
    assert f"median {values.median():.1f}" in chart.alt
    key = [text.get_text() for text in chart.figure.legends[0].get_texts()]
    assert sum(int(n) for line in key for n in re.findall(r"\((\d+)\)", line)) == 152
    assert "%, 2024" in chart.figure.legends[0].get_title().get_text()
    shades = sum(len(c.get_paths()) for c in chart.figure.axes[0].collections[:2])
    assert shades == 152


def test_coverage_shows_shares_of_authorities():
    chart, rows = CHARTS["coverage"](), coverage()
    row = rows.query("indicator == 'turnover_percent' and year == @YEAR").iloc[0]
    shares = rows["n_present"] / rows["n_authorities"] * 100
    assert f"lowest {shares.min():.0f}%" in chart.alt
    shown = [text.get_text() for text in chart.figure.axes[0].texts]
    # From 95 per cent up the shade says it all.
    assert len(shown) == (shares < 95).sum() > 0
    assert (str(int(100 * row["n_present"] / 152)) in shown) == (row["n_present"] < 0.95 * 152)
    nobody = rows.assign(n_present=rows["n_present"].where(rows["year"] != YEAR, 0))
    texts = [text.get_text() for text in coverage_heatmap(nobody).figure.axes[0].texts]
    assert "0" not in texts, "a year in which nobody has a figure is empty, as one without publication"


def test_residual_scatter_draws_the_estimate_in_units():
    chart = CHARTS["residual_scatter"]()
    estimated = estimate(panel(), SCATTER)
    assert words.with_interval(estimated.estimate, estimated.conf_low, estimated.conf_high) in chart.alt
    assert f"n = {estimated.n_observations:,} authority-years" in chart.caption
    left, right = chart.figure.axes
    assert left.get_xlabel() == "Social worker turnover (%)"
    assert right.get_ylabel().replace("\n", " ") == "Difference from usual (percentage points)"
    rows, paths = estimated.sample.levels, [dots.get_path() for dots in left.patches]
    drawn = np.concatenate([path.vertices[path.codes == path.MOVETO] for path in paths])
    assert sorted(map(tuple, drawn)) == sorted(zip(rows["exposure"], rows["outcome"], strict=True))
    # A dot is a line without length; a writer that drops those would leave an empty panel.
    written = re.findall(r'd="((?:M [\d.]+ [\d.]+ \s*L [\d.]+ [\d.]+ \s*)+)"', chart.svg())
    ends = [re.findall(r"([ML]) ([\d.]+ [\d.]+)", path) for path in written if path.count("M") > 1]
    assert sum(len(path) for path in ends) == 2 * estimated.n_observations
    assert all(path[::2] == [("M", at) for _, at in path[1::2]] for path in ends)
    line = right.lines[0]
    slope = np.polyfit(line.get_xdata(), line.get_ydata(), 1)[0]
    assert slope == pytest.approx(estimated.estimate)


def test_binned_means_are_means_with_intervals():
    exposure, outcome = np.arange(40.0), np.tile([1.0, 3.0], 20)
    bins = binned_means(exposure, outcome, 4)
    assert bins.n.tolist() == [10, 10, 10, 10]
    assert bins.exposure.tolist() == [4.5, 14.5, 24.5, 34.5]
    half = 1.96 * np.std([1.0, 3.0] * 5, ddof=1) / np.sqrt(10)
    np.testing.assert_allclose(bins.high, 2 + half)
    assert len(binned_means(np.array([0.0] * 30 + [1.0] * 5), outcome[:35], 10).n) == 2


def test_line_of_the_scatter_fits_the_deviations():
    """Frisch, Waugh and Lovell: the deviations' own slope is the estimate."""
    from analysis.estimators.regression.sample import estimation_sample
    from analysis.reports.relationship.charts import _residuals

    x, y = _residuals(estimation_sample(panel(), SCATTER).rows, SCATTER)
    assert x @ y / (x @ x) == pytest.approx(estimate(panel(), SCATTER).estimate)


def test_estimators_forest_shows_each_estimate_and_n():
    chart = CHARTS["estimators_forest"]()
    for estimated, label in zip(estimates(), ROW_LABELS, strict=True):
        assert label in chart.alt and f"n = {estimated.n_observations:,}" in chart.alt
    drawn = chart.figure.axes[0].lines[0].get_xdata()
    np.testing.assert_allclose(drawn, [estimated.estimate for estimated in estimates()])
    label = chart.figure.axes[0].get_xlabel().replace("\n", " ")
    assert label == "Repeat child protection plans (%) per unit of social worker turnover (%)"


@pytest.mark.parametrize(
    ("outcome", "value", "direction"),
    [
        ("repeat_plans_percent", 0.1, "worse"),
        ("repeat_plans_percent", -0.1, "better"),
        ("reviews_on_time_percent", 0.1, "better"),
        ("reviews_on_time_percent", -0.1, "worse"),
        ("children_in_need_per_10k", 0.1, "neither"),
        ("not an indicator", 0.1, "neither"),
        ("repeat_plans_percent", float("nan"), "neither"),
    ],
)
def test_direction_follows_polarity(outcome, value, direction):
    assert direction_for_children(outcome, value) == direction


# -------------------------------------------------------------------------------------------------- tables


# ------------------------------------------------------------------------------------------------ refusals


REFUSALS = {
    "ranked, nothing": (
        lambda: ranked(empty(), national(), "turnover_percent", YEAR),
        DataError,
        "no authority has",
    ),
    "ranked, indicator": (
        lambda: ranked(panel(), national(), "turnover", YEAR),
        RequestError,
        "did you mean",
    ),
    "ranked, authority": (
        lambda: ranked(panel(), national(), "turnover_percent", YEAR, "E0600058"),
        RequestError,
        "did you mean 'E06000058'",
    ),
    "map, nothing": (
        lambda: authority_map(boundaries(), empty(), "turnover_percent", YEAR),
        DataError,
        "no authority",
    ),
    "map, classing": (
        lambda: authority_map(boundaries(), panel(), "turnover_percent", YEAR, classing="quantile"),
        RequestError,
        "did you mean 'quantiles'",
    ),
    "map, authority": (
        lambda: authority_map(boundaries(), panel(), "turnover_percent", YEAR, "X"),
        RequestError,
        "unknown authority",
    ),
    "map, no shapes": (
        lambda: authority_map({"features": []}, panel(), "turnover_percent", YEAR),
        DataError,
        "no features",
    ),
    "forest, none": (lambda: estimators_forest([], []), DataError, "no estimates"),
    "forest, labels": (
        lambda: estimators_forest(estimates(), ["one"]),
        RequestError,
        "3 estimates and 1 row labels",
    ),
    "coverage, none": (lambda: coverage_heatmap(coverage().iloc[:0]), DataError, "no indicator"),
    "coverage, column": (
        lambda: coverage_heatmap(coverage().drop(columns="n_present")),
        RequestError,
        "unknown column 'n_present'",
    ),
    "multiples, too many": (
        lambda: small_multiples(panel(), national(), INDICATORS[:8], columns=1),
        DataError,
        "don't fit a page",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refuses_in_one_line(name):
    ask, error, message = REFUSALS[name]
    with pytest.raises(error, match=message) as caught:
        ask()
    assert "\n" not in str(caught.value)


def test_the_matrix_of_pairs_writes_every_difference_and_fills_those_that_stand():
    frame = family()
    chart = pairs_matrix(frame, 0.05)
    axes = chart.figure.axes[0]
    cells = {
        (round(text.get_position()[0]), round(text.get_position()[1])): text.get_text() for text in axes.texts
    }
    assert len(cells) == len(frame)
    exposures, outcomes = (list(dict.fromkeys(frame[side])) for side in ("exposure", "outcome"))
    for row in frame.to_dict("records"):
        text = cells[exposures.index(row["exposure"]), outcomes.index(row["outcome"])]
        assert float(text.strip("†").replace("−", "-")) == pytest.approx(row["natural_estimate"], abs=0.051)
    white = [patch for patch in axes.patches if patch.get_facecolor()[:3] == (1, 1, 1)]
    stand = (frame["q_value"] < 0.05).sum()
    ruled_out = ((frame["q_value"] >= 0.05) & (frame["reach_sd"] < 0.1)).sum()
    assert len(axes.patches) - len(white) == stand + ruled_out
    assert f"{stand} of 54 pairs" in chart.caption


# ----------------------------------------------------------------------------------------- pieces of charts


def test_classes_hold_equally_many_or_are_equally_wide_and_keep_ties_together():
    values = np.arange(100.0)
    assert classify(values, "quantiles").counts == (20, 20, 20, 20, 20)
    assert classify(values, "equal").counts == (20, 20, 20, 20, 20)
    skewed = np.r_[np.zeros(60), np.arange(1.0, 41.0)]
    by_number = classify(skewed, "quantiles")
    assert by_number.limits[0] == (0.0, 0.0) and by_number.counts[0] == 60
    assert sum(by_number.counts) == 100
    assert classify(np.array([3.0, 3.0]), "quantiles").counts == (2,)
    assert classify(np.array([3.0]), "equal").limits == ((3.0, 3.0),)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, None, "1,234"), (-12.34, None, "−12.3"), (0.0456, None, "0.046"), (-0.001, 2, "0.00"),
        (float("nan"), None, "–"), (None, 2, "–"), (float("-inf"), 2, "−∞"), (0.0, None, "0.00"),
    ],
)  # fmt: skip
def test_numbers(value, decimals, text):
    assert words.number(value, decimals) == text


def test_intervals_and_names():
    assert words.with_interval(0.123, 0.031, 0.213) == "0.12 (0.03 to 0.21)"
    assert words.with_interval(-120.0, -250.4, 10.0) == "−120 (−250 to 10)"
    assert words.source_line(["children_services_real_gbp_per_child"]).startswith(
        "Department for Education: Section 251 outturn"
    )
    assert (
        words.label_of("turnover_lagged", {"turnover_lagged": "Turnover a year earlier"})
        == "Turnover a year earlier"
    )
    np.testing.assert_allclose(words.spread_apart([1.0, 1.0, 5.0], 1.0), [0.5, 1.5, 5.0])


def test_outcomes_of_the_made_up_family_are_enough_to_fill_a_page():
    assert len(OUTCOMES) >= 18
