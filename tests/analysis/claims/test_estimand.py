"""A claim that figures could not answer is refused by name, in one line; a claim of one's own goes all the way."""

import json
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import yaml

from analysis.claims import register as registers
from analysis.claims.calibration import calibrate
from analysis.claims.estimand import GATES, asked_gates
from analysis.claims.evidence import Evidence, OutcomeFacts, view_of
from analysis.claims.gathering import Gathered, Sources, evidence_results, gather
from analysis.claims.judging import judge
from analysis.claims.panel_evidence import overlap_gate, panel_family, questions_of
from analysis.claims.planting import truth_of
from analysis.claims.register import read_register, register
from analysis.cli.claims import main_calibrate
from analysis.data.definitions.indicators import dictionary
from analysis.data.panel.store import load_panel
from analysis.errors import DataError, RequestError
from analysis.estimators.forms.windows import window_rows
from analysis.paths import current_project
from tests.making import claims_written
from tests.making.claims_written import OUTCOMES, claim, estimand
from tests.making.windows_data import EXPOSURE, OUTCOME, panel


def expected(side="negative", **more):
    return {name: {"expected": side, **more} for name in OUTCOMES}


BAD = {
    "an unknown design": ({"design": "within authoritys"}, "design: unknown 'within authoritys'; did you mean 'within auth"),
    "an unknown standing": ({"standing": "proxi"}, "standing: unknown 'proxi'; did you mean 'proxy'"),
    "an unknown rating": ({"rating": "strenght"}, "rating: unknown 'strenght'; did you mean 'strength'"),
    "an unknown exposure": ({"exposure": "turnover_pct"}, "did you mean 'turnover_percent'"),
    "an unknown outcome": ({"outcomes": {"reviews_on_time": {"expected": "negative"}}}, "did you mean 'reviews_on_time_p"),
    "an unknown direction": ({"outcomes": expected("negativ")}, "expected: unknown 'negativ'; did you mean 'negative'"),
    "an unknown count of whom": ({"outcomes": expected(of="plans_open_plan")}, "did you mean 'plans_open_plans'"),
    "an unknown moderator": ({"moderator": "agency_pct"}, "did you mean 'agency_percent'"),
    "an outcome that is the exposure": (
        {"outcomes": {"turnover_percent": {"expected": "positive"}}}, "'turnover_percent' is the exposure already",
    ),
    "no outcome": ({"outcomes": {}}, "outcomes: holds no entry; write one at least"),
    "outcomes as a list": ({"outcomes": list(OUTCOMES)}, "_percent', 'reviews_on_time_perce... is not a mapping"),
    "an outcome without a direction": ({"outcomes": {OUTCOMES[0]: {}}}, "lacks 'expected'"),
    "nothing too small to matter": ({"smallest": 0}, "smallest: 0 is not a number above 0"),
    "less than nothing": ({"smallest": -0.1}, "smallest: -0.1 is not a number above 0"),
    "a smallest effect in words": ({"smallest": "small"}, "smallest: 'small' is not a number above 0"),
    "an unknown gate": ({"gates": ["laed"]}, "unknown gate 'laed'; did you mean 'lead'"),
    "a gate of another design": ({"gates": ["pre-trend"]}, "gates: 'pre-trend' names nothing within authorities; choose"),
    "gates as a text": ({"gates": "lead"}, "gates: 'lead' is not a list of texts"),
    "a lead in the window": ({"window": [-1, 0]}, "a lead is a gate, not an effect"),
    "an empty window": ({"window": []}, "window: give the years before the outcome"),
    "a window out of order": ({"window": [1, 0]}, "window: [1, 0] isn't a list of different years in order"),
    "a year twice": ({"window": [0, 0]}, "window: [0, 0] isn't a list of different years in order"),
    "half a year": ({"window": [0, 0.5]}, "window: [0, 0.5] is not a list of whole numbers of years"),
    "a window as a number": ({"window": 1}, "window: 1 is not a list of whole numbers of years"),
    # turnover of September 2017 meets outcomes to March 2018 and, six years later, those of 2024: to 2025 are two
    "a window that the years can't hold": ({"window": [0, 6]}, f"leaves 2 years of {OUTCOMES[0]} with turnover_per"),
    "an unknown key": ({"exposures": "x"}, "unknown key 'exposures'; did you mean 'exposure'"),
    "no reason for the smallest": ({"smallest_reason": None}, "lacks 'smallest_reason'"),
    "a moderator across authorities": (
        {"design": "across authorities", "moderator": "agency_percent"}, "moderator: only figures within authorities",
    ),
    "an overlap where nothing overlaps": (
        {"design": "after a judgement", "overlap": "Both count plans."}, "overlap: figures after a judgement share none",
    ),
    "a construct that isn't one": (
        {"design": "in reports", "exposure": "turnovr", "outcomes": {"visits": {"expected": "positive"}}},
        "unknown exposure 'turnovr'; did you mean 'turnover'",
    ),
    "an indicator in reports": ({"design": "in reports", "exposure": "turnover"}, f"unknown outcome '{OUTCOMES[0]}'"),
    "one year for a change over years": ({"design": "over the years", "window": [2017]}, "isn't a first and a last year"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_an_estimand_that_figures_could_not_answer_is_refused_by_name(tmp_path, case):
    changes, told = BAD[case]
    with pytest.raises(RequestError, match=r"^X01\.yml: estimand") as caught:
        claims_written.written(tmp_path, X01=claim(estimand=estimand(**changes)))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_an_estimand_that_is_no_mapping_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"^X01\.yml: estimand: 'turnover on reviews' is not a mapping$"):
        claims_written.written(tmp_path, X01=claim(estimand="turnover on reviews"))


def test_an_outcome_written_twice_is_refused_by_line(tmp_path):
    claims_written.written(tmp_path, X01=claim())
    path = tmp_path / "register" / "X01.yml"
    again = f"    {OUTCOMES[0]}:\n      expected: positive\n"
    path.write_text(path.read_text().replace("  outcomes:\n", f"  outcomes:\n{again}"))
    with pytest.raises(RequestError, match=rf"^X01\.yml, line \d+: '{OUTCOMES[0]}' stands twice; keep one$"):
        read_register(tmp_path)


@pytest.mark.parametrize("window", [[0], [0, 1], [0, 1, 2, 3, 4, 5]])
def test_a_window_that_leaves_three_years_is_taken(tmp_path, window):
    """Turnover of September 2017, five years on, is the oldest that outcomes of March 2023 meet; to 2025 are three."""
    asked = claims_written.written(tmp_path, X01=claim(estimand=estimand(window=window)))
    assert asked.claim("x01").estimand.window == tuple(window)
    rows = window_rows(load_panel().authorities, questions_of(asked.claim("x01").estimand)[0])
    assert set(rows.years) == set(range(2018 + window[-1], 2026))


def test_every_gate_that_a_design_can_answer_is_asked_unless_the_claim_names_fewer():
    within = register().claim("C07").estimand
    assert asked_gates(within) == ("measure", "overlap", "lead", "trends")
    event, text = register().claim("C19").estimand, register().claim("C03").estimand
    assert asked_gates(event) == ("measure", "pre-trend", "pre-trend carried on")
    assert asked_gates(text) == ("measure", "independent text")
    named = {
        gate
        for registered in register().claims
        if registered.estimand
        for gate in asked_gates(registered.estimand)
    }
    assert named == set(GATES), "each gate is asked of some claim of the package"


def test_a_claim_that_does_not_ask_for_the_lead_keeps_the_years_that_have_none():
    """Changes of worker are of 2019, 2020 and 2024: with next year's figure only 2019 would be left."""
    claim_on_workers = register().claim("C05")
    (question, *_) = questions_of(claim_on_workers.estimand)
    assert not question.has_lead
    assert set(window_rows(load_panel().authorities, question).years) == {2019, 2020, 2024}


def test_the_same_figures_on_both_sides_fail_the_gate_of_overlap(tmp_path):
    """Caseload is cases over workers, and repeat plans are a share of plans begun: counted, not declared."""
    asked = claims_written.written(
        tmp_path,
        X01=claim(estimand=estimand(overlap="Both are of the same plans.")),
        X02=claim(estimand=estimand()),
        X03=claim(
            estimand=estimand(
                exposure="cases_held_cases", outcomes={"caseload_cases_per_fte": {"expected": "positive"}}
            )
        ),
    )
    declared, apart, counted = (overlap_gate(registered.estimand) for registered in asked.claims)
    assert (declared.holds, declared.says) == (False, "Both are of the same plans.")
    assert apart.holds is True
    assert counted.holds is False and "of caseload" in counted.says


@pytest.mark.parametrize("name", [EXPOSURE, OUTCOME])
def test_figures_without_variation_are_refused_by_name(tmp_path, name):
    asked = claims_written.written(tmp_path, X01=claim(estimand=estimand()))
    frame = panel(12, 1)
    frame[name] = frame["year"] * 1.5  # the same in every authority
    with pytest.raises(DataError, match=f"^{name}: no variation once effects are taken out$"):
        panel_family(asked.claims[0].estimand, frame)


# A claim of a researcher's own: that more absence goes with fewer reviews on time.
OWN = claim(
    tests=None,
    estimand=estimand(
        exposure="absence_percent",
        outcomes={"reviews_on_time_percent": {"expected": "negative"}},
        standing="partial",
        standing_reason="Absence is that of all workers.",
    ),
)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The package's register with a file beside its own."""
    folder = tmp_path_factory.mktemp("own") / "claims"
    shutil.copytree(
        Path(str(resources.files(registers.__package__))), folder, ignore=shutil.ignore_patterns("*.py*")
    )
    (folder / "register" / "X01.yml").write_text(yaml.safe_dump(OWN, sort_keys=False))
    return read_register(folder)


@pytest.fixture(scope="module")
def gathered(own):
    return gather(own, Sources(load_panel()), ["x01"])


def test_a_claim_of_ones_own_gets_verdict_gates_and_calibration(own, gathered):
    assert [registered.id for registered in own.claims] == [
        *(registered.id for registered in register().claims),
        "X01",
    ]
    calibrations = calibrate(
        [gathered_claim.subject() for gathered_claim in gathered],
        own.rule,
        20,
        [truth_of("nothing"), truth_of("at-once:0.3")],
    )
    assert [tried.claim for tried in calibrations] == ["X01", "X01"]
    assert calibrations[1].share("supported") > 0.5 > calibrations[0].share("supported", "contradicted")
    values = json.loads(json.dumps(evidence_results(gathered, own.rule), allow_nan=False))
    calibration = {"claims": {"X01": [tried.as_dict() for tried in calibrations]}}
    runs = [{"name": "synthesis", "values": values}, {"name": "calibration", "values": calibration}]
    (judged,) = judge(own, runs, ["X01"])
    assert judged.verdict not in ("unscored", "not testable")
    assert [gate.name for gate in judged.gates] == ["measure", "overlap", "lead", "trends"]
    assert [entry["truth"] for entry in judged.calibration] == ["nothing", "at-once:0.3"]
    assert set(judged.parts) == {"synthesis/x01-pooled", "synthesis/x01-reviews_on_time_percent"}
    assert judged.effect.estimate == pytest.approx(judged.parts["synthesis/x01-pooled"].estimate)
    assert "Absence is that of all workers." in judged.lowered_by


def test_other_rows_and_windows_of_a_claim_of_ones_own_are_its_range(gathered):
    (gathered_claim,) = gathered
    assert set(gathered_claim.evidence.range_views) >= {
        "exposure a year longer", "weighted by children", "without 2020 and 2021", "without London",
        "years of each region", "demand and spend held",
    }  # fmt: skip
    assert 2018 < gathered_claim.evidence.first_year < gathered_claim.evidence.last_year <= 2025
    assert gathered_claim.evidence.n_observations > 500 and gathered_claim.evidence.n_authorities > 100


def test_a_claim_whose_figures_cannot_be_had_keeps_the_reason_and_stops_no_other(own):
    whole = load_panel()
    same = whole.authorities.assign(absence_percent=whole.authorities["year"] * 0.01)
    (gathered_claim,) = gather(own, Sources(type(whole)(**{**vars(whole), "authorities": same})), ["X01"])
    assert gathered_claim.evidence is None
    assert gathered_claim.failure == "absence_percent: no variation once effects are taken out"
    with pytest.raises(DataError, match=r"^X01: nothing to calibrate: absence_percent: no variation"):
        gathered_claim.subject()
    (judged,) = judge(
        own, [{"name": "synthesis", "values": evidence_results([gathered_claim], own.rule)}], ["X01"]
    )
    assert (judged.verdict, judged.reason) == ("unscored", gathered_claim.failure)


@pytest.mark.parametrize(
    ("names", "truths", "told"),
    [
        (["C7"], [], "unknown claim 'C7'; did you mean"),
        (["C11"], [], "C11: it has no estimand, so that there is nothing to calibrate"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_before_anything_is_read(names, truths, told):
    with pytest.raises(RequestError) as caught:
        main_calibrate(current_project(), names, truths, 10, False)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_counted_in_reports_is_no_indicator_of_a_finding():
    """A claim's trail looks indicators up in the dictionary: constructs of the coder and judgements aren't there."""
    for name in ("C03", "C19"):
        said = register().claim(name)
        outcomes = tuple(
            OutcomeFacts(outcome.name, outcome.name, 1.0, "points", 900, 2018, 2025)
            for outcome in said.estimand.outcomes
        )
        size = len(outcomes)
        evidence = Evidence(
            name, said.estimand.unit, "More", outcomes, {"main": view_of([0.1] * size, np.eye(size))}
        )
        findings = evidence_results([Gathered(said, evidence)], register().rule)["findings"]
        assert len(findings) == size + 1
        assert {indicator for entry in findings for indicator in entry["indicators"]} <= set(dictionary())
