"""The register of claims: refused where it can't hold together, judged by recorded findings, traced to figures."""

import hashlib
import json
import shutil

import pytest

from analysis.claims import register as registers
from analysis.claims.judging import judge
from analysis.claims.register import check_findings, check_runs, read_register, register
from analysis.claims.telling import claim_lines
from analysis.errors import RequestError
from analysis.studies.study import load_study
from tests.making import REPOSITORY as ROOT
from tests.making import claims_written
from tests.making.claims_written import FIRST, RULE, claim, evidence, result, synthesis
from tests.making.command import called, copy_of_what_a_user_has


@pytest.fixture
def written(tmp_path):
    def write(**given):
        return claims_written.written(tmp_path, **given)

    return write


def test_the_package_holds_the_22_claims_in_order_and_takes_more():
    assert [entry.id for entry in register().claims][:22] == [f"C{number:02d}" for number in range(1, 23)]
    assert {entry.id for entry in register().claims[:22] if entry.not_testable} == {
        "C11",
        "C13",
        "C14",
        "C21",
    }


def test_every_test_of_the_register_is_of_a_run_that_the_study_has():
    check_runs(register(), [run.name for run in load_study(ROOT / "studies" / "main.yml").runs])


def test_a_test_of_a_run_that_is_not_there_is_named(written):
    asked = written(X01=claim())
    with pytest.raises(RequestError, match=r"X01\.yml: unknown run 'pair/a'; did you mean 'pairs/a'"):
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
    "neither estimand nor reason": ({"estimand": None}, "give it an estimand, or say in 'not_testable'"),
    "an estimand and a reason": ({"not_testable": "no figures"}, "not both"),
    "an unknown publication": ({"published": ["smith-2021"]}, "did you mean 'smith-2020'"),
    "no hypothesis": ({"hypothesis": None}, "has an estimand and no hypothesis"),
    "half a test needed": ({"needed": 2.5}, "needed: 2.5 is not a whole number"),
    "a need in words": ({"needed": "two"}, "needed: 'two' is not a whole number"),
    "cautions as a text": ({"cautions": "Beware."}, "cautions: 'Beware.' is not a list of texts"),
    "tests as a mapping": (
        {"tests": {"finding": "a/main"}},
        "tests: {'finding': 'a/main'} is not a list of mappings",
    ),
    "a claim that is a number": ({"claim": 3}, "claim: 3 is not text"),
    "nothing that would change it": ({"would_change": None}, "lacks 'would_change'"),
}


@pytest.mark.parametrize("changes", BAD, ids=str)
def test_a_claim_that_does_not_hold_together_is_refused_by_name(written, changes):
    entry, told = BAD[changes]
    with pytest.raises(RequestError, match=r"^X01\.yml: ") as caught:
        written(X01=claim(**entry))
    assert told in str(caught.value)


def test_a_key_written_twice_is_refused_by_file_and_line(tmp_path, written):
    written(X01=claim())
    path = tmp_path / "register" / "X01.yml"
    path.write_text(path.read_text() + "claim: Less of the one.\n")
    with pytest.raises(RequestError, match=r"^X01\.yml, line \d+: 'claim' stands twice; keep one$"):
        read_register(tmp_path)


def test_a_register_without_claims_is_refused(tmp_path, written):
    with pytest.raises(RequestError, match="holds no claim"):
        written()


def test_a_finding_that_its_run_does_not_record_is_refused_by_name(written):
    asked = written(X01=claim())
    ran = [result("pair/a", 0.3, 0.2, 0.4, 0.01, name="mian")]
    with pytest.raises(RequestError, match=r"X01\.yml: pair/a: unknown finding 'main'; did you mean 'mian'"):
        check_findings(asked, ran)
    check_findings(asked, [recorded | {"stale": "data have changed"} for recorded in ran])


@pytest.mark.parametrize("first", [{"false_discovery_rate": "0.05"}, {"share_agreeing": None}, {"smallest": [0.1]},
                                   {"smallest": {"standard deviations": "0.1"}},
                                   {"smallest": {"correlation": True}}])  # fmt: skip
def test_a_first_rule_in_words_is_refused_in_one_line(written, first):
    with pytest.raises(RequestError, match=r"^rule\.yml: first: "):
        written(first=FIRST | first, X01=claim())


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"clear": "0.98"}, "clear: '0.98' is not a probability above 0.5 and below 1"),
        ({"clear": 0.5}, "clear: 0.5 is not a probability above 0.5"),
        ({"gate": 1}, "gate: 1 is not a probability"),
        ({"excluded": 95}, "excluded: 95 is not a probability"),
        ({"beyond": 0}, "beyond: 0 is not a probability between 0 and 1"),
        ({"lead_share": 0}, "lead_share: 0 is not a number above 0"),
        ({"prior_spread": -1}, "prior_spread: -1 is not a number above 0"),
        ({"cleer": 0.9}, "unknown key 'cleer'; did you mean 'clear'"),
    ],
)
def test_a_rule_that_no_result_or_any_could_meet_is_refused_in_one_line(written, rule, told):
    with pytest.raises(RequestError, match=r"^rule\.yml: rule: ") as caught:
        written(rule=RULE | rule, X01=claim())
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_stale_test_counts_as_none_and_says_what_renews_it(written):
    asked = written(X01=claim(tests=[{"finding": "pair/a/main", "expected": "positive"}]))
    good = result("pair/a", 0.3, 0.2, 0.4, 0.01)
    assert judge(asked, [good | {"stale": ""}])[0].first_verdict == "supported"
    (verdict,) = judge(asked, [good | {"stale": "data/raw/x.csv has changed since"}])
    assert verdict.first_verdict == "unscored"
    assert verdict.tests[0].reason == (
        "stale: data/raw/x.csv has changed since; plan-drift reports --only pair/a"
    )


def test_a_claim_needs_more_than_half_of_its_tests_unless_it_says_otherwise(written):
    asked = written(X01=claim(), X02=claim(needed=1))
    assert [entry.needed for entry in asked.claims] == [2, 1]


def test_q_values_are_over_all_direct_tests_each_finding_once(written):
    # p 0.01, 0.02, 0.04 of three findings: Benjamini and Hochberg give 0.03, 0.03, 0.04, also where two claims share them.
    asked = written(X01=claim(), X02=claim())
    judged = judge(
        asked,
        [
            result("pair/a", 0.3, 0.2, 0.4, 0.01),
            result("pair/b", 0.3, 0.2, 0.4, 0.02),
            result("pair/c", -0.3, -0.4, -0.2, 0.04),
        ],
    )
    assert [test.q_value for test in judged[0].tests] == pytest.approx([0.03, 0.03, 0.04])
    assert [verdict.first_verdict for verdict in judged] == ["supported", "supported"]
    assert judge(asked, [result("pair/a", 0.3, 0.2, 0.4, 0.01)], ["x02"])[0].claim.id == "X02"


def test_q_values_of_one_claim_count_the_tests_of_all_claims(written):
    """p 0.02 alone would be q 0.02; among four tests, the others with 0.6, 0.8 and 0.9, it is 4 × 0.02."""
    other = [{"finding": f"pair/{name}/main", "expected": "positive"} for name in "bcd"]
    asked = written(
        X01=claim(tests=[{"finding": "pair/a/main", "expected": "positive"}]),
        X02=claim(tests=other, needed=1),
    )
    p_values = {"a": 0.02, "b": 0.6, "c": 0.8, "d": 0.9}
    ran = [result(f"pair/{name}", 0.3, 0.2, 0.4, p_value) for name, p_value in p_values.items()]
    (alone,) = judge(asked, ran, ["X01"])
    assert alone.tests[0].q_value == pytest.approx(0.08)
    assert (alone.tests[0].outcome, alone.first_verdict) == ("undecided", "imprecise")
    assert judge(asked, ran)[0].as_dict() == alone.as_dict()


def test_every_recorded_lead_and_placebo_of_a_tests_run_stands_beside_by_rule_not_by_choice(written):
    asked = written(
        X01=claim(tests=[{"finding": f"pair/{name}/main", "expected": "positive"} for name in "abc"])
    )
    ran = [
        result("pair/a", 0.01, -0.1, 0.12, 0.9, name="lead"),
        result("pair/b", 0.2, 0.1, 0.3, 0.001, name="before-main"),
        result("pair/c", 0.2, 0.1, 0.3, 0.001, name="mean"),
        result("pair/d", 0.2, 0.1, 0.3, 0.001, name="lead"),
    ]
    (verdict,) = judge(asked, ran)
    assert list(verdict.placebos) == ["pair/a/lead", "pair/b/before-main"]
    assert verdict.placebos_that_show == ("pair/b/before-main",)
    told = list(claim_lines(verdict, []))
    assert any(line.startswith("Placebo: shows nothing clear: pair/a/lead") for line in told)
    assert any(line.startswith("Placebo: shows an association too: pair/b/before-main") for line in told)


def test_a_test_that_did_not_run_says_which(written):
    asked = written(X01=claim())
    ran = [result("pair/a", 0.3, 0.2, 0.4, 0.01), result("pair/b", 0.3, 0.2, 0.4, 0.01, name="mean")]
    (verdict,) = judge(asked, ran)
    assert verdict.first_verdict == "unscored"
    assert verdict.tests[1].reason == "'pair/b' recorded no finding 'main'; did you mean 'mean'?"
    assert verdict.tests[2].reason == "'pair/c' has not been run: plan-drift reports --only pair/c"


def test_single_tests_stand_beside_and_decide_nothing(written):
    """The pooled effect is clear on the claimed side, all single tests on the other."""
    asked = written(X01=claim())
    against = [result(f"pair/{name}", side * 0.3, side * 0.3 - 0.1, side * 0.3 + 0.1, 1e-9) for name, side in
               (("a", -1), ("b", -1), ("c", 1))]  # fmt: skip
    (verdict,) = judge(asked, [*against, synthesis(evidence())])
    assert (verdict.first_verdict, verdict.verdict) == ("contradicted", "supported")
    assert {estimate["decides"] for estimate in verdict.as_dict()["estimates"]} == {False}


@pytest.fixture(scope="module")
def ran(whole_study):
    return whole_study


@pytest.fixture(scope="module")
def c15(ran):
    """Claim C15 as programs get it."""
    return json.loads(called("claims", "C15", "--json", home=ran).stdout)[0]


def test_every_notebook_of_the_study_makes_its_report(ran):
    notebooks = {path.stem for path in (ran / "notebooks").glob("*.ipynb")}
    record = json.loads((ran / "reports" / "record.json").read_text())
    assert {entry["notebook"] for entry in record["runs"].values() if "notebook" in entry} == notebooks
    assert not record["failures"]


def test_a_claim_of_every_design_is_tried_on_planted_truths(ran):
    values = json.loads((ran / "reports" / "results" / "calibration.json").read_text())["values"]
    tried = {register().claim(name).estimand.design for name in values["claims"]}
    assert tried == {entry.estimand.design for entry in register().claims if entry.estimand}


def test_the_results_of_the_report_on_claims_map_exhibits_of_every_notebook(ran):
    values = json.loads((ran / "reports" / "results" / "claims.json").read_text())["values"]
    mapped = {entry["notebook"] for entry in values["exhibits"] if entry["cell"] and entry["made_by"]}
    assert mapped == {run.notebook for run in load_study(ROOT / "studies" / "main.yml").runs}


def test_the_report_on_claims_made_again_beside_its_last_results_is_the_same(ran, tmp_path):
    home = shutil.copytree(ran, tmp_path / "home")
    report = home / "reports" / "claims.pdf"
    report.unlink()
    assert called("reports", "short", "--only", "claims", home=home).returncode == 0
    assert report.read_bytes() == (ran / "reports" / "claims.pdf").read_bytes()


def test_the_command_prints_a_verdict_with_its_trail_down_to_the_official_file(ran):
    told = called("claims", "c15", home=ran)
    assert told.returncode == 0, told.stderr
    resource = next(
        table
        for table in json.loads((ROOT / "data" / "raw" / "datapackage.json").read_text())["resources"]
        if table["name"] == "interactive_tool"
    )
    for words in (
        "C15  A high volume of contacts",
        "Verdict: ",
        "Trail: synthesis/c15-pooled",
        "computed by cell synthesis-08 of notebooks/synthesis.ipynb, recorded by synthesis-18",
        "computed by cell robustness-10 of notebooks/robustness.ipynb, recorded by robustness-14",
        "data/raw/interactive_tool.csv",
        resource["sources"][0]["file"],
    ):
        assert words in told.stdout, words


def test_every_claim_that_figures_can_answer_has_a_verdict_once_all_has_run(ran):
    lines = called("claims", home=ran).stdout.splitlines()
    by_id = {
        line.split()[0]: line
        for line in lines
        if line.split()[0] in {entry.id for entry in register().claims}
    }
    assert len(by_id) == len(register().claims)
    assert "not testable" in by_id["C11"]
    assert not [name for name, line in by_id.items() if "unscored" in line]
    assert "unscored" not in lines[-1]


def test_before_anything_has_run_nothing_has_a_verdict(tmp_path):
    home = copy_of_what_a_user_has(tmp_path)
    claims = json.loads(called("claims", "--json", home=home).stdout)
    assert {entry["verdict"] for entry in claims} == {"unscored", "not testable"}
    first = next(entry for entry in claims if entry["id"] == "C01")
    assert first["reason"] == "'synthesis' has not been run: plan-drift reports --only synthesis"
    assert "plan-drift reports --only" in first["estimates"][0]["reason"]
    assert "`plan-drift reports` runs it" in called("claims", home=home).stdout.splitlines()[-1]


def test_json_holds_what_programs_need(ran):
    claims = json.loads(called("claims", "--json", home=ran).stdout)
    assert len(claims) == len(register().claims)
    c15 = next(entry for entry in claims if entry["id"] == "C15")
    assert c15.keys() >= {
        "id", "verdict", "estimates", "rule", "trail", "shows", "strength", "gates", "effect", "stability", "calibration",
    }  # fmt: skip
    estimates = {entry["finding"]: entry for entry in c15["estimates"]}
    name = "robustness/referrals_per_10k-assessments_in_45_days_percent"
    for run_name, finding in ((name, "main"), ("synthesis", "c15-pooled")):
        recorded = json.loads((ran / f"reports/results/{run_name}.json").read_text())["values"]["findings"]
        (own,) = [entry for entry in recorded if entry["name"] == finding]
        assert estimates[f"{run_name}/{finding}"]["estimate"] == own["estimate"]
    assert c15["effect"]["estimate"] == pytest.approx(estimates["synthesis/c15-pooled"]["estimate"])
    assert [entry["decides"] for entry in c15["estimates"]] == [True, True, False]
    assert all(step["tables"][0]["sha256"] for step in c15["trail"])
    assert c15["rule"]["clear"] == register().rule.clear
    assert {entry["truth"] for entry in c15["calibration"]} >= {"nothing", "at-once:0.2"}


def test_an_unknown_claim_is_answered_with_the_nearest(ran):
    told = called("claims", "C7", home=ran)
    assert (told.returncode, "unknown claim 'C7'; did you mean" in told.stderr) == (2, True)


def test_published_estimates_lie_within_their_own_intervals():
    for published in registers.published_estimates().values():
        if published.conf_low is not None:
            assert published.conf_low < published.estimate < published.conf_high


def edited(home, change):
    """Change recorded evidence by hand, in the way of someone who wants another verdict."""
    path = home / "reports/results/synthesis.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def test_results_changed_by_hand_and_results_of_other_data_give_no_verdict(ran, c15, tmp_path):
    home = shutil.copytree(ran, tmp_path / "home")
    assert c15["verdict"] != "unscored"

    def other_estimate(document):
        view = document["values"]["claims"]["C15"]["views"]["main"]
        view["estimates"] = [0.5 for _ in view["estimates"]]

    edited(home, other_estimate)
    after = json.loads(called("claims", "C15", "--json", home=home).stdout)[0]
    assert after["verdict"] == "unscored"
    assert "isn't what its run wrote; plan-drift reports --only synthesis" in after["reason"]
    table = called("claims", home=home).stdout
    assert "C15  unscored: stale" in table and "`plan-drift reports` renews them" in table

    shutil.copytree(ran / "reports", home / "reports", dirs_exist_ok=True)
    assert json.loads(called("claims", "C15", "--json", home=home).stdout)[0] == c15
    figures = home / "data" / "raw" / "interactive_tool.csv"
    lines = figures.read_text().splitlines(keepends=True)
    figures.write_text("".join(lines[:-1]))
    stale = json.loads(called("claims", "C15", "--json", home=home).stdout)[0]
    assert stale["verdict"] == "unscored"
    assert "stale: data/raw/interactive_tool.csv has changed since" in stale["reason"]


@pytest.mark.parametrize(
    ("finding", "notebook", "call"),
    [
        ("synthesis/c15-pooled", "synthesis", "evidence_results("),
        ("robustness/referrals_per_10k-assessments_in_45_days_percent/main", "robustness", "assess("),
    ],
)
def test_a_trail_names_the_cell_that_computed_the_number(ran, c15, finding, notebook, call):
    (step,) = [entry for entry in c15["trail"] if entry["finding"] == finding]
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text())["cells"]
    source = {cell["id"]: "".join(cell["source"]) for cell in cells}
    assert call in source[step["cell"].split(", ")[-1]] and source[step["recorded_by"]].startswith("Results(")
    digest = hashlib.sha256((ran / "data/raw/interactive_tool.csv").read_bytes()).hexdigest()
    assert digest in {table["sha256"] for table in step["tables"]}
