"""The register of claims: refused where it can't hold together, judged by recorded findings, traced to figures."""

import json
import re

import pytest
import yaml
from test_cli import ROOT, copy_of_what_a_user_has, run

from analysis.claims import register as registers
from analysis.claims.judging import judge
from analysis.claims.register import check_runs, read_register, register
from analysis.errors import RequestError
from analysis.publishing.study import load_study

pytestmark = pytest.mark.xdist_group("claims")  # the study is run once, by one worker

LITERATURE = {"smith-2020": {"reference": "Smith (2020)", "design": "panel", "finding": "None."}}
RULE = {
    "false_discovery_rate": 0.05,
    "share_agreeing": 0.75,
    "smallest": {"standard deviations": 0.1, "odds ratio": 1.2},
}


def claim(**changes):
    entry = {
        "claim": "More of the one, more of the other.",
        "sources": [{"document": "A report", "place": "page 1"}],
        "hypothesis": {
            "exposure": "one",
            "outcome": "other",
            "expected": "more",
            "unit": "sd",
            "population": "panel",
        },
        "tests": [
            {"finding": "pair/a/main", "expected": "positive"},
            {"finding": "pair/b/main", "expected": "positive"},
            {"finding": "pair/c/main", "expected": "negative"},
        ],
        "would_change": "Better figures.",
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not None}


@pytest.fixture
def written(tmp_path):
    def write(rule=RULE, **claims):
        document = {"rule": rule, "populations": {"panel": "All authorities"}, "claims": claims}
        (tmp_path / "register.yml").write_text(yaml.safe_dump(document, sort_keys=False))
        (tmp_path / "literature.yml").write_text(yaml.safe_dump(LITERATURE))
        return read_register(tmp_path / "register.yml", tmp_path / "literature.yml")

    return write


def result(run_name, estimate, low, high, p_value, name="main"):
    finding = {
        "name": name, "label": "other, on one", "scale": "standard deviations", "estimate": estimate, "conf_low": low,
        "conf_high": high, "p_value": p_value, "n_observations": 900, "n_clusters": 150, "n_specifications": None,
        "share_same_sign": None, "caution": "", "indicators": [],
    }  # fmt: skip
    return {"name": run_name, "notebook": "pair", "parameters": {}, "values": {"findings": [finding]}}


def test_the_package_holds_the_22_claims_in_order():
    assert [one.id for one in register().claims] == [f"C{number:02d}" for number in range(1, 23)]
    assert {one.id for one in register().claims if one.not_testable} == {"C11", "C21"}


def test_every_test_of_the_register_is_of_a_run_that_the_study_has():
    check_runs(register(), [one.name for one in load_study(ROOT / "studies" / "main.yml").runs])


def test_a_test_of_a_run_that_is_not_there_is_named(written):
    asked = written(X01=claim())
    with pytest.raises(RequestError, match="X01: unknown run 'pair/a'; did you mean 'pairs/a'"):
        check_runs(asked, ["pairs/a", "pair/b", "pair/c"])


BAD = {
    "an unknown key": ({"sauces": []}, "unknown key 'sauces'; did you mean 'sources'"),
    "no source": ({"sources": None}, "say in 'sources' where"),
    "a direction that isn't one": (
        {"tests": [{"finding": "a/main", "expected": "postive"}]},
        "did you mean 'positive'",
    ),
    "a test without a run": (
        {"tests": [{"finding": "main", "expected": "nil"}]},
        "must be written run/finding",
    ),
    "the same test twice": (
        {"tests": [{"finding": "a/main", "expected": "nil"}] * 2},
        "test 'a/main' stands twice",
    ),
    "more support than there are tests": ({"needed": 4}, "needed: 4 of 3 tests can't be met by any results"),
    "no support at all": ({"needed": 0}, "needed: 0 of 3"),
    "neither test nor reason": ({"tests": None}, "give it tests, or say in 'not_testable'"),
    "a test and a reason": ({"not_testable": "no figures"}, "not both"),
    "an unknown publication": ({"published": ["smith-2021"]}, "did you mean 'smith-2020'"),
    "no hypothesis": ({"hypothesis": None}, "has tests and no hypothesis"),
    "an unknown population": (
        {"hypothesis": claim()["hypothesis"] | {"population": "panels"}},
        "did you mean 'panel'",
    ),
    "nothing that would change it": ({"would_change": None}, "would_change"),
}


@pytest.mark.parametrize("changes", BAD, ids=str)
def test_a_claim_that_does_not_hold_together_is_refused_by_name(written, changes):
    entry, told = BAD[changes]
    with pytest.raises(RequestError, match=r"register\.yml: X01") as caught:
        written(X01=claim(**entry))
    assert told in str(caught.value)


def test_a_claim_needs_more_than_half_of_its_tests_unless_it_says_otherwise(written):
    asked = written(X01=claim(), X02=claim(needed=1))
    assert [one.needed for one in asked.claims] == [2, 1]


def test_q_values_are_over_all_direct_tests_each_finding_once(written):
    # p 0.01, 0.02, 0.04 of three findings: Benjamini and Hochberg give 0.03, 0.03, 0.04, also where two claims share them.
    asked = written(X01=claim(), X02=claim())
    found = judge(
        asked,
        [
            result("pair/a", 0.3, 0.2, 0.4, 0.01),
            result("pair/b", 0.3, 0.2, 0.4, 0.02),
            result("pair/c", -0.3, -0.4, -0.2, 0.04),
        ],
    )
    assert [test.q_value for test in found[0].tests] == pytest.approx([0.03, 0.03, 0.04])
    assert [one.verdict for one in found] == ["supported", "supported"]
    assert judge(asked, [result("pair/a", 0.3, 0.2, 0.4, 0.01)], ["x02"])[0].claim.id == "X02"


def test_a_test_that_did_not_run_leaves_the_claim_unscored_and_says_which(written):
    asked = written(X01=claim())
    ran = [result("pair/a", 0.3, 0.2, 0.4, 0.01), result("pair/b", 0.3, 0.2, 0.4, 0.01, name="mean")]
    (found,) = judge(asked, ran)
    assert found.verdict == "unscored"
    assert found.tests[1].reason == "'pair/b' recorded no finding 'main'; did you mean 'mean'?"
    assert found.tests[2].reason == "'pair/c' has not been run: plan-drift reports --only pair/c"


def shortened(document):
    """Return a study with every notebook and each grid cut to one pair, that of claim C15 among them."""
    for entry in document["runs"]:
        grid = entry.get("grid")
        if isinstance(grid, list):
            entry["grid"] = [point for point in grid if point["exposure"] == "referrals_per_10k"]
        elif grid:
            entry["grid"] = {name: values[:1] for name, values in grid.items()}
    return document


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project in which every notebook of the main study has run, each grid once."""
    home = copy_of_what_a_user_has(tmp_path_factory.mktemp("claims"))
    document = yaml.safe_load((home / "studies" / "main.yml").read_text())
    (home / "studies" / "short.yml").write_text(yaml.safe_dump(shortened(document), sort_keys=False))
    told = run("reports", "short", home=home)
    assert told.returncode == 0, told.stdout + told.stderr
    return home


def test_every_notebook_of_the_study_makes_its_report(ran):
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    record = json.loads((ran / "reports" / "record.json").read_text())
    assert {entry["notebook"] for entry in record["runs"].values() if "notebook" in entry} == notebooks
    assert not record["failures"]


def test_the_report_on_claims_maps_exhibits_of_every_notebook(ran):
    page = re.sub(r"<wbr ?/?>|\u200b|\xad", "", (ran / "reports" / "claims.html").read_text())
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert re.search(rf">{path.stem}-\d\d<", page), path.stem


def test_the_report_on_claims_made_again_beside_its_last_results_is_the_same(ran):
    report = ran / "reports" / "claims.pdf"
    before = report.read_bytes()
    report.unlink()
    assert run("reports", "short", "--only", "claims", home=ran).returncode == 0
    assert report.read_bytes() == before


def test_the_command_prints_a_verdict_with_its_trail_down_to_the_official_file(ran):
    told = run("claims", "c15", home=ran)
    assert told.returncode == 0, told.stderr
    resource = next(
        one
        for one in json.loads((ROOT / "data" / "raw" / "datapackage.json").read_text())["resources"]
        if one["name"] == "interactive_tool"
    )
    for words in (
        "C15  A high volume of contacts",
        "Verdict: ",
        "recorded by cell robustness-14 of notebooks/robustness.ipynb",
        "data/raw/interactive_tool.csv",
        resource["sources"][0]["file"],
    ):
        assert words in told.stdout, words


def test_the_table_leaves_what_did_not_run_unscored(ran):
    lines = run("claims", home=ran).stdout.splitlines()
    by_id = {line.split()[0]: line for line in lines[:-1]}
    assert len(by_id) == 22
    assert "unscored" in by_id["C07"] and "not testable" in by_id["C11"]
    assert "unscored" not in by_id["C15"]


def test_before_anything_has_run_nothing_has_a_verdict(tmp_path):
    home = copy_of_what_a_user_has(tmp_path)
    claims = json.loads(run("claims", "--json", home=home).stdout)
    assert {one["verdict"] for one in claims} == {"unscored", "not testable"}
    assert "plan-drift reports --only" in claims[0]["estimates"][0]["reason"]


def test_json_holds_what_programs_need(ran):
    claims = json.loads(run("claims", "--json", home=ran).stdout)
    assert len(claims) == 22
    one = next(entry for entry in claims if entry["id"] == "C15")
    assert {"id", "verdict", "estimates", "rule", "trail"} <= set(one)
    recorded = json.loads(
        (ran / "reports/results/robustness/referrals_per_10k-assessments_in_45_days_percent.json").read_text()
    )
    assert one["estimates"][0]["estimate"] == recorded["values"]["main"]["estimate"]
    assert one["trail"][0]["tables"][0]["sha256"]
    assert one["rule"]["needed"] == 1


def test_an_unknown_claim_is_answered_with_the_nearest(ran):
    told = run("claims", "C7", home=ran)
    assert (told.returncode, "unknown claim 'C7'; did you mean" in told.stderr) == (2, True)


def test_published_estimates_lie_within_their_own_intervals():
    for one in registers.published_estimates().values():
        if one.conf_low is not None:
            assert one.conf_low < one.estimate < one.conf_high
