"""The probability sample, and what it sets right: accuracy, shares and regressions, against simulated truth."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.metrics import f1_score, precision_score, recall_score

from analysis.data.definitions import inspection_reports
from analysis.data.panel.figures import read_inspection_reports
from analysis.errors import DataError
from analysis.estimators.topics import design, validity
from analysis.estimators.topics.correction import corrected_regression
from analysis.inspections.coder.drawn import hand_coded, population_counts, with_coder
from analysis.paths import Project
from tests.making import REPOSITORY
from tests.making.measured_reports import made_reports

PROCESSED = Project(REPOSITORY).processed


def simulated(rng, n=600):
    """An outcome of truth 1 + 0.5 x, coded with errors that lean on x, and a third of it hand-coded."""
    x = rng.normal(size=n)
    truth = 1 + 0.5 * x + rng.normal(size=n)
    coded = truth - 0.4 * x + rng.normal(scale=0.5, size=n)
    chance = np.where(x > 0, 0.4, 0.25)
    drawn = rng.random(n) < chance
    terms = np.column_stack([np.ones(n), x])
    return coded, terms, np.where(drawn, truth, np.nan), terms, chance, drawn


def test_corrected_regression_holds_the_truth_where_the_naive_one_misses_it():
    rng = np.random.default_rng(1)
    fits = [corrected_regression(*simulated(rng)) for _ in range(300)]
    covered = np.mean([fit.conf_low[1] <= 0.5 <= fit.conf_high[1] for fit in fits])
    assert 0.92 <= covered <= 0.98
    assert np.mean([fit.estimates[1] for fit in fits]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([fit.naive[1] for fit in fits]) == pytest.approx(0.1, abs=0.02)


def test_corrected_regression_mends_a_term_that_was_coded_with_error():
    rng = np.random.default_rng(2)
    fits = []
    for _ in range(100):
        truth = rng.normal(size=800)
        outcome = 0.5 * truth + rng.normal(size=800)
        coded = truth + rng.normal(size=800)  # half of its variance is error: the naive slope is 0.25
        drawn = rng.random(800) < 0.4
        hand = np.where(drawn, truth, np.nan)[:, None]
        fits.append(corrected_regression(outcome, coded[:, None], outcome, hand, np.full(800, 0.4), drawn))
    assert np.mean([fit.estimates[0] for fit in fits]) == pytest.approx(0.5, abs=0.03)
    assert np.mean([fit.naive[0] for fit in fits]) == pytest.approx(0.25, abs=0.02)


def test_with_every_row_hand_coded_it_is_least_squares():
    rng = np.random.default_rng(4)
    coded, terms, _, _, _, _ = simulated(rng, 80)
    truth = coded + 1
    every = np.ones(80, dtype=bool)
    fit = corrected_regression(coded, terms, truth, terms, np.ones(80), every, clusters=np.arange(80) // 2)
    assert fit.estimates == pytest.approx(np.linalg.lstsq(terms, truth, rcond=None)[0])


def test_errors_are_clustered_by_what_is_given_and_are_those_of_statsmodels():
    """Everything coded by hand leaves least squares; its errors by clusters of four, with the factor G/(G − 1)."""
    rng = np.random.default_rng(6)
    clusters = np.repeat(np.arange(30), 4)
    terms = np.column_stack([np.ones(120), rng.normal(size=30)[clusters]])
    truth = terms @ [1, 0.5] + rng.normal(size=30)[clusters] + 0.3 * rng.normal(size=120)
    every, coded = np.ones(120, dtype=bool), truth + rng.normal(size=120)
    fit = corrected_regression(coded, terms, truth, terms, np.ones(120), every, clusters)
    for outcome, errors in ((truth, fit.std_errors), (coded, fit.naive_std_errors)):
        fitted = sm.OLS(outcome, terms).fit(
            cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
        )
        assert errors == pytest.approx(fitted.bse * np.sqrt(30 / 29))
    alone = corrected_regression(coded, terms, truth, terms, np.ones(120), every)
    assert fit.std_errors[0] > 1.5 * alone.std_errors[0]
    assert fit.conf_low == pytest.approx(fit.estimates - 1.959964 * fit.std_errors, abs=1e-6)
    assert fit.conf_high == pytest.approx(fit.estimates + 1.959964 * fit.std_errors, abs=1e-6)


@pytest.mark.parametrize("clustered", [True, False])
def test_a_row_that_stands_for_many_counts_as_often(clustered):
    rng = np.random.default_rng(6)
    rows = [*simulated(rng, 90), np.arange(90) // 5 if clustered else None]
    number = np.where(rows[5], 1, rng.integers(1, 6, 90))
    counted = corrected_regression(*rows, number)
    written_out = corrected_regression(
        *(None if row is None else np.repeat(row, number, axis=0) for row in rows)
    )
    for name in ("estimates", "std_errors", "naive", "naive_std_errors"):
        assert getattr(counted, name) == pytest.approx(getattr(written_out, name), rel=1e-12)
    assert (counted.n_rows, counted.n_hand_coded) == (number.sum(), rows[5].sum())


def by_authority(names, size=40, seed=3):
    """Two reports of each authority that err alike: what holds of one report holds of the other."""
    rng = np.random.default_rng(seed)
    share = np.clip(0.25 + 0.12 * rng.normal(size=len(names) // 2), 0.03, 0.9)
    reports = np.repeat(names, size)
    truth = rng.random(len(reports)) < np.repeat(np.repeat(share, 2), size)
    sample = pd.DataFrame(
        {
            "report": reports,
            "turnover": np.where(truth, "-", "0"),
            "turnover_coded": np.where(truth, "-", "0"),
            "chance": 1.0,
        }
    )
    counts = pd.DataFrame({"report": names, "sentences": size})
    counts["turnover_problem"] = truth.reshape(len(names), size).sum(axis=1)
    return {"turnover": design.sentences_of("turnover", counts, sample)}, counts


def clustered_share(counts, clusters):
    """A share of sentences and its error by clusters: the deviations of clusters' sums, squared, over all sentences."""
    share = counts["turnover_problem"].sum() / counts["sentences"].sum()
    left = (counts["turnover_problem"] - share * counts["sentences"]).groupby(clusters.to_numpy()).sum()
    return share, np.sqrt((left**2).sum() * len(left) / (len(left) - 1)) / counts["sentences"].sum()


def test_corrected_shares_have_errors_by_authority_and_not_by_report():
    names = np.array([f"r{i:02d}" for i in range(40)])
    population, counts = by_authority(names)
    authorities = pd.Series([f"Place {i // 2}" for i in range(40)], pd.Index(names))
    groups = pd.Series("all", pd.Index(names))
    (row,) = design.corrected_shares(population, groups, authorities).to_dict("records")
    share, error = clustered_share(counts, authorities)
    assert row["corrected"] == pytest.approx(100 * share)
    assert row["conf_high"] - row["conf_low"] == pytest.approx(2 * 1.959964 * 100 * error, rel=1e-5)
    assert (row["n_sentences"], row["n_hand_coded"]) == (1600, 1600)
    assert error > 1.2 * clustered_share(counts, pd.Series(names))[1]


def test_the_study_of_reports_clusters_corrected_shares_by_authority(monkeypatch):
    """What the notebook shows is by authority: the same two reports of a place are no two witnesses."""
    from analysis.reports.inspections import study

    names = np.array([f"r{i:02d}" for i in range(40)])
    population, counts = by_authority(names)
    reports = pd.DataFrame(
        {
            "report": names,
            "authority": [f"Place {i // 2}" for i in range(40)],
            "framework": np.where(np.arange(40) % 2, "sif", "ilacs_standard"),
            "overall": "good",
        }
    )
    shares = study._shares(reports, design.Design(pd.DataFrame(), population)).set_index("group")
    _, error = clustered_share(counts, reports["authority"])
    row = shares.loc[study.ALL]
    assert row["conf_high"] - row["conf_low"] == pytest.approx(2 * 1.959964 * 100 * error, rel=1e-5)


def test_agreements_with_figures_have_errors_by_authority():
    names = np.array([f"r{i:02d}" for i in range(40)])
    population, _ = by_authority(names)
    construct, figure = validity.PAIRS[0]
    rng = np.random.default_rng(8)
    rows = pd.DataFrame(
        {
            "construct": construct,
            "report": names,
            "authority": [f"Place {i // 2}" for i in range(40)],
            "framework": "ilacs_standard",
            **{name: np.repeat(rng.normal(15, 3, 20), 2) for _, name in validity.PAIRS},
        }
    )
    every = {name: population["turnover"] for name in inspection_reports.CONSTRUCTS}
    alike = pd.concat([rows.assign(construct=name) for name, _ in validity.PAIRS]).drop_duplicates(
        ["construct", "report"]
    )
    agreement = design.corrected_agreements(every, alike).iloc[0]
    sentences = population["turnover"]
    place = sentences.report
    x = (rows[figure] - rows[figure].mean()).to_numpy() / rows[figure].std(ddof=0)
    fitted = sm.OLS(100 * sentences.hand, sm.add_constant(x[place])).fit(
        cov_type="cluster", cov_kwds={"groups": place // 2, "use_correction": False}
    )
    assert agreement["corrected"] == pytest.approx(fitted.params[1])
    assert agreement["corrected_high"] - agreement["corrected"] == pytest.approx(
        1.959964 * fitted.bse[1] * np.sqrt(20 / 19), rel=1e-5
    )
    assert agreement["n_authorities"] == 20


def test_a_chance_of_zero_and_a_missing_hand_code_are_refused():
    coded, terms, hand, same, chance, drawn = simulated(np.random.default_rng(5), 60)
    with pytest.raises(DataError, match="chance above 0"):
        corrected_regression(coded, terms, hand, same, 0 * chance, drawn)
    with pytest.raises(DataError, match="has no hand code"):
        corrected_regression(coded, terms, np.full(60, np.nan), same, chance, drawn)


def drawn_from(truth, coded, reports, rng):
    """A population of sentences with true and coded problems on turnover, and a sample: 3 in 10 of those coded a problem,
    1 in 10 of the others."""
    chance = np.where(coded, 0.3, 0.1)
    drawn = rng.random(len(truth)) < chance
    sample = pd.DataFrame(
        {
            "report": reports[drawn],
            "turnover": np.where(truth[drawn], "-", "0"),
            "turnover_coded": np.where(coded[drawn], "-", "0"),
            "chance": chance[drawn],
        }
    )
    counted = pd.DataFrame({"report": reports, "problem": coded}).groupby("report")["problem"]
    counts = counted.agg(sentences="size", turnover_problem="sum").reset_index()
    return design.sentences_of("turnover", counts, sample)


def test_sentences_hold_every_report_and_every_coded_problem():
    rng = np.random.default_rng(0)
    reports = np.repeat([f"r{i}" for i in range(20)], 50)
    coded = rng.random(1000) < 0.2
    sentences = drawn_from(coded, coded, reports, rng)
    assert sentences.number.sum() == 1000 and sentences.problems.sum() == coded.sum()
    assert np.bincount(sentences.report, sentences.number).tolist() == [50] * 20
    assert (sentences.hand[sentences.drawn] == sentences.coded[sentences.drawn]).all()


def test_a_sample_larger_than_its_report_is_refused():
    sample = pd.DataFrame({"report": "r1", "turnover": "-", "turnover_coded": ["-", "-", "0"], "chance": 0.5})
    counts = pd.DataFrame({"report": ["r0", "r1"], "sentences": [9, 9], "turnover_problem": [3, 1]})
    with pytest.raises(DataError, match="r1: more sentences drawn on turnover than it has"):
        design.sentences_of("turnover", counts, sample)


def test_corrected_shares_hold_the_truth_where_coded_ones_miss_it():
    rng = np.random.default_rng(1)
    reports = np.repeat([f"r{i:03d}" for i in range(100)], 40)
    names = pd.Index(np.unique(reports))
    groups = pd.Series(np.where(np.arange(100) < 50, "first", "second"), names)
    is_second = groups[reports].to_numpy() == "second"
    covered, coded_share, corrected = [], [], []
    for _ in range(80):
        truth = rng.random(4000) < np.where(is_second, 0.3, 0.1)
        # Misses a third of problems, and hears one in 20 where there is none, in the second group only.
        coded = np.where(truth, rng.random(4000) < 0.67, is_second & (rng.random(4000) < 0.05))
        population = {"turnover": drawn_from(truth, coded, reports, rng)}
        first, second = design.corrected_shares(population, groups, pd.Series(names, names)).to_dict(
            "records"
        )
        covered.append(second["conf_low"] <= 30 <= second["conf_high"])
        coded_share.append(first["coded"])
        corrected.append(first["corrected"])
    assert 0.88 <= np.mean(covered) <= 1
    assert np.mean(coded_share) == pytest.approx(6.7, abs=0.3)
    assert np.mean(corrected) == pytest.approx(10, abs=0.4)


def test_weighted_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    truth, coded = (rng.choice(list("00-+~"), 300) for _ in range(2))
    weights = rng.uniform(1, 50, 300)
    scores = design.weighted_scores(truth, coded, weights)
    spoken = (truth != "0", coded != "0")
    expected = [score(*spoken, sample_weight=weights) for score in (precision_score, recall_score, f1_score)]
    problem = (truth == "-", coded == "-")
    expected += [
        score(*problem, sample_weight=weights) for score in (precision_score, recall_score, f1_score)
    ]
    assert scores == pytest.approx(expected)


def test_scores_where_nothing_is_coded_or_nothing_is_there_are_nil():
    none, some = np.array(["0", "+"]), np.array(["-", "0"])
    for truth, coded in ((none, some), (some, none), (none, none)):
        assert design.weighted_scores(truth, coded, np.ones(2))[3:].tolist() == [0, 0, 0]


def test_accuracy_over_the_population_counts_a_sentence_by_the_inverse_of_its_chance():
    rng = np.random.default_rng(9)
    sample = pd.DataFrame(
        {"report": np.repeat([f"r{i}" for i in range(20)], 10), "chance": rng.uniform(0.01, 1, 200)}
    )
    for name in inspection_reports.CONSTRUCTS:
        sample[name], sample[f"{name}_coded"] = rng.choice(list("0-+"), 200), rng.choice(list("0-+"), 200)
    accuracy = design.population_accuracy(sample, draws=5).set_index("construct")
    spoken = [sample[column] != "0" for column in ("turnover", "turnover_coded")]
    weights = 1 / sample["chance"]
    assert accuracy.loc["turnover", "precision"] == pytest.approx(
        precision_score(*spoken, sample_weight=weights)
    )
    assert accuracy.loc["turnover", "recall"] == pytest.approx(recall_score(*spoken, sample_weight=weights))
    # The means of problems leave out the two rare ones.
    frequent = [name for name in inspection_reports.CONSTRUCTS if name not in ("leadership", "resources")]
    for name, score in (("precision_problem", precision_score), ("recall_problem", recall_score)):
        of_each = [
            score(sample[construct] == "-", sample[f"{construct}_coded"] == "-", sample_weight=weights)
            for construct in frequent
        ]
        assert accuracy.loc["all", name] == pytest.approx(np.mean(of_each))


def named_reports(problems):
    """A population of reports with ten sentences each, of which ``problems`` are coded as one."""
    names = pd.Index([f"r{i:02d}" for i in range(len(problems))])
    coded = (np.arange(10) < np.array(problems)[:, None]).ravel().astype(float)
    place = np.repeat(np.arange(len(problems)), 10)
    missing = np.full(len(coded), np.nan)
    alone = np.ones(len(coded))
    return {"turnover": design.Sentences(names, place, coded, missing, missing, alone)}, names


def test_reports_that_name_a_problem_are_counted_once_each():
    problems = [0, 1, 1, 2, 7, 0, 1, 0, 3, 0]
    population, names = named_reports(problems)
    (row,) = design.reports_that_name(population, pd.Series(names, names)).to_dict("records")
    assert (row["n_reports"], row["n_named"], row["n_named_twice"]) == (10, 6, 3)
    # Reports of authorities of their own: the variance is p (1 − p) / 9, so that ten reports are worth nine.
    p, n, z = 0.6, 9, 1.959964
    middle, reach = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert row["share"] == pytest.approx(60)
    assert row["conf_low"] == pytest.approx(100 * (middle - reach) / (1 + z**2 / n), abs=1e-4)
    assert row["conf_high"] == pytest.approx(100 * (middle + reach) / (1 + z**2 / n), abs=1e-4)


def test_two_reports_alike_of_an_authority_are_worth_one():
    problems = np.repeat([0, 1, 1, 0, 1, 1, 1, 0], 2)
    population, names = named_reports(problems)
    twins = design.reports_that_name(population, pd.Series(np.arange(16) // 2, names)).iloc[0]
    single, halved = named_reports(problems[::2])
    alone = design.reports_that_name(single, pd.Series(halved, halved)).iloc[0]
    assert twins[["share", "conf_low", "conf_high"]].tolist() == pytest.approx(
        alone[["share", "conf_low", "conf_high"]].tolist()
    )


@pytest.mark.parametrize(("problems", "share"), [([0] * 20, 0), ([1] * 20, 100)])
def test_none_and_every_report_have_an_interval_with_a_width(problems, share):
    population, names = named_reports(problems)
    row = design.reports_that_name(population, pd.Series(names, names)).iloc[0]
    assert row["share"] == share and row["conf_high"] - row["conf_low"] == pytest.approx(16.1, abs=0.05)


def test_the_difference_of_two_groups_is_that_of_their_shares_by_authority():
    """Everything coded by hand: least squares on a dummy, errors by authority, whose reports are in both groups."""
    names = np.array([f"r{i:02d}" for i in range(40)])
    population, counts = by_authority(names)
    reports = pd.Index(names)
    groups = pd.Series(
        np.resize(["good", "inadequate", "good", "inadequate", "requires improvement"], 40), reports
    )
    authorities = pd.Series([f"Place {i // 2}" for i in range(40)], reports)
    (difference,) = design.corrected_differences(
        population, groups, "inadequate", "good", authorities
    ).to_dict("records")
    by_group = counts.groupby(groups.to_numpy())[["turnover_problem", "sentences"]].sum()
    shares = 100 * by_group["turnover_problem"] / by_group["sentences"]
    assert difference["difference"] == pytest.approx(shares["inadequate"] - shares["good"])
    place = population["turnover"].report
    dummies = pd.get_dummies(groups.to_numpy()[place], dtype=float)[["inadequate", "requires improvement"]]
    fitted = sm.OLS(100 * population["turnover"].hand, sm.add_constant(dummies)).fit(
        cov_type="cluster", cov_kwds={"groups": place // 2, "use_correction": False}
    )
    reach = 1.959964 * fitted.bse["inadequate"] * np.sqrt(20 / 19)
    assert difference["conf_high"] - difference["difference"] == pytest.approx(reach, rel=1e-5)
    with pytest.raises(DataError, match="no report of the group 'outstanding'"):
        design.corrected_differences(population, groups, "outstanding", "good", authorities)


def test_a_share_is_cut_at_nil_where_the_correction_steps_below():
    from analysis.reports.inspections.words import possible

    assert possible((0.1, -1.6, 1.8)) == (0.1, 0.0, 1.8)
    assert possible((-0.2, -0.4, 0.1)) == (0.0, 0.0, 0.1)


@pytest.mark.parametrize(
    ("share", "digits"),
    [
        ((4.6, 3.7, 5.5), 1),
        ((0.06, 0.04, 0.09), 2),  # 0.1 (0.0 to 0.1) reads as its own limit
        ((0.004, 0.001, 0.009), 3),
        ((0.0, 0.0, 0.3), 1),  # cut at nil: the estimate is its limit
    ],
)
def test_a_share_is_read_with_decimals_that_tell_it_from_its_limits(share, digits):
    from analysis.reports.inspections.words import digits_of

    assert digits_of(share) == digits


NO_JOINT = pd.DataFrame(columns=list(inspection_reports.PAIR_COLUMNS))


def made_design(reports):
    """A sample of the first ten sentences of each report, half of its errors right."""
    rng = np.random.default_rng(7)
    sample = pd.DataFrame({"report": np.repeat(reports["report"], 2), "chance": 2 / 300})
    for name in inspection_reports.CONSTRUCTS:
        sample[name] = rng.choice(list("0-+"), len(sample))
        sample[f"{name}_coded"] = "0"
    return design.design_of(reports, sample)


@pytest.fixture(scope="module")
def made_study():
    from analysis.reports.inspections.study import study_reports

    reports = made_reports(160).assign(coder="made", inspection_end="2019-03-08")
    reports["framework"] = np.resize(["ilacs_standard", "sif"], len(reports))
    reports.loc[0, "authority"] = "Leeds"
    codes = reports["authority_code"].unique()
    rng = np.random.default_rng(6)
    panel = pd.DataFrame({"authority_code": codes, "year": 2018}).assign(
        **{name: rng.normal(15, 3, len(codes)) for _, name in validity.PAIRS}
    )
    return study_reports(reports, NO_JOINT, panel, made_design(reports), "Leeds", draws=20)


def test_every_chart_and_table_of_the_notebook_has_its_words(made_study):
    from analysis.reports.inspections import charts as inspections
    from analysis.reports.inspections import tables as inspection_tables
    from analysis.reports.inspections.compared import compared_pairs
    from analysis.reports.inspections.words import (
        figures_result,
        grades_result,
        inspections_answer,
        inspections_described,
        inspections_limits,
        pairs_result,
    )

    study = made_study
    charts = (
        inspections.spoken_of,
        inspections.over_time,
        inspections.pairs_forest,
        inspections.figures_forest,
    )
    for draw in charts:
        chart = draw(study)
        assert chart.caption and chart.source and any(digit in chart.alt for digit in "0123456789")
    # All pairs that claims are about are drawn, whether they are clear or not.
    assert all(
        pair in inspections.pairs_forest(study).alt
        for pair in ("Turnover of workers and visits to children", "Caseload and oversight")
    )
    shares = inspection_tables.shares_table(study).frame
    assert len(shares) == 8 and not shares.astype(str).stack().str.contains("−").any(), (
        "no share lies below nil"
    )
    assert len(inspection_tables.accuracy_table(study).frame) == 9
    evidence = inspection_tables.pair_evidence_table(study)
    assert "Caseload and visits to children" in set(evidence.frame["Pair"]) and "codebook" in evidence.note
    for words in (inspections_described, figures_result, pairs_result, grades_result, inspections_limits):
        assert any(digit in words(study).markdown for digit in "0123456789")
    answer = inspections_answer(study)
    n_corrected = sum(pair.corrected is not None for pair in compared_pairs(study))
    assert f"allow for testing {n_corrected} pair" in answer.answer and "odds ratio" not in answer.answer
    assert f"of {n_corrected} pair" in inspections.pairs_forest(study).caption
    assert list(inspection_tables.own_table(study).frame) == ["Construct", "2019"]
    assert study.as_dict()["n_reports"] == 160
    assert study.as_dict()["reports_that_name"][0]["n_named"] == (study.reports["turnover_problem"] > 0).sum()


def test_the_answer_counts_reports_and_never_leaves_a_rate_of_sentences_without_its_unit(made_study):
    from analysis.reports.inspections.words import inspections_answer

    reports = made_study.reports
    said = inspections_answer(made_study)
    first, grades, *_ = said.answer.split("\n\n")
    years = sorted({day[:4] for day in reports["inspection_start"] if day})
    told = " to ".join(dict.fromkeys([*years[:1], *years[-1:]]))
    assert not years or f" inspection reports of {told} on " in first
    assert ("says little of today" in said.not_shown) == (len(years) > 1)
    assert "No report was in both training and test" in said.certainty
    counted = {
        name: int((reports[f"{name}_problem"] > 0).sum()) for name in ("turnover", "caseload", "drift")
    }
    assert (
        f"at least once in {counted['turnover']} ({100 * counted['turnover'] / 160:.0f}%, 95% interval"
        in first
    )
    assert (
        f"caseload in {counted['caseload']} (" in first
        and f"drift and delay in {counted['drift']} (" in first
    )
    assert "of every 100 sentences (not of 100 reports), " in grades and "same inspectors write" in grades
    twice = (reports["turnover_problem"] > 1).sum()
    assert f"at least two speak of turnover of workers in {twice}" in said.certainty
    assert "coded by hand within this project." in said.certainty
    accuracy = made_study.accuracy.set_index("construct").loc["turnover"]
    assert (
        f"naming turnover of workers as a problem, {100 * accuracy['precision_problem']:.0f} do"
        in said.certainty
    )
    assert f"it finds {100 * accuracy['recall_problem']:.0f} of 100 that do" in said.certainty


@pytest.mark.parametrize(
    ("turnover", "caseload", "said"),
    [
        (
            (1.2, 0.6, 1.8),
            (1.0, 0.1, 2.0),
            "give more of their text to turnover of workers and caseload as problems,",
        ),
        (
            (1.2, 0.6, 1.8),
            (0.1, -0.1, 0.3),
            "give more of their text to turnover of workers as a problem and give neither clearly more nor clearly less "
            "of it to caseload,",
        ),
        (
            (-1.2, -1.8, -0.6),
            (1.0, 0.1, 2.0),
            "give more of their text to caseload as a problem and give less of their text to turnover of workers as a "
            "problem,",
        ),
        (
            (0.0, -0.1, 0.1),
            (0.0, 0.0, 0.0),
            "neither clearly more nor clearly less of it to turnover of workers and caseload,",
        ),
    ],
)
def test_the_answer_says_which_problems_worse_reports_write_more_of(made_study, turnover, caseload, said):
    from dataclasses import replace

    from analysis.reports.inspections.words import inspections_answer

    worse = made_study.worse.set_index("construct")
    for name, gap in (("turnover", turnover), ("caseload", caseload)):
        worse.loc[name, ["difference", "conf_low", "conf_high"]] = gap
    answer = inspections_answer(replace(made_study, worse=worse.reset_index())).answer
    assert said in answer


def test_a_sample_of_other_reports_than_the_population_is_refused():
    reports = made_reports(20)
    sample = made_design(reports).sample.assign(report="elsewhere")
    with pytest.raises(DataError, match="isn't in the population"):
        design.design_of(reports, sample)


def test_the_sample_is_drawn_from_the_population_that_was_coded():
    sample, counts = hand_coded(), population_counts()
    assert sample["chance"].between(0, 1, inclusive="right").all()
    assert set(sample["report"]) <= set(counts["report"])
    # The inverse chances add up to the sentences of the population, stratum by stratum.
    assert (1 / sample["chance"]).sum() == pytest.approx(counts["sentences"].sum())
    assert not sample.duplicated(["report", "page", "sha256_16"]).any()
    assert list(with_coder()["sha256_16"]) == list(sample["sha256_16"])


def test_the_population_counts_the_sentences_that_measures_count():
    counted = design.population_counts().assign(report=lambda table: table["report"].str.removesuffix(".pdf"))
    measured = read_inspection_reports(PROCESSED).set_index("report")["sentences"]
    assert measured[counted["report"]].tolist() == counted["sentences"].tolist()


@pytest.mark.shared
def test_no_sentence_of_a_reserved_report_was_drawn(shared_data):
    reserved = set((shared_data.parent / "gold" / "reserved_reports.txt").read_text("utf-8").split())
    assert reserved and not reserved & (set(hand_coded()["report"]) | set(population_counts()["report"]))


def test_intervals_of_a_corrected_regression_are_of_95_per_cent():
    generator = np.random.default_rng(0)
    terms = np.column_stack([np.ones(200), generator.normal(size=200)])
    outcome = generator.normal(size=200)
    fit = corrected_regression(outcome, terms, outcome, terms, np.ones(200), np.ones(200, bool))
    assert (fit.conf_high - fit.estimates) / fit.std_errors == pytest.approx([1.959964] * 2, abs=1e-5)
    assert (fit.estimates - fit.conf_low) / fit.std_errors == pytest.approx([1.959964] * 2, abs=1e-5)


def test_pairs_that_stand_are_told_with_their_direction():
    from analysis.findings.interval import IntervalEstimate
    from analysis.reports.inspections import words
    from analysis.reports.inspections.compared import Compared

    def pair(names, ratio):
        interval = IntervalEstimate(estimate=ratio, conf_low=ratio * 0.9, conf_high=ratio * 1.1)
        return Compared("", names, interval, interval, 1.0, True, True)

    told = words._pairs((pair(("turnover", "caseload"), 1.5), pair(("drift", "oversight"), 0.8)))
    assert "turnover of workers and caseload occur together in reports more often than by chance; " in told
    assert told.endswith("occur together in reports less often than by chance.")
