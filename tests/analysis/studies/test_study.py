"""A study's file becomes a list of runs, or one line that says what is wrong with it."""

import json

import pytest

from analysis.errors import RequestError
from analysis.paths import HOME_VARIABLE
from analysis.studies.study import load_study, variant_name


def study(tmp_path, text):
    path = tmp_path / "main.yml"
    path.write_text(text)
    return load_study(path)


def test_grids_are_expanded_named_and_thinned(tmp_path):
    planned = study(
        tmp_path,
        """
title: T
runs:
  - data
  - notebook: model
    parameters: {fixed: 1}
    grid: {outcome: [a, b], years: [[2017, 2019], [2018, 2020]]}
    skip: {outcome: b, years: [2018, 2020]}
    after: data
  - notebook: model
    grid: [{outcome: c}]
    name: "only {outcome}"
""",
    )
    assert [run.name for run in planned.runs] == [
        "data", "model/a-2017-2019", "model/a-2018-2020", "model/b-2017-2019", "model/only-c",
    ]  # fmt: skip
    assert planned.runs[1].parameters == {"fixed": 1, "outcome": "a", "years": [2017, 2019]}
    assert planned.runs[1].after == ("data",)


def test_what_a_studys_data_are_of_follows_the_figures_in_place(tmp_path, monkeypatch):
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    entry = {"name": "children_in_need", "bytes": 1, "hash": f"sha256:{'0' * 64}",
             "years": {"repeat_plans_percent": [2013, 2031], "turnover_percent": [2015, 2032]}}  # fmt: skip
    (raw / "datapackage.json").write_text(json.dumps({"resources": [entry]}))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    planned = study(tmp_path, "data_date: 'figures to March {last_march}, reports to May'\nruns: [data]\n")
    assert planned.data_date == "figures to March 2031, reports to May"
    both = study(tmp_path, "data_date: '{last_september} and {last_march}'\nruns: [data]\n")
    assert both.data_date == "2032 and 2031", "a census of September is not of the year to March"
    assert study(tmp_path, "data_date: of 2024\nruns: [data]\n").data_date == "of 2024"


def test_after_a_notebook_means_after_all_its_runs(tmp_path):
    planned = study(tmp_path, "runs: [{notebook: a, grid: {x: [1, 2]}}, {notebook: b, after: a}]")
    assert planned.runs[-1].after == ("a/1", "a/2")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("runs: [{notebok: a}]", "main.yml: run 1: unknown key 'notebok'; did you mean 'notebook'"),
        ("runs: []", "runs: \\[\\] is not a list of one notebook at least"),
        ("runs: [a, a]", "two runs are called 'a'"),
        ("runs: [{notebook: a, after: bb}, bbb]", "unknown notebook 'bb'; did you mean 'bbb'"),
        ("runs: [{notebook: a, after: b}, {notebook: b, after: a}]", "wait for each other"),
        ("runs: [{notebook: a, grid: {x: 1}}]", "'x' must list its values"),
        ("runs: [{notebook: a, name: '{y}', parameters: {x: 1}}]", "unknown parameter 'y'"),
        ("runs: [", "line 1: while parsing"),
        ("title: a\ntitle: b\nruns: [a]", "line 2: 'title' stands twice"),
        ("seed: one\nruns: [a]", "seed: 'one' is not a whole number"),
        ("seed: -1\nruns: [a]", "seed: -1 lies outside 0 to 4294967295"),
        ("runs: [a, A]", "two runs are called 'A'"),
        (
            "runs: [{notebook: a, name: '{k[0]}', parameters: {k: [1]}}]",
            "write a parameter as {name}, no more",
        ),
        ("runs: [{notebook: a, name: '{k:>9999999999}', parameters: {k: 1}}]", "write a parameter as {name}"),
        (
            "runs: [{notebook: a, grid: {" + ", ".join(f"p{i}: [1, 2, 3, 4]" for i in range(9)) + "}}]",
            "grid: makes 262,144 runs, 10,000 at most",
        ),
        ("- a", "is not a mapping with runs"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, told):
    with pytest.raises(RequestError, match=told) as refused:
        study(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_minus_sign_stays_in_a_name_and_a_long_name_is_cut_to_one_of_its_own(tmp_path):
    planned = study(tmp_path, "runs: [{notebook: m, grid: {lag: [1, -1]}, name: 'lag {lag}'}]")
    assert [run.name for run in planned.runs] == ["m/lag-1", "m/lag-minus1"]
    long = [["x" * 60, "y" * 60, letter] for letter in "ab"]
    planned = study(tmp_path, f"runs: [{{notebook: m, grid: {{names: {long}}}}}]")
    names = [run.name for run in planned.runs]
    assert len(set(names)) == 2 and all(len(name) <= 102 for name in names)


def test_missing_study_names_the_nearest(tmp_path):
    (tmp_path / "main.yml").write_text("runs: [a]")
    with pytest.raises(RequestError, match="did you mean 'main'"):
        load_study(tmp_path / "mian.yml")


def test_a_run_of_ones_own_is_named_by_what_it_changes():
    changed = {"names": ["low", "high"], "level": "low", "lag": -1}
    assert variant_name("grid/low", changed) == "runs/grid/low-lag-minus1-level-low-names-low+high"
    assert variant_name("grid", {"names": ["low-high"]}) != variant_name("grid", {"names": ["low", "high"]})


def test_two_sets_of_parameters_never_share_the_name_of_a_run():
    """Texts alike but for what a file's name can't hold, and names too long to differ where they are cut."""
    texts = ["Hull (city)", "Hull, city", "hull city", "Hull city"]
    names = [variant_name("one", {"place": text}, ["place"]) for text in texts]
    long = [variant_name("one", {"names": ["x" * 60, "y" * 60, letter]}) for letter in "ab"]
    assert len({name.casefold() for name in [*names, *long]}) == 6
    assert all(len(name.rpartition("/")[2]) <= 100 for name in long)
    assert variant_name("one", {"place": "hull"}, ["place"]) == "runs/one-place-hull"
