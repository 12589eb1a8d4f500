"""Pairs of constructs: one regression of both directions, sentences that assert a pair, and the coder's errors taken out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.data.definitions import inspection_reports
from analysis.data.definitions.inspection_reports import overall_grade
from analysis.data.panel import figures
from analysis.data.panel.figures import read_inspection_report_pairs, read_inspection_reports
from analysis.errors import DataError, RequestError
from analysis.estimators.topics.associations import grade_columns, log_odds, pairs, standard_share, tone
from analysis.estimators.topics.design import load_design
from analysis.estimators.topics.pair_correction import (
    CodedPair,
    corrected_counts,
    corrected_pair,
    fieller,
    quasi_logit,
)
from analysis.estimators.topics.pair_evidence import pair_evidence
from analysis.estimators.topics.pairs import joint_sentences, pair_association, without
from analysis.files.data_package import NAME
from analysis.inspections.measuring import folder as measuring
from analysis.paths import Project
from analysis.reports.inspections.findings import findings_of_evidence
from tests.making import REPOSITORY
from tests.making.measured_reports import made_reports
from tests.making.pair_simulation import coverage

PROCESSED = Project(REPOSITORY).processed
NO_JOINT = pd.DataFrame(columns=list(inspection_reports.PAIR_COLUMNS))
TURNED = (("turnover", "visits"), ("visits", "turnover"))


@pytest.fixture(scope="module")
def real():
    return read_inspection_reports(PROCESSED), read_inspection_report_pairs(PROCESSED)


def joint_of(reports, counts, first="turnover", second="caseload", rating="problem"):
    frame = pd.DataFrame({"report": reports["report"], "first": first, "second": second, "rating": rating})
    return frame.assign(sentences=counts)[np.asarray(counts) > 0]


# ----------------------------------------------------------------------------------------------- the table
def test_sentences_coded_alike_on_two_constructs_are_counted_by_hand():
    codes = pd.DataFrame("0", index=range(4), columns=list(inspection_reports.CONSTRUCTS))
    codes.loc[0, ["turnover", "visits"]] = "-"
    codes.loc[1, ["turnover", "visits", "plans"]] = "-"
    codes.loc[2, ["turnover", "visits"]] = ["-", "+"]
    codes.loc[3, ["drift", "oversight"]] = "+"
    assert measuring.pair_counts(codes) == {
        ("turnover", "plans", "problem"): 1,
        ("turnover", "visits", "problem"): 2,
        ("plans", "visits", "problem"): 1,
        ("drift", "oversight", "strength"): 1,
    }


def test_the_table_fits_that_of_reports_and_is_sorted(real):
    reports, pairs = real
    place = {
        name: number
        for number, name in enumerate((*inspection_reports.CONSTRUCTS, *inspection_reports.PAIR_RATINGS))
    }
    keys = [
        (row.report, place[row.first], place[row.second], place[row.rating]) for row in pairs.itertuples()
    ]
    assert keys == sorted(keys) and len(set(keys)) == len(keys) > 3000
    assert (pairs["sentences"] > 0).all() and set(pairs["report"]) <= set(reports["report"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"report": "elsewhere"}, "elsewhere, turnover and visits: isn't in the table of inspection reports"),
        (
            {"first": "visits", "second": "turnover"},
            "isn't a pair of constructs in the order of the codebook",
        ),
        ({"second": "turnover"}, "isn't a pair of constructs"),
        ({"rating": "mixed"}, "rating is none of problem, strength"),
        ({"sentences": 6}, "r0, turnover and visits: 6 sentences on both, where either has 5"),
        ({"sentences": 0}, "0 sentences on both"),
    ],
)
def test_a_row_that_fits_no_report_is_refused_in_one_line(change, message):
    reports = made_reports(3).assign(turnover_problem=5, visits_problem=9)
    row = {"report": "r0", "first": "turnover", "second": "visits", "rating": "problem", "sentences": 2}
    inspection_reports.check_pairs(pd.DataFrame([row]), reports, "made.csv")
    with pytest.raises(DataError, match=message) as refused:
        inspection_reports.check_pairs(pd.DataFrame([row | change]), reports, "made.csv")
    assert str(refused.value).startswith("made.csv: ") and "\n" not in str(refused.value)


def test_a_repeated_row_and_an_edited_table_are_refused(real, tmp_path):
    reports, pairs = real
    with pytest.raises(DataError, match="appears twice"):
        inspection_reports.check_pairs(pd.concat([pairs, pairs.head(1)]), reports, "made.csv")
    for name in (NAME, "inspection_reports.csv", "inspection_report_pairs.csv"):
        (tmp_path / name).write_bytes((PROCESSED / name).read_bytes())
    assert figures.read_inspection_report_pairs(tmp_path).equals(pairs)
    table = tmp_path / "inspection_report_pairs.csv"
    table.write_bytes(table.read_bytes().replace(b",1\n", b",2\n", 1))
    with pytest.raises(DataError, match=r"inspection_report_pairs\.csv: edited or truncated"):
        figures.read_inspection_report_pairs(tmp_path)


@pytest.mark.shared
def test_the_reports_of_an_authority_give_their_rows_again(shared_data, real):
    from analysis.inspections.reading.reports import read_reports

    reports, pairs = real
    if set(reports["coder"]) != {measuring.coder()}:
        pytest.skip("the table was coded by another coder; run `plan-drift ingest inspections`")
    folder = shared_data / "ofsted"
    paths = sorted((folder / "reports").glob("*west-sussex*.pdf"))
    made = measuring.measured(read_reports(paths, with_sentences=True), measuring.read_index(folder), jobs=1)
    kept = pairs[pairs["report"].isin(made.reports["report"])].reset_index(drop=True)
    assert len(kept) and made.pairs.to_dict() == kept.to_dict()


# ---------------------------------------------------------------------------------------- both directions
@pytest.mark.parametrize(
    ("first", "second", "rating"),
    [
        ("turnover", "visits", "problem"),
        ("drift", "oversight", "problem"),
        ("leadership", "turnover", "strength"),
    ],
)
def test_each_direction_is_the_regression_that_pairs_are_fitted_by(real, first, second, rating):
    reports, joint = real
    association = pair_association(
        reports, joint, first, second, rating, disjoint=False, grade=True, without_authorities=()
    )
    forward, backward = log_odds(reports, first, second, rating), log_odds(reports, second, first, rating)
    assert association.estimates == pytest.approx([forward[0], backward[0]], abs=1e-8)
    assert association.std_errors == pytest.approx([forward[1], backward[1]], abs=1e-8)


def test_a_grade_without_a_problem_says_nothing_and_stops_nothing(real):
    reports, joint = real
    graded = overall_grade(reports)
    bare = (graded == "outstanding").to_numpy()
    reports = reports.assign(caseload_problem=reports["caseload_problem"].where(~bare, 0))
    own = joint["report"].isin(reports["report"][bare]) & (joint[["first", "second"]] == "caseload").any(
        axis=1
    )
    association = pair_association(
        reports, joint[~own], "turnover", "caseload", disjoint=False, grade=True, without_authorities=()
    )
    # The bare grade's own column fits it by itself: what is left is the regression on the other reports.
    share, tones = standard_share(reports, "turnover"), tone(reports, ("turnover", "caseload"))
    others = grade_columns(reports)
    others = others[:, others[bare].sum(axis=0) == 0]
    design = np.column_stack([np.ones(len(reports)), share, tones, others])[~bare]
    counts = reports["caseload_problem"].to_numpy()
    table = np.column_stack([counts, reports["sentences"] - counts])[~bare]
    fit = sm.GLM(table, design, family=sm.families.Binomial()).fit()
    assert association.estimates[1] == pytest.approx(fit.params[1], abs=1e-5)
    assert np.isfinite(association.std_errors).all() and (association.std_errors > 0).all()
    assert np.isfinite(pairs(reports)[["odds_ratio", "conf_low", "conf_high", "q_value"]].to_numpy()).all()


def test_reports_of_which_none_is_good_are_compared_by_the_grades_that_they_have(real):
    reports, joint = real
    reports = reports[(overall_grade(reports) != "good").to_numpy()].reset_index(drop=True)
    assert np.linalg.matrix_rank(np.column_stack([np.ones(len(reports)), grade_columns(reports)])) == 4
    joint = joint[joint["report"].isin(reports["report"])]
    association = pair_association(
        reports, joint, "turnover", "caseload", disjoint=True, grade=True, without_authorities=()
    )
    assert np.isfinite(association.std_errors).all()
    assert np.isfinite(pairs(reports)[["odds_ratio", "conf_low", "conf_high", "q_value"]].to_numpy()).all()


def test_their_covariance_is_that_of_one_stacked_regression():
    reports = made_reports(150)
    association = pair_association(reports, NO_JOINT, "turnover", "caseload", disjoint=False, grade=False)
    blocks, counts = [], []
    for place, (outcome, other) in enumerate((("turnover", "caseload"), ("caseload", "turnover"))):
        own = np.column_stack([np.ones(150), standard_share(reports, other), tone(reports, (outcome, other))])
        blocks.append(np.hstack([own, np.zeros_like(own)][:: 1 if place == 0 else -1]))
        counts.append(np.column_stack([reports[f"{outcome}_problem"], 300 - reports[f"{outcome}_problem"]]))
    groups = np.tile(pd.factorize(reports["authority"])[0], 2)
    model = sm.GLM(np.vstack(counts), np.vstack(blocks), family=sm.families.Binomial())
    stacked = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    # Small samples are allowed for by rows and terms: 300 and 6 stacked, 150 and 3 in each direction.
    factor = (149 / 147) / (299 / 294)
    expected = stacked.cov_params()[np.ix_([1, 4], [1, 4])] * factor
    assert association.covariance == pytest.approx(expected, rel=1e-6)
    assert association.mean_std_error == pytest.approx(np.sqrt(expected.sum()) / 2, rel=1e-6)
    assert association.influence.shape == (40, 2) and len(association.authorities) == 40


def asserted(effect, per_report, seed, n=500):
    """Reports whose two problems go together by ``effect``, and, besides, in sentences that name both."""
    rng = np.random.default_rng(seed)
    reports = made_reports(n, seed)
    shared, other = rng.normal(size=n), rng.normal(size=n)
    for name, own in (("turnover", shared), ("visits", effect * shared + np.sqrt(1 - effect**2) * other)):
        reports[f"{name}_problem"] = rng.binomial(300, 1 / (1 + np.exp(4 - 0.6 * own)))
    both = rng.poisson(per_report, n) * rng.integers(0, 2, n) * 2
    reports[["turnover_problem", "visits_problem"]] += both[:, None]
    reports["sentences"] += both
    return reports, joint_of(reports, both, "turnover", "visits")


def test_an_association_that_sentences_assert_is_gone_without_them():
    reports, joint = asserted(0.0, 2.0, seed=4)
    whole = pair_association(reports, joint, "turnover", "visits", disjoint=False, grade=True)
    apart = pair_association(reports, joint, "turnover", "visits", disjoint=True, grade=True)
    assert whole.mean > 4 * whole.mean_std_error
    assert abs(apart.mean) < 2.5 * apart.mean_std_error and apart.n_joint == joint["sentences"].sum()
    assert apart.n_sentences == whole.n_sentences - apart.n_joint


def test_an_association_that_no_sentence_asserts_stays():
    reports, joint = asserted(0.6, 2.0, seed=4)
    apart = pair_association(reports, joint, "turnover", "visits", disjoint=True, grade=False)
    never, none = asserted(0.6, 0.0, seed=4)
    without_any = pair_association(never, none, "turnover", "visits", disjoint=False, grade=False)
    assert apart.mean > 4 * apart.mean_std_error
    assert apart.mean == pytest.approx(without_any.mean, abs=3 * apart.mean_std_error)


def test_the_order_of_a_pair_turns_its_directions_and_nothing_else(real):
    forward, backward = (
        pair_association(*real, first, second, disjoint=True, grade=True) for first, second in TURNED
    )
    assert forward.estimates == pytest.approx(backward.estimates[::-1])
    assert forward.n_joint == backward.n_joint > 0
    assert forward.mean_std_error == pytest.approx(backward.mean_std_error)
    assert forward.mean_std_error <= forward.std_errors.max()


def test_reports_that_claims_come_from_are_left_out(real):
    reports, joint = real
    association = pair_association(reports, joint, "turnover", "visits", disjoint=False, grade=True)
    assert len(reports) - association.n_reports == reports["authority"].str.contains("West Sussex").sum() > 0
    assert "West Sussex" not in association.authorities
    assert len(without(reports, ())) == len(reports)


def test_a_report_is_left_out_by_its_authoritys_name_or_by_its_code_alone():
    reports = pd.DataFrame(
        {
            "authority": ["West Sussex County Council", "West Sussex", "Children’s services", "Surrey"],
            "authority_code": ["", "E10000032", "E10000032", "E10000030"],
        }
    )
    for asked in ("West Sussex", "E10000032"):
        assert without(reports, [asked])["authority"].tolist() == ["Surrey"]


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"first": "turnovr"}, RequestError, "unknown construct 'turnovr'; did you mean 'turnover'"),
        ({"second": "turnover"}, RequestError, "a pair takes two constructs, not 'turnover' twice"),
        ({"rating": "problems"}, RequestError, "unknown rating 'problems'; did you mean 'problem'"),
        ({"without_authorities": ("West Susex",)}, RequestError, "did you mean 'West Sussex'"),
        ({"rating": "strength"}, DataError, "visits: 0 sentences coded as strength"),
    ],
)
def test_what_cant_be_estimated_is_refused_in_one_line(asked, error, message):
    reports = made_reports(60).assign(visits_strength=0)
    names = {"first": "turnover", "second": "visits"} | asked
    with pytest.raises(error, match=message):
        pair_association(reports, NO_JOINT, **names, disjoint=False, grade=True)


def test_more_joint_sentences_than_either_has_are_refused():
    reports = made_reports(60)
    with pytest.raises(DataError, match="r0: 400 sentences on both turnover and caseload, where either has"):
        joint_sentences(reports, joint_of(reports, [400] + [0] * 59), "turnover", "caseload", "problem")


# ------------------------------------------------------------------------------------------ the correction
def drawn_pair(rng, effect, n_reports=150, n_sentences=200, missed=0.3, invented=0.02, perfect=False):
    """A population whose truth is known, and 4 of 10 heard sentences and 1 of 20 others drawn for hand coding."""
    level = rng.normal(size=n_reports)
    report = np.repeat(np.arange(n_reports), n_sentences)
    chance = [
        1 / (1 + np.exp(2.9 - own))[report]
        for own in (effect * level + 0.3 * rng.normal(size=n_reports), 0.6 * level)
    ]
    truth = np.column_stack([rng.random(len(report)) < own_chance for own_chance in chance])
    said = np.where(truth, rng.random(truth.shape) > missed, rng.random(truth.shape) < invented)
    said = truth if perfect else said
    probability = np.where(said.any(axis=1), 0.4, 0.05)
    drawn = np.flatnonzero(rng.random(len(report)) < probability)

    def counts(codes):
        return np.column_stack([np.bincount(report, column, n_reports) for column in codes.T])

    joint = np.bincount(report, said.all(axis=1), n_reports).astype(float)
    totals = np.full(n_reports, float(n_sentences))
    pair = CodedPair(
        counts(said), joint, totals, report[drawn], probability[drawn], said[drawn], truth[drawn]
    )
    whole = CodedPair(
        counts(truth), np.bincount(report, truth.all(axis=1), n_reports), totals, report[drawn],
        probability[drawn], truth[drawn], truth[drawn],
    )  # fmt: skip
    return pair, whole


NOTHING, EACH = np.zeros((150, 0)), np.arange(150)


@pytest.mark.parametrize("disjoint", [False, True])
def test_a_coder_without_errors_needs_no_correction(disjoint):
    pair, _ = drawn_pair(np.random.default_rng(2), 0.5, perfect=True)
    corrected = corrected_pair(pair, NOTHING, EACH, disjoint=False)
    assert corrected.calibration == pytest.approx([1, 1])
    assert corrected.estimates == pytest.approx(corrected.coded)
    counts, totals = corrected_counts(pair, disjoint)
    assert disjoint or (counts.tolist() == pair.coded.tolist() and totals.tolist() == pair.sentences.tolist())


def test_corrected_counts_are_right_on_average_with_and_without_sentences_on_both():
    rng = np.random.default_rng(3)
    off = []
    for _ in range(60):
        pair, whole = drawn_pair(rng, 0.5, n_reports=40)
        for disjoint in (False, True):
            taken = whole.joint.sum() if disjoint else 0
            counts, totals = corrected_counts(pair, disjoint)
            off.append([*(counts.sum(axis=0) - whole.coded.sum(axis=0) + taken), totals.sum() - 8000 + taken])
    off = np.array(off).reshape(60, 2, 3)
    reach = 3 * off.std(axis=0) / np.sqrt(60) + 1e-9
    assert (np.abs(off.mean(axis=0)) < reach).all()


@pytest.mark.parametrize("effect", [0.0, 0.5])
def test_its_interval_holds_what_a_coder_without_errors_would_have_found(effect):
    rng = np.random.default_rng(11)
    held, errors, coded = [], [], []
    for _ in range(80):
        pair, whole = drawn_pair(rng, effect)
        corrected, true = (corrected_pair(coded_pair, NOTHING, EACH, False) for coded_pair in (pair, whole))
        # Per sentence more in 100, since the unit is that of the coder.
        truth = true.coded / true.unit_per_100 * corrected.unit_per_100
        held.append((corrected.conf_low <= truth) & (truth <= corrected.conf_high))
        errors.append(corrected.estimates - truth)
        coded.append(corrected.coded - truth)
    assert (np.mean(held, axis=0) >= 0.9).all()
    bias, naive_bias = np.abs(np.mean(errors, axis=0)), np.abs(np.mean(coded, axis=0))
    assert (bias < 3 * np.std(errors, axis=0) / np.sqrt(80) + 0.02).all()
    assert effect == 0 or (naive_bias > 2 * bias).any()


def test_a_logit_of_whole_counts_is_that_of_statsmodels():
    rng = np.random.default_rng(1)
    design = np.column_stack([np.ones(80), rng.normal(size=80)])
    totals = rng.integers(50, 200, 80).astype(float)
    counts = rng.binomial(totals.astype(int), 1 / (1 + np.exp(2 - 0.4 * design[:, 1])))
    fitted = sm.GLM(np.column_stack([counts, totals - counts]), design, family=sm.families.Binomial()).fit()
    coefficients, information = quasi_logit(counts.astype(float), totals, design)
    assert coefficients == pytest.approx(fitted.params, abs=1e-8)
    assert np.linalg.inv(information) == pytest.approx(fitted.cov_params(), rel=1e-5)
    with pytest.raises(DataError, match="no sentence of the outcome"):
        quasi_logit(-counts.astype(float), totals, design)


def test_a_logit_without_a_single_root_is_refused():
    counts, totals = np.array([3.0, 5.0, 0.0]), np.array([40.0, 60.0, 50.0])
    apart = np.column_stack([np.ones(3), [0, 0, 1]])  # no sentence of the third: its own term has no end
    for design in (np.ones((3, 2)), apart):
        with pytest.raises(DataError, match="have no logistic regression"):
            quasi_logit(counts, totals, design)


def test_fiellers_limits_are_where_the_test_of_a_ratio_turns():
    covariance = np.array([[0.04, 0.01], [0.01, 0.02]])
    low, high = fieller(0.5, 0.8, covariance, 1.96)
    ratios = np.linspace(-2, 4, 60_001)
    variance = covariance[0, 0] - 2 * ratios * covariance[0, 1] + ratios**2 * covariance[1, 1]
    kept = ratios[(0.5 - ratios * 0.8) ** 2 <= 1.96**2 * variance]
    assert (low, high) == pytest.approx((kept.min(), kept.max()), abs=2e-4)
    assert fieller(0.5, 0.2, covariance, 1.96) == (-np.inf, np.inf)


def test_too_few_hand_codes_are_refused():
    pair, _ = drawn_pair(np.random.default_rng(5), 0.0)
    nobody = CodedPair(
        *(getattr(pair, name) for name in ("coded", "joint", "sentences", "report", "chance", "said")),
        pair.hand & False,
    )
    with pytest.raises(DataError, match="0 hand-coded sentences on one side; 10 are the fewest"):
        corrected_pair(nobody, NOTHING, EACH, False)


# ------------------------------------------------------------------------------------------- the evidence
def test_evidence_holds_every_variant_and_says_who_coded(real):
    evidence = pair_evidence(*real, "drift", "oversight")
    whole, apart = evidence.associations[False, True], evidence.associations[True, True]
    # Most of what goes together here is said in one sentence: what is left is less, and in both directions.
    assert (apart.estimates < whole.estimates).all() and apart.n_joint > 800
    assert len(evidence.corrected) == len(evidence.associations) == 4 and not evidence.why_not_corrected
    assert all(
        correction.calibration == pytest.approx([1, 1], abs=0.5) for correction in evidence.corrected.values()
    )
    assert "codebook" in evidence.coded_by and "2,014" in evidence.coded_by
    plain = evidence.as_dict()
    assert [association["disjoint"] for association in plain["associations"]] == [False, False, True, True]
    names = [finding.name for finding in findings_of_evidence([evidence])]
    assert names == [
        f"problems-drift-oversight-{end}" for end in ("disjoint", "disjoint-without-grade", "corrected")
    ]


def test_strengths_are_not_corrected_and_it_is_said_why(real):
    evidence = pair_evidence(*real, "leadership", "turnover", "strength")
    assert not evidence.corrected and "problems only" in evidence.why_not_corrected
    assert [finding.name for finding in findings_of_evidence([evidence], "-from-2019")] == [
        "strengths-leadership-turnover-from-2019-disjoint",
        "strengths-leadership-turnover-from-2019-disjoint-without-grade",
    ]


# ----------------------------------------------------------------------------------------- planted truths
def test_what_is_planted_with_the_coders_real_errors_is_found_again(real):
    reports, design = without(real[0], ("West Sussex",)), load_design()
    nothing, much = (
        coverage(reports, design, "drift", "oversight", effect, draws=15) for effect in (0.0, 0.3)
    )
    assert np.abs(nothing.truth).max() < 0.03 and nothing.mean_clear <= 0.2
    assert (much.truth > 0.2).all() and much.mean_clear >= 0.8
    for covered in (nothing, much):
        assert (covered.held >= 0.8).all() and covered.mean_held >= 0.8
        assert (np.abs(covered.estimate - covered.truth) < 3 * covered.spread / np.sqrt(15) + 0.02).all()
    assert (
        coverage(reports, design, "drift", "oversight", 0.3, draws=2).width
        == coverage(reports, design, "drift", "oversight", 0.3, draws=2).width
    )


def test_what_sentences_assert_is_planted_and_taken_out(real):
    reports, design = without(real[0], ("West Sussex",)), load_design()
    whole, apart = (
        coverage(reports, design, "turnover", "leadership", 0.0, asserted=2.0, disjoint=disjoint, draws=4)
        for disjoint in (False, True)
    )
    assert (whole.truth > 0.1).all() and (np.abs(apart.truth) < 0.1).all()
