"""``fit`` on CSV files: numbers against linearmodels and statsmodels, and one clear line for what can't be."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from click.testing import CliRunner
from linearmodels.datasets import wage_panel
from linearmodels.panel import FirstDifferenceOLS, PanelOLS, PooledOLS

from analysis.cli.main import cli
from analysis.errors import DataError, PlanDriftError, RequestError
from analysis.estimators import Specification
from analysis.estimators.regression.from_csv import fit_csv, fit_frame

DATA = {
    "grunfeld": ("invest", "value", ("capital",), "firm", "year"),
    "wages": ("lwage", "hours", ("union", "married"), "nr", "year"),
}
OURS = "CR1, effects within clusters not counted (fixest, pyfixest, Stata reghdfe)"
ALL_COUNTED = "CR1, all effects counted (dummies in statsmodels or Stata regress, areg)"
SLOPES = "CR1, slopes only counted (linearmodels with group_debias and count_effects=False)"
LINEARMODELS = "N/(N − K), all effects counted, clusters not (linearmodels by default)"


def load(name: str) -> pd.DataFrame:
    """Grunfeld whole; the wage panel with holes, gaps and people left with one row."""
    if name == "grunfeld":
        return sm.datasets.grunfeld.load_pandas().data
    data = wage_panel.load()
    generator = np.random.default_rng(8)
    data = data[data["nr"].isin(data["nr"].unique()[:150])]
    data = data[generator.random(len(data)) > 0.45]
    return data.assign(lwage=data["lwage"].where(generator.random(len(data)) > 0.05))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    for name in DATA:
        load(name).to_csv(folder / f"{name}.csv", index=False)
    return folder


def used_rows(name: str) -> pd.DataFrame:
    y, x, controls, entity, time = DATA[name]
    rows = load(name)[[y, x, *controls, entity, time]].dropna()
    return rows[rows.groupby(entity)[entity].transform("size") > 1]


def ask(folder, name: str, estimator: str) -> dict:
    y, x, controls, entity, time = DATA[name]
    return fit_csv(folder / f"{name}.csv", y, x, controls, entity, time, estimator=estimator)


@pytest.mark.parametrize("name", DATA)
def test_two_way_equals_linearmodels_and_dummies_under_each_rule(written, name):
    y, x, controls, entity, time = DATA[name]
    rows = used_rows(name)
    panel = rows.set_index([entity, time])
    model = PanelOLS(panel[y], panel[[x, *controls]], entity_effects=True, time_effects=True)
    default = model.fit(cov_type="clustered", cluster_entity=True)
    slopes = model.fit(
        cov_type="clustered", cluster_entity=True, group_debias=True, auto_df=False, count_effects=False
    )
    dummies = pd.get_dummies(rows[[entity, time]].astype("category"), drop_first=True, dtype=float)
    design = sm.add_constant(pd.concat([rows[[x, *controls]], dummies], axis=1))
    by_dummies = sm.OLS(rows[y], design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows[entity])[0]}
    )
    fit = ask(written, name, "two-way")
    rules = fit["standard_error_by_rule"]
    assert fit["estimate"] == pytest.approx(default.params[x], rel=1e-9)
    assert fit["standard_error"] == rules[OURS]
    assert rules[LINEARMODELS] == pytest.approx(default.std_errors[x], rel=1e-8)
    assert rules[SLOPES] == pytest.approx(slopes.std_errors[x], rel=1e-8)
    assert rules[ALL_COUNTED] == pytest.approx(by_dummies.bse[x], rel=1e-7)
    assert fit["n_observations"] == len(rows)
    assert fit["n_entities"] == fit["n_clusters"] == rows[entity].nunique()


def test_reported_error_is_pyfixests_own_default(written):
    """A renamed copy is the cluster: with the fixed effect itself, pyfixest 0.60.0 depends on the hash seed."""
    import pyfixest

    rows = used_rows("wages").assign(person=lambda f: f["nr"])
    expected = pyfixest.feols("lwage ~ hours + union + married | nr + year", rows, vcov={"CRV1": "person"})
    fit = ask(written, "wages", "two-way")
    assert fit["estimate"] == pytest.approx(expected.coef()["hours"], rel=1e-7)
    assert fit["standard_error"] == pytest.approx(expected.se()["hours"], rel=1e-7)
    assert fit["p_value"] == pytest.approx(expected.pvalue()["hours"], rel=1e-6)


@pytest.mark.parametrize("name", DATA)
def test_pooled_equals_statsmodels_and_linearmodels(written, name):
    y, x, controls, entity, time = DATA[name]
    rows = used_rows(name)
    design = sm.add_constant(rows[[x, *controls]])
    groups = pd.factorize(rows[entity])[0]
    expected = sm.OLS(rows[y], design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    panel = rows.set_index([entity, time])
    other = PooledOLS(panel[y], sm.add_constant(panel[[x, *controls]])).fit(
        cov_type="clustered", cluster_entity=True
    )
    fit = ask(written, name, "pooled")
    assert fit["estimate"] == pytest.approx(expected.params[x], rel=1e-9)
    assert fit["standard_error"] == pytest.approx(expected.bse[x], rel=1e-9)
    assert fit["p_value"] == pytest.approx(expected.pvalues[x], rel=1e-6)
    assert [fit["conf_low"], fit["conf_high"]] == pytest.approx(list(expected.conf_int().loc[x]), rel=1e-8)
    assert fit["standard_error_by_rule"][LINEARMODELS] == pytest.approx(other.std_errors[x], rel=1e-8)


@pytest.mark.parametrize("name", DATA)
def test_first_differences_equal_linearmodels_with_and_without_years(written, name):
    y, x, controls, entity, time = DATA[name]
    panel = used_rows(name).set_index([entity, time])
    years = pd.get_dummies(panel.index.get_level_values(time), drop_first=True, dtype=float)
    years = years.set_axis(panel.index).add_prefix("year")
    columns = panel[[x, *controls]]
    clustered = {"cov_type": "clustered", "cluster_entity": True}
    with_years = FirstDifferenceOLS(panel[y], columns.join(years)).fit(**clustered)
    plain = FirstDifferenceOLS(panel[y], columns).fit(**clustered, group_debias=True)
    fit = ask(written, name, "first-differences")
    other = fit["other_definitions"]["no year effects, no constant (linearmodels FirstDifferenceOLS)"]
    assert fit["estimate"] == pytest.approx(with_years.params[x], rel=1e-8)
    assert fit["standard_error_by_rule"][LINEARMODELS] == pytest.approx(with_years.std_errors[x], rel=1e-8)
    assert other["estimate"] == pytest.approx(plain.params[x], rel=1e-8)
    assert other["standard_error"] == pytest.approx(plain.std_errors[x], rel=1e-8)
    assert "consecutive years" in fit["specification"]["description"]


def weighted_rows() -> pd.DataFrame:
    """The wage panel as it is used, with analytic weights between a half and three."""
    rows = used_rows("wages").reset_index(drop=True)
    return rows.assign(precision=np.random.default_rng(11).uniform(0.5, 3.0, len(rows)).round(4))


@pytest.fixture(scope="module")
def weighted(tmp_path_factory):
    rows = weighted_rows()
    path = tmp_path_factory.mktemp("weighted") / "wages.csv"
    rows.to_csv(path, index=False)

    def ask(estimator: str) -> dict:
        y, x, controls, entity, time = DATA["wages"]
        return fit_csv(path, y, x, controls, entity, time, estimator=estimator, weights="precision")

    return rows, ask


def test_weighted_pooled_is_weighted_least_squares_of_statsmodels_for_every_coefficient(weighted):
    rows, ask = weighted
    design = sm.add_constant(rows[["hours", "union", "married"]])
    groups = pd.factorize(rows["nr"])[0]
    expected = sm.WLS(rows["lwage"], design, weights=rows["precision"]).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    fit = ask("pooled")
    for name, coefficient in {"hours": fit, **fit["controls"]}.items():
        assert coefficient["estimate"] == pytest.approx(expected.params[name], rel=1e-7)
        assert coefficient["standard_error"] == pytest.approx(expected.bse[name], rel=1e-7)
        assert coefficient["p_value"] == pytest.approx(expected.pvalues[name], rel=1e-5)
        assert [coefficient["conf_low"], coefficient["conf_high"]] == pytest.approx(
            list(expected.conf_int().loc[name]), rel=1e-6
        )
    assert fit["specification"]["weights"] == "precision"
    assert "weighted by precision" in fit["specification"]["description"]


def test_weighted_two_way_is_that_of_linearmodels_under_its_rules(weighted):
    rows, ask = weighted
    panel = rows.set_index(["nr", "year"])
    columns = ["hours", "union", "married"]
    model = PanelOLS(
        panel["lwage"], panel[columns], entity_effects=True, time_effects=True, weights=panel["precision"]
    )
    default = model.fit(cov_type="clustered", cluster_entity=True)
    fit = ask("two-way")
    for name, coefficient in {"hours": fit, **fit["controls"]}.items():
        assert coefficient["estimate"] == pytest.approx(default.params[name], rel=1e-7)
        assert coefficient["standard_error_by_rule"][LINEARMODELS] == pytest.approx(
            default.std_errors[name], rel=1e-7
        )
    assert fit["estimate"] != pytest.approx(fit_unweighted(rows)["estimate"], rel=1e-3)


def fit_unweighted(rows: pd.DataFrame) -> dict:
    return fit_frame(rows, Specification("lwage", "hours", ("union", "married"), entity="nr", cluster="nr"))


def test_weighted_differences_are_those_of_linearmodels_with_and_without_years(weighted):
    rows, ask = weighted
    panel = rows.set_index(["nr", "year"])
    columns, clustered = (
        panel[["hours", "union", "married"]],
        {"cov_type": "clustered", "cluster_entity": True},
    )
    years = pd.get_dummies(panel.index.get_level_values("year"), drop_first=True, dtype=float)
    years = years.set_axis(panel.index).add_prefix("year")
    given = {"weights": panel["precision"]}
    with_years = FirstDifferenceOLS(panel["lwage"], columns.join(years), **given).fit(**clustered)
    plain = FirstDifferenceOLS(panel["lwage"], columns, **given).fit(**clustered, group_debias=True)
    fit = ask("first-differences")
    other = fit["other_definitions"]["no year effects, no constant (linearmodels FirstDifferenceOLS)"]
    assert fit["estimate"] == pytest.approx(with_years.params["hours"], rel=1e-7)
    assert fit["standard_error_by_rule"][LINEARMODELS] == pytest.approx(
        with_years.std_errors["hours"], rel=1e-7
    )
    assert other["estimate"] == pytest.approx(plain.params["hours"], rel=1e-7)
    assert other["standard_error"] == pytest.approx(plain.std_errors["hours"], rel=1e-7)


@pytest.mark.parametrize("estimator", ["two-way", "pooled", "first-differences"])
def test_a_controls_coefficient_is_what_it_would_be_as_the_exposure(written, estimator):
    y, x, controls, entity, time = DATA["wages"]
    fit = fit_csv(written / "wages.csv", y, x, controls, entity, time, estimator=estimator)
    assert list(fit["controls"]) == list(controls)
    for name in controls:
        others = tuple(other for other in (x, *controls) if other != name)
        turned = fit_csv(written / "wages.csv", y, name, others, entity, time, estimator=estimator)
        coefficient = fit["controls"][name]
        assert set(coefficient) == {"estimate", "standard_error", "t_statistic", "p_value", "conf_low", "conf_high",
                            "standard_error_by_rule"}  # fmt: skip
        for key in set(coefficient) - {"standard_error_by_rule"}:
            assert coefficient[key] == pytest.approx(turned[key], rel=1e-7)
        assert coefficient["standard_error_by_rule"] == pytest.approx(
            turned["standard_error_by_rule"], rel=1e-7
        )


def small() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "place": np.repeat([f"Bath & “Wells” {i}" for i in range(8)], 5),
            "year": np.tile(range(2017, 2022), 8),
        }
    )
    return frame.assign(**{name: generator.normal(size=40).round(6) for name in ("y", "x", "z")})


ASKED = {"outcome": "y", "exposure": "x", "entity": "place", "time": "year"}


def fit_of(frame: pd.DataFrame, folder, **changes) -> dict:
    frame.to_csv(folder / "panel.csv", index=False)
    return fit_csv(folder / "panel.csv", **{**ASKED, **changes})


def numbers(fit: dict) -> tuple:
    return tuple(value for value in fit.values() if isinstance(value, float | int))


def test_one_row_of_an_entity_is_dropped_and_counted_for_every_estimator(tmp_path):
    frame = small()
    frame.loc[frame.index[:4], "x"] = np.nan
    for estimator in ("two-way", "pooled", "first-differences"):
        fit = fit_of(frame, tmp_path, estimator=estimator)
        expected = fit_of(frame.iloc[5:], tmp_path, estimator=estimator)
        assert fit["estimate"] == expected["estimate"]
        assert (fit["n_dropped_incomplete"], fit["n_dropped_singletons"]) == (4, 1)


def test_names_and_forms_of_values_do_not_matter(tmp_path):
    expected = numbers(fit_of(small(), tmp_path, controls=("z",)))
    odd = {
        "y": 'rate, "raw" %',
        "x": "turn over",
        "z": "1 ~ C(x)",
        "place": "local authority",
        "year": "année",
    }
    renamed = small().rename(columns=odd)
    renamed["année"] = renamed["année"].astype(float)
    renamed["turn over"] = renamed["turn over"].map(lambda v: f" {v:+.6e} ")
    renamed.to_csv(tmp_path / "odd.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    asked = dict(zip(("outcome", "exposure", "entity", "time"), (odd[n] for n in ("y", "x", "place", "year")),
                     strict=True))  # fmt: skip
    assert numbers(fit_csv(tmp_path / "odd.csv", **asked, controls=("1 ~ C(x)",))) == expected
    renamed.to_csv(tmp_path / "odd.csv", index=False, encoding="utf-16")
    assert numbers(fit_csv(tmp_path / "odd.csv", **asked, controls=["1 ~ C(x)"])) == expected


def test_thousands_of_rows_shuffled_with_years_as_text(tmp_path):
    generator = np.random.default_rng(2)
    frame = pd.DataFrame({"place": np.repeat(np.arange(2000), 4), "year": np.tile(range(4), 2000)})
    frame["x"] = generator.normal(size=8000)
    frame["y"] = frame["x"] * 0.5 + generator.normal(size=8000)
    expected = fit_of(frame, tmp_path)
    shuffled = frame.sample(frac=1, random_state=0).assign(
        year=lambda f: f["year"].map(lambda t: f"wave {t}")
    )
    fit = fit_of(shuffled, tmp_path)
    assert fit["estimate"] == pytest.approx(expected["estimate"], rel=1e-12)
    assert abs(fit["estimate"] - 0.5) < 4 * fit["standard_error"]


@pytest.mark.parametrize("estimator", ["two-way", "pooled", "first-differences"])
@pytest.mark.parametrize("offset", [1e4, 1e6, 1e12])
def test_a_variable_far_from_zero_has_the_slope_that_it_has_near_zero(tmp_path, offset, estimator):
    """Steps of 1/64 are held exactly up to 1e13, so that the values less the offset are the same to the bit."""
    frame = small().assign(**{name: lambda f, n=name: (f[n] * 64).round() / 64 for name in ("x", "y", "z")})
    near = fit_of(frame, tmp_path, controls=("z",), estimator=estimator)
    far = {name: frame[name] + offset for name in ("x", "y", "z")}
    away = frame.assign(**{name: column.map("{:.6f}".format) for name, column in far.items()})
    fit = fit_of(away, tmp_path, controls=("z",), estimator=estimator)
    for name in ("estimate", "standard_error", "p_value", "conf_low", "conf_high"):
        assert fit[name] == pytest.approx(near[name], rel=1e-9), name
    assert fit["controls"]["z"]["estimate"] == pytest.approx(near["controls"]["z"]["estimate"], rel=1e-9)


def test_cluster_of_ones_own(tmp_path):
    frame = small().assign(region=lambda f: f["place"].str[-1].astype(int) // 2)
    fit = fit_of(frame, tmp_path, cluster="region")
    assert (fit["n_clusters"], fit["n_entities"]) == (4, 8)
    assert "clustered by region" in fit["small_sample_rule"]


REFUSED = {
    "missing column": (lambda f: f, {"exposure": "WWWW"}, RequestError, "no column 'WWWW'; its columns: place, ye"),
    "near column": (lambda f: f.rename(columns={"y": "outcomes"}), {"outcome": "outcome"}, RequestError,
                    "no column 'outcome'; did you mean 'outcomes'"),
    "text outcome": (lambda f: f.assign(y=["c", *f["y"][1:]]), {}, DataError, "line 2, y: 'c' is not a number"),
    "thousands": (lambda f: f.assign(x=["1,200", *f["x"][1:]]), {}, DataError, "line 2, x: '1,200' is not a num"),
    "underscore": (lambda f: f.assign(x=["1_200", *f["x"][1:]]), {}, DataError, "x: '1_200' is not a number"),
    "infinite": (lambda f: f.assign(x=[np.inf, *f["x"][1:]]), {}, DataError, "x: infinite in 1 rows"),
    "one far value": (lambda f: f.assign(x=[1e308, *f["x"][1:]]), {}, DataError, "x: beyond 1e+150 in 1 rows"),
    "far values": (lambda f: f.assign(y=f["y"] * 1e307), {}, DataError, "y: beyond 1e+150 in 40 rows, such as"),
    "tiny values": (lambda f: f.assign(x=f["x"] * 1e-200), {}, DataError, "x: no value beyond 1e-150 in size"),
    "last digits": (lambda f: f.assign(x=0.3 + (f.index % 2) * 5e-17), {}, DataError, "more than rounding"),
    "far and no within": (lambda f: f.assign(x=1e12 + f["place"].str[-1].astype(int)), {}, DataError,
                          "x: no variation left once"),
    "two entities": (lambda f: f[f["place"].isin(f["place"].unique()[:2])], {}, DataError,
                     "errors clustered by place come to nothing"),
    "two entities' differences": (lambda f: f[f["place"].isin(f["place"].unique()[:2])],
                                  {"estimator": "first-differences"}, DataError, "come to nothing"),
    "weight of zero": (lambda f: f.assign(w=[0.0, *[1.0] * 39]), {"weights": "w"}, DataError,
                       "weights w: zero or negative in 1 of 40 complete rows"),
    "negative weight": (lambda f: f.assign(w=[-1.0, *[1.0] * 39]), {"weights": "w"}, DataError, "zero or negative in 1"),
    "no weight": (lambda f: f.assign(w=[np.nan, *[1.0] * 39]), {"weights": "w"}, DataError, "weights w: missing in 1 of"),
    "infinite weight": (lambda f: f.assign(w=[np.inf, *[1.0] * 39]), {"weights": "w"}, DataError, "w: infinite in 1"),
    "weights in words": (lambda f: f.assign(w="heavy"), {"weights": "w"}, DataError, "line 2, w: 'heavy' is not a number"),
    "other weights": (lambda f: f.assign(weight=1.0), {"weights": "weights"}, RequestError, "did you mean 'weight'"),
    "other digits": (lambda f: f.assign(x=["\u0661", *f["x"][1:]]), {}, DataError, "line 2, x: '\u0661' is not a number"),
    "twice": (lambda f: pd.concat([f, f.iloc[[7]]]), {}, DataError, "place and year name more than one row, such as"),
    "one cluster": (lambda f: f.assign(same=1), {"cluster": "same"}, DataError, "same: 1 cluster in the 40 rows"),
    "no within": (lambda f: f.assign(x=f["place"].str[-1].astype(int)), {}, DataError, "x: no variation left once"),
    "constant outcome": (lambda f: f.assign(y=3), {}, DataError, "y: the same value in all 40 rows"),
    "collinear": (lambda f: f.assign(z=2 * f["x"]), {"controls": ("z",)}, RequestError, "control z: collinear with x"),
    "all missing": (lambda f: f.assign(x=np.nan), {}, DataError, "no row has all of y, x; 40 rows given"),
    "one row each": (lambda f: f[f["year"] == 2017], {}, DataError, "no place has two rows"),
    "estimator": (lambda f: f, {"estimator": "twoway"}, RequestError, "unknown estimator 'twoway'; did you mean"),
    "same keys": (lambda f: f, {"time": "place"}, RequestError, "entity and time are the same column 'place'"),
    "control again": (lambda f: f, {"controls": ("x",)}, RequestError, "control 'x' is the exposure already"),
    "header only": (lambda f: f.iloc[:0], {}, DataError, "no rows below the header"),
    "named twice": (lambda f: f.set_axis(["place", "year", "y", "x", "x"], axis=1), {}, DataError,
                    "2 columns are named 'x'"),
    "text years": (lambda f: f.assign(year=f["year"].map("in {}".format)), {"estimator": "first-differences"},
                   DataError, "year: not years"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("error")
def test_refused_in_one_line(tmp_path, name):
    change, arguments, error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        fit_of(change(small()), tmp_path, **arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


FILES = {
    "empty": (b"", "empty"),
    "blank lines": (b"\n\n", "empty"),
    "cut in a row": (b"place,year,y,x\na,2017,1,2\na,2018,1", "line 3 has 3 fields where the header has 4"),
    "cut in the last number": (b"place,year,y,x\na,2017,1,2\na,2018,1.5,2", "line 3, the last, isn't ended"),
    "cut in the last number, old line ends": (
        b"place,year,y,x\r\na,2017,1,2",
        "line 2, the last, isn't ended",
    ),
    "cut in a quotation": (b'place,year,y,x\n"a,2017,1,2\n', "is the file cut short?"),
    "latin-1": (b"place,year,y,x\nF\xe9,2017,1,2\n", "line 2 is not UTF-8; save the file as UTF-8"),
    "cut utf-16": ("place,year\na".encode("utf-16")[:-1], "is not UTF-16"),
    "zeros": (b"place,year,y,x\na,2017,\0,2\n", "line 2 has a NUL"),
    "semicolons": (b"place;year;y;x\na;2017;1;2\n", "separate fields by commas"),
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xd8", "line 1 is not UTF-8"),
}


@pytest.mark.parametrize("name", FILES)
def test_broken_file_is_refused_in_one_line(tmp_path, name):
    content, message = FILES[name]
    (tmp_path / "panel.csv").write_bytes(content)
    with pytest.raises(PlanDriftError) as caught:
        fit_csv(tmp_path / "panel.csv", **ASKED)
    assert message in str(caught.value)
    assert str(tmp_path / "panel.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\n  "])
def test_a_last_line_that_is_ended_is_taken_as_it_stands(tmp_path, end):
    whole = small().to_csv(index=False).rstrip("\n")
    separator = end.strip(" ")[:2] if end.startswith("\r") else "\n"
    (tmp_path / "panel.csv").write_bytes((separator.join(whole.split("\n")) + end).encode())
    assert fit_csv(tmp_path / "panel.csv", **ASKED)["n_observations"] == 40


def test_file_that_is_not_there(tmp_path):
    (tmp_path / "panels.csv").write_text("a\n")
    with pytest.raises(RequestError, match=r"no such file; did you mean 'panels.csv'"):
        fit_csv(tmp_path / "panel.csv", **ASKED)
    with pytest.raises(RequestError, match="a folder, not a CSV"):
        fit_csv(tmp_path, **ASKED)


def test_result_is_one_json_object_with_what_is_promised(tmp_path):
    small().to_csv(tmp_path / "panel.csv", index=False)
    fit = fit_csv(tmp_path / "panel.csv", **ASKED)
    promised = {"estimate", "standard_error", "p_value", "conf_low", "conf_high", "n_observations", "n_entities",
                "n_clusters", "specification", "small_sample_rule"}  # fmt: skip
    assert promised <= set(fit)
    assert fit["specification"]["cluster"] == "place"
    assert "place effects lie within clusters and aren't counted" in fit["small_sample_rule"]


def test_the_command_takes_controls_and_weights(tmp_path):
    small().assign(w=lambda f: 1 + f["z"].abs()).to_csv(tmp_path / "panel.csv", index=False)
    words = ["fit", str(tmp_path / "panel.csv"), "--outcome", "y", "--exposure", "x", "--entity", "place",
             "--time", "year", "--control", "z", "--weights", "w"]  # fmt: skip
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0, told.output
    expected = fit_csv(tmp_path / "panel.csv", **ASKED, controls=("z",), weights="w")
    assert json.loads(told.stdout) == expected
    assert expected != fit_csv(tmp_path / "panel.csv", **ASKED, controls=("z",))
