"""What a reader takes away by command: the panel with its dictionary, and how to cite."""

import pandas as pd
import pytest

from tests.making.command import called, copy_of_what_a_user_has


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_what_a_user_has(tmp_path_factory.mktemp("taking"))


def test_the_panel_is_written_as_csv_with_a_dictionary_of_its_columns(home):
    done = called("panel", "--to", str(home / "out.csv"), home=home)
    assert done.returncode == 0, done.stderr
    panel, words = pd.read_csv(home / "out.csv"), pd.read_csv(home / "out-dictionary.csv")
    built = pd.read_parquet(home / "data/processed/panel.parquet")
    pd.testing.assert_series_equal(panel["turnover_percent"], built["turnover_percent"], check_exact=True)
    assert len(panel) == len(built)
    row = words.set_index("column").loc["turnover_percent"]
    assert (row["unit"], row["better"], row["source"]) == ("%", "low", "Children's social work workforce")
    apart = pd.read_csv(home / "out-CC-BY-SA-4.0.csv")
    assert set(words["column"]) <= {*panel.columns, *apart.columns}
    shared_alike = words.loc[words["licence"] == "CC-BY-SA-4.0", "column"]
    assert list(apart) == ["authority_code", "year", *shared_alike] and not set(shared_alike) & set(panel)
    assert len(apart) == len(panel) and apart["council_seats"].notna().sum() > 1400


def test_the_panel_is_written_as_a_workbook_of_two_sheets(home):
    done = called("panel", "--to", str(home / "out.xlsx"), home=home)
    assert done.returncode == 0, done.stderr
    sheets = pd.read_excel(home / "out.xlsx", sheet_name=None, engine="calamine")
    built = pd.read_parquet(home / "data/processed/panel.parquet")
    assert list(sheets) == ["panel", "dictionary"]
    pd.testing.assert_series_equal(
        sheets["panel"]["turnover_percent"], built["turnover_percent"], check_exact=False, rtol=1e-14
    )
    apart = pd.read_excel(home / "out-CC-BY-SA-4.0.xlsx", engine="calamine")
    assert set(sheets["dictionary"]["column"]) <= {*sheets["panel"].columns, *apart.columns}


@pytest.mark.parametrize(
    "target, told",
    [("out.ods", "out.ods: the panel is written as CSV"), ("none/out.csv", "none: is no folder")],
)
def test_a_target_that_cannot_be_is_refused_in_a_line(home, target, told):
    done = called("panel", "--to", target, home=home)
    assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_package_is_cited_with_the_studys_year_and_as_bibtex(home):
    cited = called("cite", home=home).stdout
    assert cited.startswith("The plan-drift authors (20") and "drift in children's plans, version " in cited
    entry = called("cite", "--bibtex", home=home).stdout
    assert entry.startswith(
        "@software{plan-drift,\n  author = {{The plan-drift authors}},"
    ) and entry.endswith("}\n")


def test_a_report_that_was_not_made_cannot_be_cited(home):
    done = called("cite", "claims", home=home)
    assert done.returncode == 2 and "unknown report 'claims'" in done.stderr
