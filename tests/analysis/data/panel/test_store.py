"""What is built from figures is judged by what it holds, and one bad value stops only what reads it."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest

from analysis.data.cleaning.panel_rows import SampleParameters, build_sample
from analysis.data.definitions.indicators import dictionary
from analysis.data.panel import built, store
from analysis.data.panel.figures import read_figures
from analysis.data.panel.panel import check_years
from analysis.errors import DataError
from analysis.paths import Project, current_project
from analysis.reports.data import study as facts


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project with the figures of this one, its panel built."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.raw.mkdir(parents=True)
    for path in current_project().raw.glob("*.*"):
        shutil.copy(path, project.raw / path.name)
    store.build(project)
    return project


@pytest.fixture
def project(whole):
    """The same, set right afterwards."""
    kept = {path: path.read_bytes() for path in whole.processed.iterdir()}
    yield whole
    for path, content in kept.items():
        path.write_bytes(content)


def test_what_was_built_is_current(project):
    assert built.is_current(project)


@pytest.mark.parametrize(
    "name",
    [
        "panel.parquet", "panel-CC-BY-SA-4.0.parquet", "series.parquet", "coverage.parquet", "withheld.parquet",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "damage", [lambda content: b"", lambda content: b"random" * 9, lambda content: content[:-9]]
)
def test_a_built_file_that_is_empty_other_or_cut_is_not_current(project, name, damage):
    path = project.processed / name
    path.write_bytes(damage(path.read_bytes()))
    assert not built.is_current(project)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"inputs": 1}', "\udcff"])
def test_a_damaged_record_is_not_current_and_heals(project, content):
    (project.processed / "inputs.json").write_bytes(content.encode(errors="surrogateescape"))
    assert not built.is_current(project)
    assert built.unusable(project) == {}


def test_no_stored_table_holds_figures_of_two_licences(whole):
    panel = pd.read_parquet(whole.processed / "panel.parquet")
    apart = pd.read_parquet(whole.processed / "panel-CC-BY-SA-4.0.parquet")
    assert not [name for name in panel.columns if "labour" in name or "conservative" in name]
    assert list(apart) == [
        "authority_code", "year", "council_seats", "labour_seats", "conservative_seats", "labour_seats_percent",
        "conservative_seats_percent",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(panel[["authority_code", "year"]], apart[["authority_code", "year"]])


def test_what_is_loaded_is_what_was_built(whole, monkeypatch):
    monkeypatch.setattr(store, "current_project", lambda: whole)
    loaded = store.panel_of.__wrapped__("as published").authorities
    pd.testing.assert_frame_equal(loaded, store.compute(whole).authorities)


def test_building_anew_gives_the_same_bytes(project):
    before = {path.name: path.read_bytes() for path in project.processed.iterdir()}
    (project.processed / "panel.parquet").write_bytes(b"")
    (project.processed / "inputs.json").write_text("{")
    store.build(project)
    assert before == {path.name: path.read_bytes() for path in project.processed.iterdir()}


@pytest.fixture
def narrow(monkeypatch):
    """Let the dictionary give England's turnover a range that some authorities' figures leave."""
    entry = dictionary()["turnover_percent"]
    monkeypatch.setitem(dictionary(), "turnover_percent", replace(entry, range=(0, 40)))


def test_a_value_out_of_range_stops_only_what_reads_its_indicator(whole, narrow):
    panel = store.compute(whole)
    told = r"social_work_workforce\.csv: E\d+ 20\d\d turnover_percent: column 'value': [\d.]+ lies outside 0 to 40 %"
    with pytest.raises(DataError, match=told):
        panel.authorities["turnover_percent"]
    with pytest.raises(DataError, match=told):
        panel.authorities[["authority_code", "year", "turnover_percent"]]
    some = panel.authorities[panel.authorities["year"] > 2018].assign(more=1).sort_values("year")
    with pytest.raises(DataError, match=told):
        some["turnover_percent"]
    for earlier in (True, False):
        asked = SampleParameters(
            "repeat_plans_percent", "turnover_percent", include_earlier_definitions=earlier
        )
        with pytest.raises(DataError, match=told):
            build_sample(panel.authorities, asked)
    with pytest.raises(DataError, match=told):
        facts.data_facts(panel)


def test_every_other_indicator_stays_as_it_was(whole, narrow):
    panel, stored = store.compute(whole), pd.read_parquet(whole.processed / "panel.parquet")
    left = [name for name in stored if name not in panel.unusable]
    assert set(panel.unusable) == {"turnover_percent"}
    pd.testing.assert_frame_equal(pd.DataFrame(panel.authorities[left]), stored[left])
    sample = build_sample(panel.authorities, SampleParameters("repeat_plans_percent", "vacancy_percent"))
    assert sample["vacancy_percent"].notna().any()


def test_what_is_computed_from_a_bad_indicator_is_not_to_be_had_either(whole, monkeypatch):
    derived = next(entry for entry in dictionary().values() if entry.is_derived and entry.source is None)
    read = derived.inputs[0]
    monkeypatch.setitem(dictionary(), read, replace(dictionary()[read], range=(0, 1)))
    panel = store.compute(whole)
    with pytest.raises(DataError, match=rf"{derived.id} is computed from {read}: .* lies outside 0 to 1 "):
        panel.authorities[derived.id]
    assert not {derived.id, read} & (set(panel.coverage["indicator"]) | set(panel.series["indicator"]))


def test_figures_are_read_whatever_their_range(whole, narrow):
    assert read_figures(whole.raw, "social_work_workforce")["value"].max() > 40


@pytest.mark.parametrize(
    ("source", "year", "is_told"),
    [
        ("children_in_need", 2026, False),
        ("section_251", 2026, False),
        ("children_in_need", 2009, True),
        ("section_251", 2009, False),
        ("children_in_need", 2025, False),
    ],
)
def test_a_year_that_the_panel_would_drop_is_told(source, year, is_told):
    figures = pd.DataFrame({"source": [source], "year": [year]})
    if not is_told:
        check_years(figures)
        return
    with pytest.raises(
        DataError,
        match=rf"{source}\.csv: figures of {year}, .* FIRST_YEAR in src/analysis/data/definitions/reach",
    ):
        check_years(figures)
