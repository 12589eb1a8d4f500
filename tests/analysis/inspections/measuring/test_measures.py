"""Measures of inspection reports: counts, shares, corrections, models and evidence, on made-up figures."""

from math import erfc

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.data.definitions import inspection_reports
from analysis.errors import DataError, RequestError
from analysis.estimators.topics import associations, validity
from analysis.inspections.measuring import agreement, evidence, measures
from analysis.inspections.measuring import folder as measuring
from analysis.inspections.reading.reports import ReportReading
from analysis.inspections.reading.sentences import Sentence
from analysis.reports.inspections.findings import findings_of
from tests.making.measured_reports import made_reports

TURNED = (("problem", "strength"), ("strength", "problem"))


def test_wilson_intervals_are_those_of_the_formula():
    low, high = measures.wilson(np.array([5, 0]), np.array([50, 0]))
    assert (low[0], high[0]) == pytest.approx((0.0435, 0.2136), abs=1e-4)
    assert np.isnan(low[1]) and np.isnan(high[1])


def test_shares_of_a_group_count_sentences_and_not_reports():
    reports = made_reports(6).assign(
        sentences=[100, 100, 100, 100, 100, 500], turnover_problem=[0, 0, 0, 0, 0, 100]
    )
    share = measures.problem_shares(reports, "turnover", draws=50)
    assert share["coded"] == pytest.approx(0.1) and share["n_reports"] == 6
    assert share["coded_low"] <= share["coded"] <= share["coded_high"]
    assert share == measures.problem_shares(reports, "turnover", draws=50)


def test_groups_of_fewer_than_five_reports_are_left_out():
    reports = made_reports(12)
    shares = measures.grouped_shares(reports, pd.Series(["a"] * 8 + ["b"] * 4), draws=10)
    assert set(shares["group"]) == {"a"} and len(shares) == 8


def test_agreement_of_two_coders_is_that_worked_out_by_hand():
    rows = [(name, "0", "0", 10) for name in inspection_reports.CONSTRUCTS]
    rows += [("turnover", "-", "-", 6), ("turnover", "-", "0", 2), ("turnover", "+", "~", 2)]
    counted = pd.DataFrame(rows, columns=["construct", "coder_a", "coder_b", "sentences"])
    agreed = agreement.agreement(counted).set_index("construct").loc["turnover"]
    assert (agreed["spoken"], agreed["same"], agreed["sentences"]) == (10, 6, 20)
    # Observed 16/20; by chance 10/20 x 12/20 for silence and 8/20 x 6/20 for a problem.
    assert agreed["kappa"] == pytest.approx((0.8 - 0.42) / (1 - 0.42))


def test_who_coded_the_sample_is_compared_on_every_construct():
    counted = agreement.counts(agreement.OWN)
    agreed = agreement.agreement(counted)
    assert agreed["sentences"].nunique() == 1 and (agreed["same"] <= agreed["spoken"]).all()
    assert (
        max(agreement.heard(counted, "oversight")) <= agreed.set_index("construct").loc["oversight", "spoken"]
    )


def test_pairs_find_what_was_made_to_go_together_and_little_else():
    pairs = associations.pairs(made_reports(400)).set_index(["first", "second"])
    pair = pairs.loc[("turnover", "caseload")]
    assert pair["odds_ratio"] > 1.5 and pair["q_value"] < 0.001
    assert pairs.drop(index=("turnover", "caseload"))["odds_ratio"].between(0.7, 1.4).all()


def one_way(reports, outcome, other):
    """The log odds ratio and its error by a logit of single sentences, everything about a report worked out here."""
    kept = [name for name in inspection_reports.CONSTRUCTS if name not in (outcome, other)]
    coded = sum(reports[f"{name}_{rating}"] for name in kept for rating in ("problem", "strength", "mixed"))
    columns = {
        "other": np.sqrt(reports[f"{other}_problem"] / reports["sentences"]),
        "tone": sum(reports[f"{name}_problem"] for name in kept) / coded,
    }
    design = pd.DataFrame(
        {name: (column - column.mean()) / column.std(ddof=0) for name, column in columns.items()}
    )
    grades = {
        grade: (reports["overall"] == grade).astype(float) for grade in set(reports["overall"]) - {"good"}
    }
    design = sm.add_constant(design.assign(**grades))
    sentences = np.repeat(np.arange(len(reports)), reports["sentences"])
    is_problem = np.concatenate(
        [np.arange(n) < k for n, k in zip(reports["sentences"], reports[f"{outcome}_problem"], strict=True)]
    )
    groups = pd.factorize(reports["authority"])[0]
    fitted = sm.Logit(is_problem.astype(float), design.iloc[sentences].to_numpy()).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups[sentences], "use_correction": False}
    )
    n, k, g = len(reports), design.shape[1], groups.max() + 1
    factor = g / (g - 1) * (n - 1) / (n - k)
    return fitted.params[1], fitted.bse[1] * np.sqrt(factor)


def test_a_pair_is_two_logits_net_of_grade_and_of_the_tone_on_all_else_with_errors_by_authority():
    reports = made_reports(60)
    forward, backward = one_way(reports, "turnover", "caseload"), one_way(reports, "caseload", "turnover")
    (pair,) = associations.pairs(reports, names=("turnover", "caseload")).to_dict("records")
    value, error = (forward[0] + backward[0]) / 2, max(forward[1], backward[1])
    assert np.log(pair["odds_ratio"]) == pytest.approx(value, rel=1e-5)
    assert np.log([pair["conf_low"], pair["conf_high"]]) == pytest.approx(
        [value - 1.959964 * error, value + 1.959964 * error], rel=1e-4
    )
    # An interval of 95% that just leaves out nil is one of p just below 0.05.
    assert pair["p_value"] == pytest.approx(erfc(abs(value) / error / 2**0.5), rel=1e-2, abs=0)
    assert (pair["n_reports"], pair["n_authorities"]) == (60, 40)
    assert abs(forward[1] - backward[1]) > 1e-3 * error


def test_strengths_are_compared_as_problems_are_and_recorded_as_findings():
    reports = made_reports(400)
    swapped = {
        f"{name}_{rating}": f"{name}_{turned}"
        for name in inspection_reports.CONSTRUCTS
        for rating, turned in TURNED
    }
    names = ("turnover", "caseload")
    problems = associations.pairs(reports, names=names)
    strengths = associations.pairs(reports.rename(columns=swapped), "strength", names)
    assert strengths.to_dict() == problems.to_dict()
    (finding,) = findings_of(strengths, "strengths", "-from-2019")
    assert finding.name == "strengths-turnover-caseload-from-2019"
    assert (finding.n_observations, finding.n_clusters) == (400, 40)
    assert findings_of(associations.pairs(reports.assign(turnover_problem=0), names=names), "problems") == ()


def test_a_construct_with_hardly_a_problem_is_in_no_pair():
    reports = made_reports(60).assign(resources_problem=0)
    pairs = associations.pairs(reports)
    assert "resources" not in set(pairs["first"]) | set(pairs["second"])


def test_the_model_of_grades_finds_what_grades_were_made_from():
    model = associations.grade_model(made_reports(400)).set_index("construct")
    assert model.loc["drift", "alone_odds_ratio"] > 2
    assert 0.7 < model.loc["turnover", "alone_odds_ratio"] < 1.4


def test_agreement_of_two_measures_is_that_worked_out_by_hand():
    rows = pd.DataFrame(
        {
            "construct": "turnover",
            "panel_code": list("abcdef"),
            "problem_share": [0, 0, 0.01, 0.02, 0.03, 0.04],
            "turnover_percent": [10.0, 12, 14, 16, 30, 40],
        }
    )
    agreed = validity.agreement(rows, "turnover", "turnover_percent", draws=100)
    # The third with the largest share: 30 and 40; without a problem: 10 and 12.
    assert agreed.difference == pytest.approx(35 - 11)
    # Ranks of shares 1.5 1.5 3 4 5 6 and 1 to 6: covariance 17/6 over the root of (17/6)(35/12).
    assert agreed.correlation == pytest.approx(np.sqrt((17 / 6) / (35 / 12)))
    assert agreed.n_reports == 6 and agreed.correlation_low <= agreed.correlation <= 1


def test_reports_of_one_authority_are_drawn_together():
    """Two authorities: half of all draws hold one alone, where shares and figures rise together without fail."""
    rows = pd.DataFrame(
        {
            "construct": "turnover",
            "panel_code": [*"aaaa", *"bbbb"],
            "problem_share": [0.01, 0.02, 0.03, 0.04] * 2,
            "turnover_percent": [10.0, 11, 12, 13, 34, 33, 32, 31],
        }
    )
    agreed = validity.agreement(rows, "turnover", "turnover_percent", draws=200)
    assert (agreed.n_reports, agreed.n_authorities) == (8, 2)
    assert (agreed.correlation_low, agreed.correlation_high) == pytest.approx((-1, 1))


def test_the_year_of_an_inspection_is_that_of_its_first_day_and_else_of_publication():
    reports = made_reports(2).assign(
        inspection_start=["2018-11-26", ""], published=["2019-01-30", "2020-02-01"]
    )
    assert measures.year_of(reports).tolist() == [2018, 2020]


def test_a_group_of_five_reports_is_shown():
    shares = measures.grouped_shares(made_reports(9), pd.Series(["a"] * 5 + ["b"] * 4), draws=10)
    assert set(shares["group"]) == {"a"}


def test_the_interval_of_a_share_draws_reports_and_counts_their_sentences():
    """One long report with many problems beside nine short ones without: drawn or not, it moves the share by much."""
    reports = made_reports(10).assign(sentences=[910, *[10] * 9], turnover_problem=[91, *[0] * 9])
    share = measures.problem_shares(reports, "turnover", draws=2000)
    # Not drawn (0.9 to the 10th, a third of draws): 0. Drawn once with nine short ones: 91 of 1000; four times: 364 of 3700.
    assert share["coded_low"] == 0 and 0.095 < share["coded_high"] < 0.1


def test_a_recoded_authority_meets_its_newest_code():
    panel = pd.DataFrame(
        {"authority_code": ["E08000037"], "year": [2018], **{name: [15.0] for _, name in validity.PAIRS}}
    )
    reports = made_reports(1).assign(authority_code="E08000020")  # Gateshead before its recoding
    assert (validity.with_figures(reports, panel)["turnover_percent"] == 15).all()


def made_reading(file="1_leeds_2019-05-08.pdf", authority="Leeds", section="Leaders", **more):
    fields = dict.fromkeys(inspection_reports.JUDGEMENTS, "good") | {
        "framework": "ilacs_standard", "inspection_start": "2019-02-25", "inspection_end": "2019-03-08",
        "lead_inspector": "none", "authority": authority,
    }  # fmt: skip
    sentence = Sentence(file, 2, section, "7", 1, "Made-up workers change far too often.")
    return ReportReading(file, fields, sentences=(sentence,), **more)


def index_of(*readings, authority="leeds"):
    return {
        reading.file: {"file": reading.file, "authority": authority, "published": "2019-05-08"}
        for reading in readings
    }


def test_a_report_becomes_a_row_of_counts_without_its_text():
    reading = made_reading()
    (row,) = measuring.measured([reading], index_of(reading), jobs=1).reports.to_dict("records")
    assert row["authority_code"] == "E08000035" and row["sentences"] == 1 and row["overall"] == "good"
    assert not any("Made-up" in str(value) for value in row.values())


def test_what_can_not_be_measured_is_named_and_the_rest_goes_on():
    good, board = made_reading(), made_reading("2_leeds_2020-01-01.pdf", section="The LSCB")
    stub = ReportReading("3_leeds_2021-01-01.pdf", problem="not a PDF")
    readings = [good, board, stub]
    index = index_of(*readings)
    table = measuring.measured(readings, index, jobs=1).reports
    assert table["report"].tolist() == ["1_leeds_2019-05-08"]
    told = measuring.left_out(readings, index, table)
    assert told[0].startswith("2_leeds") and told[1] == "3_leeds_2021-01-01.pdf: not a PDF"


def test_an_index_that_says_another_authority_is_refused():
    reading = made_reading()
    with pytest.raises(DataError, match=r"1_leeds_2019-05-08\.pdf: index\.csv says 'hull'"):
        measuring.measured([reading], index_of(reading, authority="hull"), jobs=1)


def test_evidence_names_report_page_paragraph_and_code():
    told = list(evidence.lines_of([made_reading()], "turnover"))
    assert told[0].startswith("1_leeds_2019-05-08.pdf: inspection of 2019-02-25, ")
    assert all("page 2, paragraph 7" in line for line in told[1:])


@pytest.mark.parametrize(
    ("authority", "construct", "message"),
    [
        ("Leds", "turnover", "unknown authority 'Leds'; did you mean 'Leeds'"),
        ("Leeds", "turnovr", "unknown construct 'turnovr'; did you mean 'turnover'"),
        ("Leeds", "zzz", "unknown construct 'zzz'; choose from turnover"),
        ("Leeds", "turnover", "no inspection reports here"),
    ],
)
def test_evidence_refuses_in_one_line(authority, construct, message, tmp_path):
    with pytest.raises(RequestError, match=message):
        evidence.evidence_lines(authority, construct, tmp_path)


def test_the_command_takes_a_name_of_several_words_and_refuses_in_one_line(capsys, tmp_path):
    from analysis.cli.main import main

    with pytest.raises(SystemExit) as left:
        main(["evidence", "West", "Susex", "turnover", "--from", str(tmp_path)])
    told = capsys.readouterr().err
    assert left.value.code == 2 and told.count("\n") == 1
    assert "unknown authority 'West Susex'; did you mean 'West Sussex'?" in told


def test_a_difference_to_reports_without_a_problem_is_missing_where_there_are_none():
    rows = pd.DataFrame(
        {"construct": "turnover", "panel_code": list("abcd"), "problem_share": [0.1, 0.2, 0.3, 0.4]}
    ).assign(turnover_percent=[10.0, 12, 14, 16])
    agreed = validity.agreement(rows, "turnover", "turnover_percent", draws=20)
    assert (
        np.isnan(agreed.difference)
        and np.isnan(agreed.difference_low)
        and agreed.correlation == pytest.approx(1)
    )
