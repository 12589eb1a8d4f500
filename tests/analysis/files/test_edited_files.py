"""Files that people edit: whatever is wrong in one is told in one line with file, entry, key and the nearest right name."""

from pathlib import Path

import pytest

from analysis.data.cleaning import tables
from analysis.data.definitions import authorities, indicators
from analysis.data.official import areas, layouts, publications, section_251
from analysis.errors import DataError, PlanDriftError
from analysis.estimators.resampling import profiles
from analysis.files.csv_files import read_table
from analysis.inspections.coder import lexicon


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Read a file of the package as it would be with one text in it replaced; caches are as before afterwards."""
    cleared = []

    def read(module, path, old, new, reader, *caches):
        text = (Path(module.__file__).parent / path).read_bytes()
        assert old.encode() in text, "the text to damage isn't in the file"
        target = tmp_path / path
        target.write_bytes(text.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1))
        holder = getattr(module, "resources", module)
        monkeypatch.setattr(holder, "files", lambda package: tmp_path)
        cleared.extend(caches)
        for cache in caches:
            cache.cache_clear()
        with pytest.raises(PlanDriftError) as refused:
            reader()
        assert "\n" not in str(refused.value)
        return str(refused.value)

    yield read
    monkeypatch.undo()
    for cache in cleared:
        cache.cache_clear()


TURNOVER = "      turnover_percent:\n        label: Social worker turnover"
INDICATORS = {
    "a key with a typing error": ("label: Social worker turnover", "lable: Social worker turnover",
                                  "turnover_percent: unknown key 'lable'; did you mean 'label'?"),
    "a year as text": ("first_year: 2015", 'first_year: "2015"', "first_year: '2015' is not a whole number"),
    "a last year": ("first_year: 2015", "first_year: 2015\n      last_year: 2025", "unknown key 'last_year'"),
    "a range back to front": ("range: [0, 100]", "range: [100, 0]", "range: [100, 0] is not two numbers in order"),
    "a topic that is none": ("topic: workforce\n", "topic: workforse\n", "topic: unknown 'workforse'; did you mean 'w"),
    "a number as text": ("comparable_from: 2017", 'comparable_from: "2017"', "comparable_from: '2017' is not a whole"),
    "an empty entry": (TURNOVER, "      empty:\n" + TURNOVER, "indicators.yml: empty: None is not a mapping"),
    "a formula of an unknown indicator": ("numerator: starters_fte", "numerator: starter_fte",
                                          "formula names 'starter_fte', which is not defined; did you mean 'starters"),
    "an unknown operation": ("{operation: ratio", "{operation: ration", "formula: operation: unknown 'ration'; did"),
    "groups that are none": ("groups:\n", "groups: text\nother:\n", "unknown key 'other'"),
    "no YAML": ("units:\n", "units: [\n", "indicators.yml, line "),
    "not UTF-8": ("# The dictionary", b"\xff", "indicators.yml: not UTF-8 (byte 0)"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), INDICATORS.values(), ids=INDICATORS)
def test_indicators(edited, old, new, told):
    caches = indicators._document, indicators._defined, indicators._reaching
    said = edited(indicators, "indicators.yml", old, new, indicators.dictionary, *caches)
    assert told in said and said.startswith("indicators.yml")


PUBLICATIONS = {
    "a key with a typing error": ("  save_as: ", "  saev_as: ", "unknown key 'saev_as'; did you mean 'save_as'?"),
    "a release": ("  save_as: cpi", "  release: cpi", "prices: unknown key 'release'"),
    "a key that is gone": ('  publisher: Ofsted\n', "", "inspection_reports: lacks 'publisher'"),
    "files that are no list": ("files: [la_cla_", "files: la_cla #", "files: 'la_cla' is not a list of texts"),
    "an address that is none": ("page: https://reports", "page: reports", "'reports.ofsted.gov.uk' is no web address"),
    "a name with a folder": ("save_as: cpi", "save_as: ../cpi", "'../cpi_annual_rate.csv' is no name of a file"),
    "a number as title": ('title: "Statistical neighbours"', "title: 2025", "neighbours: title: 2025 is not text"),
    "vintages of what isn't there": ("vintages_of: inter", "vintages_of: intre", "vintages_of: unknown 'intreactive_tool'"),
    "true as text": ("apart: true", 'apart: "true"', "apart: 'true' is not true or false"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), PUBLICATIONS.values(), ids=PUBLICATIONS)
def test_publications(edited, old, new, told):
    read = publications.publications
    said = edited(publications, "publications.yml", old, new, read, read)
    assert told in said and said.startswith("publications.yml: ")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("backend: loky", "backend: lokey", "processes: backend: unknown 'lokey'; did you mean 'loky'?"),
        ("jobs: 1", "jobs: one", "local: jobs: 'one' is not a whole number"),
        ("jobs: 1", "jobs: 0", "local: jobs: 0 is no number of jobs"),
        ("jobs: 1", "job: 1", "local: unknown key 'job'; did you mean 'jobs'?"),
        ("  backend: dask\n", "", "dask: lacks 'backend'"),
        ("local:\n", "local: 3\nother:\n", "local: 3 is not a mapping"),
    ],
)
def test_profiles(edited, old, new, told):
    said = edited(profiles, "profiles.yml", old, new, profiles.profile_names, profiles._table)
    assert told in said and said.startswith("profiles.yml: ")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "constructs:\n  turnover:",
            "constructs:\n  turnovers:",
            "unknown 'turnovers'; did you mean 'turnover'?",
        ),
        ("    sure:\n", "    shure:\n", "turnover: unknown key 'shure'; did you mean 'sure'?"),
        (
            r"(?:turnover|churn)\b",
            r"(?:turnover|churn\b",
            "turnover: sure: turnover: no regular expression that can",
        ),
        ("{worker}", "{wroker}", "no list 'wroker' under 'lists'; did you mean 'worker'?"),
        ("  turnover:\n    sure:", "  turnover: 3\n  x:\n    sure:", "turnover: 3 is not a mapping"),
        ("lists:\n", "list:\n", "unknown key 'list'; did you mean 'lists'?"),
    ],
)
def test_lexicon(edited, old, new, told):
    read = lexicon.lexicon
    said = edited(lexicon, "lexicon.yml", old, new, read, read)
    assert told in said and said.startswith("lexicon.yml")


ROW = "E08000019,E08000039,whole"
TABLES = {
    "authorities: a code that is none": (
        authorities, "authorities.csv", "E06000001,805", "E0600001,805", authorities.rows,
        "row 2: column 'authority_code': 'E0600001' is no ONS code"),
    "authorities: a number that is none": (
        authorities, "authorities.csv", "E06000001,805", "E06000001,8O5", authorities.rows,
        "row 2: column 'la_number': '8O5' is no whole number"),
    "authorities: a code that stands twice": (
        authorities, "authorities.csv", "E06000002", "E06000001", authorities.rows,
        "row 3: authority_code 'E06000001' stands in row 2 too"),
    "authorities: not UTF-8": (
        authorities, "authorities.csv", "Hartlepool", b"Hartlep\xf6\xf6l", authorities.rows, "not UTF-8 (byte "),
    "changes: a code of no authority": (
        tables, "authority_changes.csv", ROW, "E08000019,E08000093,whole", tables._authority_changes,
        "column 'successor_code': 'E08000093' is no authority; did you mean 'E0800003"),
    "changes: a word that is none": (
        tables, "authority_changes.csv", ROW, "E08000019,E08000039,hole", tables._authority_changes,
        "column 'share': unknown 'hole'; did you mean 'whole'?"),
    "joint returns: a heading with a typing error": (
        tables, "joint_returns.csv", "member_codes", "member_code", tables._joint_returns,
        "has no column 'member_codes'; did you mean 'member_code'?"),
    "joint returns: a year as a word": (
        tables, "joint_returns.csv", ",2017,", ",twenty,", tables._joint_returns,
        "row 2: column 'first_year': 'twenty' is no whole number"),
    "joint returns: an unknown publication": (
        tables, "joint_returns.csv", "social_work_workforce,E09000021+", "workforce,E09000021+",
        tables._joint_returns, "column 'source': unknown 'workforce'"),
    "corrections: an unknown indicator": (
        tables, "corrections.csv", "immunisations_percent", "immunisation_percent", tables._corrections,
        "column 'indicator': unknown 'immunisation_percent'; did you mean 'immunisations_percent'?"),
    "corrections: a value that is no number": (
        tables, "corrections.csv", "immunisations_percent,0,", "immunisations_percent,O,", tables._corrections,
        "row 2: column 'published_value': 'O' is no number"),
    "very small authorities: no reason": (
        tables, "very_small_authorities.csv", "E09000001,", "E09000001,,", tables._very_small_authorities,
        "row 3: 4 cells, 3 expected"),
    "markers: a row that stands twice": (
        tables, "markers.csv", "k,a positive", "low,a positive", tables._markers,
        "marker 'low', publication '' stands in row 6 too"),
    "columns: a column that stands twice": (
        layouts, "columns.csv", "source,file,", "source,source,", layouts._columns, "has no column 'file'"),
    "columns: an unknown indicator": (
        layouts, "columns.csv", "social_workers_fte", "social_worker_fte", layouts._columns,
        "row 2: column 'indicator': unknown indicator 'social_worker_fte'; did you mean 'social_workers_fte'?"),
    "regions: a column more": (
        areas, "regions.csv", "la_number,authority_code,name", "la_number,authority_code,name,nmae",
        areas._regions, "unknown column 'nmae'; did you mean 'name'?"),
    "lines: no line": (
        section_251, "section_251_lines.csv", "children_services_gbp,46", "children_services_gbp,",
        section_251.lines, "row 2: column 'line' is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("module", "path", "old", "new", "reader", "told"), TABLES.values(), ids=TABLES)
def test_tables(edited, module, path, old, new, reader, told):
    said = edited(module, path, old, new, reader, reader)
    assert told in said and said.startswith(Path(path).name)


def test_an_empty_table_and_one_that_is_gone_are_told(tmp_path):
    (tmp_path / "made.csv").write_text("a,b\n")
    with pytest.raises(DataError, match=r"made\.csv: has a heading and no rows"):
        read_table(tmp_path / "made.csv", ("a", "b"))
    with pytest.raises(DataError, match=r"gone\.csv: can't be read \(No such file"):
        read_table(tmp_path / "gone.csv", ("a", "b"))
    (tmp_path / "made.csv").write_text("a,a\n1,2\n")
    with pytest.raises(DataError, match="column 'a' stands twice; keep one"):
        read_table(tmp_path / "made.csv", ("a",))
