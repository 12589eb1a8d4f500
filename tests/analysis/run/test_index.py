"""The list of reports: what was found stands there, in the study's order, and everything that is there can be reached."""

import json
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from analysis.paths import Project
from analysis.run.index import glossary, write_index
from analysis.studies.study import Run, Study

PAIR = "relationship/turnover_percent-rereferrals_percent"
KEPT = {
    "workforce": {
        "notebook": "workforce",
        "title": "The workforce",
        "question": "Who leaves?",
        "answer": "One in <six>.",
    },
    "claims": {
        "notebook": "claims",
        "title": "The claims",
        "question": "What holds?",
        "answer": "Two of three hold.",
    },
    "summary": {
        "notebook": "summary",
        "title": "All pairs",
        "question": "What goes with what?",
        "answer": "",
    },
    PAIR: {
        "notebook": "relationship",
        "title": "Turnover and re-referrals",
        "given": {"exposure": "turnover_percent"},
    },
    "relationship/other": {"notebook": "relationship", "title": "Another pair"},
    "prepare:panel": {},
}
STUDY = Study(
    "main",
    "What goes with what",
    tuple(Run(name, name.split("/")[0]) for name in KEPT),
    first_listed=("summary", "claims"),
)


def pair(outcome, estimate, q_value):
    numbers = {"estimate": estimate, "natural_estimate": 10 * estimate, "q_value": q_value}
    return {"exposure": "turnover_percent", "outcome": outcome} | numbers


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.targets, self.headings, self._reading = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self._reading = tag == "h3" or (self._reading and tag == "a")
        if tag == "a":
            self.targets.append(dict(attrs)["href"])

    def handle_data(self, data):
        if self._reading and data.strip():
            self.headings.append(data)
            self._reading = False


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path)
    results = {
        "claims": {"claims": [{"id": "C01", "verdict": "not supported", "strength": "strong"}]},
        "summary": {
            "discovery_rate": 0.05,
            "pairs": [pair("rereferrals_percent", 0.12, 0.01), pair("repeat_plans_percent", -0.05, 0.6)],
        },
    }
    (made.reports / "results").mkdir(parents=True)
    for name, values in results.items():
        (made.reports / "results" / f"{name}.json").write_text(json.dumps({"values": values}))
    return made


def listed(project, failures=(), older=()):
    write_index(project, STUDY, KEPT, dict(failures), dict(older))
    return (project.reports / "index.html").read_text()


def test_it_says_what_was_found_in_the_order_that_the_study_asks_for(project):
    text = listed(project)
    assert Links(text).headings == ["All pairs", "The claims", "The workforce", "Relationship"]
    assert "One in &lt;six&gt;." in text and "Two of three hold." in text
    assert "What goes with what?" in text, "where there is no answer the question stands"


def test_runs_of_a_notebook_stand_in_the_studys_order_also_where_it_is_listed_first(project):
    pairs = ("relationship/second", "relationship/first")
    study = replace(
        STUDY, runs=tuple(Run(name, "relationship") for name in pairs), first_listed=("relationship",)
    )
    kept = {name: {"notebook": "relationship", "title": name} for name in pairs}
    write_index(project, study, kept, {}, {})
    page = (project.reports / "index.html").read_text()
    assert page.index("relationship/second.html") < page.index("relationship/first.html")


def test_a_run_of_ones_own_leaves_the_standard_reports_answer_in_its_place(project):
    own = {"runs/workforce-Leeds": {"notebook": "workforce", "title": "Leeds", "answer": "Leeds has others."}}
    write_index(project, STUDY, {**KEPT, **own}, {}, {})
    text = (project.reports / "index.html").read_text()
    headings = Links(text).headings
    assert headings.index("The workforce") < headings.index("Runs with parameters of your own")
    assert (
        text.index("One in &lt;six&gt;.")
        < text.index('id="claims"')
        < text.index('href="runs/workforce-Leeds.html"')
    )


def test_every_report_and_its_files_can_be_reached(project):
    targets = Links(listed(project)).targets
    for name in ("workforce", "claims", "summary", PAIR, "relationship/other"):
        assert {f"{name}.html", f"{name}.pdf", f"files/{name}.zip", f"results/{name}.json"} <= set(targets)


def test_claims_stand_with_verdict_and_strength(project):
    row = listed(project).split('<a href="claims.html">C01</a>')[1].split("</tr>")[0]
    assert "<strong>not supported</strong>" in row and "strong" in row
    assert "There is no sign of" in row, "the verdict in a sentence that can be quoted"


def test_a_claim_is_said_with_its_exceptions_where_they_were_recorded(project):
    says = "None on average; but conferences were later."
    values = {"claims": [{"id": "C01", "verdict": "not supported", "strength": "strong", "says": says}]}
    (project.reports / "results" / "claims.json").write_text(json.dumps({"values": values}))
    assert says in listed(project).split('<a href="claims.html">C01</a>')[1].split("</tr>")[0]


def test_a_cell_of_the_pairs_leads_to_its_report_and_says_what_it_means(project):
    text = listed(project)
    cell = text.split(f'<td><a href="{PAIR}.html"')[1].split("</td>")[0]
    assert '<strong class="worse">1.2</strong>' in cell, "fewer re-referrals are better"
    assert "percentage points, unfavourable by the measure, still clear after correction" in cell
    assert "Social worker turnover (+5 percentage points)" in text, (
        "how much more of the measure a column is about"
    )
    assert "<td>−0.5</td>" in text, "a pair without a report has no link"


def test_what_failed_or_is_older_than_its_inputs_says_so(project):
    text = listed(
        project, {"claims": "cell 3 failed", "gone/run": "division by zero"}, {"workforce": "panel.csv"}
    )
    assert "older than its inputs; could not be made again: cell 3 failed" in text
    assert "older than its inputs: panel.csv" in text
    assert "failed: division by zero" in text


def test_of_an_answer_its_first_paragraph_is_listed_and_all_of_it_found_whatever_the_apostrophe(
    project, monkeypatch
):
    told = {**KEPT["claims"], "answer": "Two of three hold.\n\nChildren’s plans don't drift."}
    monkeypatch.setitem(KEPT, "claims", told)
    text = listed(project)
    assert "<p>Two of three hold.</p>" in text and "<p>Children" not in text
    assert "children&#x27;s plans don&#x27;t drift." in text
    assert """.replaceAll('’', "'")""" in text


def test_only_its_own_script_may_run(project):
    text = listed(project)
    script = text.split("<script>")[1].split("</script>")[0]
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in text
    assert text.count("<script") == 1


def test_without_recorded_claims_or_pairs_it_lists_reports(tmp_path):
    project = Project(tmp_path)
    project.reports.mkdir(parents=True, exist_ok=True)
    text = listed(project)
    assert "The workforce" in text and 'id="pairs"' not in text and 'id="claims"' not in text


def test_what_words_mean_stands_once_in_the_order_of_the_alphabet(project):
    terms = glossary()
    assert list(terms) == sorted(terms, key=str.casefold) and len(terms) >= 20
    for meaning in terms.values():
        assert meaning.endswith(".") and meaning[0].isupper()
    html = listed(project)
    assert html.count("<dt>Placebo</dt>") == 1 and '<h2 id="glossary">' in html
