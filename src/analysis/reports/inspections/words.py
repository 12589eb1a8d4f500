"""Sentences with computed numbers on inspection reports. Words follow the rule of ``wording``: nothing is an effect."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.inspections.measuring.agreement import OWN, agreement, counts, heard
from analysis.inspections.measuring.folder import coder
from analysis.inspections.measuring.measures import accuracy
from analysis.showing.numbers import interval, listed, number, probability
from publishing.display import Prose

from .study import ALL, InspectionStudy


def inspections_described(study: InspectionStudy) -> Prose:
    """Say which reports were read, how many sentences, and by which coder."""
    reports = study.reports
    days = reports["inspection_start"][reports["inspection_start"] != ""]
    own = len(study.own["report"].unique())
    return Prose(
        f"{len(reports)} reports of {reports['authority'].nunique()} authorities, inspections begun "
        f"{days.min()[:4]} to {days.max()[:4]}; {int(reports['sentences'].sum()):,} sentences on the "
        "authority's own work, each coded on eight constructs by the coder "
        f"{listed(sorted(reports['coder'].unique()))}. **{study.authority}** has {own} of the reports and "
        f"is marked.{_not_current(study)}"
    )


def _not_current(study: InspectionStudy) -> str:
    coders = set(study.reports["coder"])
    if coders == {coder()}:
        return ""
    return (
        f" The coder of this package is {coder()}: `plan-drift ingest inspections` measures the reports anew."
    )


def inspections_result(study: InspectionStudy) -> Prose:
    """Say how good the coding is, how shares go with grades, which pairs stand, and what official figures say."""
    return Prose("\n\n".join((_accuracy(study), _grades(study), _pairs(study), _agreement(study))))


def _accuracy(study: InspectionStudy) -> str:
    found = accuracy()["final"]["constructs"]
    best, worst = (pick(LABELS, key=lambda name: found[name]["f1_problem"][0]) for pick in (max, min))
    (mentioned, problem) = accuracy()["final"]["headline"].values()
    whole = study.accuracy.set_index("construct").loc["all"]
    return (
        "**Accuracy.** Each half of the reports is coded by a coder that learnt from the other half; the "
        "package's own learnt from both and should do a little better. Averaged over constructs, F1 is "
        f"{number(mentioned[0], 2)} ({interval(*mentioned[1:])}) for speaking of a construct and {number(problem[0], 2)} "
        f"({interval(*problem[1:])}) for speaking of it as a problem (the six with frequent problems). "
        f"Problems are told best for {LABELS[best].lower()} ({number(found[best]['f1_problem'][0], 2)}) and "
        f"worst for {LABELS[worst].lower()} ({number(found[worst]['f1_problem'][0], 2)}). Those hand-coded "
        "sentences were drawn by keyword and their errors were read when the lexicon was widened, so that "
        "these figures flatter; over all sentences of reports the two are "
        f"{number(whole['f1_mentioned'], 2)} "
        f"({interval(whole['f1_mentioned_low'], whole['f1_mentioned_high'])}) and "
        f"{number(whole['f1_problem'], 2)} ({interval(whole['f1_problem_low'], whole['f1_problem_high'])}). "
        f"{_taught()}"
    )


def _taught() -> str:
    """Say what the coder learnt from, and how near those who coded come to the gold codes by the same two measures."""
    found = accuracy()
    coders, taught = found["coders"], found["sentences"]
    (mentioned, problem), same = coders["against_gold"].values(), coders["among_coders"].values()
    return (
        f"The coder learnt from {sum(taught.values()):,} hand-coded sentences: {taught['hand_coded']:,} gold "
        f"ones, the {taught['sample']:,} of the sample below and {taught['own_labels']:,} chosen by what earlier "
        "coders said of them, many where those were unsure. Three coders read most of these; on "
        f"{coders['gold_sentences']} gold sentences put among theirs unmarked they reach "
        f"{number(mentioned[0], 2)} ({interval(*mentioned[1:])}) and "
        f"{number(problem[0], 2)} ({interval(*problem[1:])}), and against each other "
        f"{listed([number(value, 2) for value in same])}: what is left to gain."
    )


def _grades(study: InspectionStudy) -> str:
    found = study.by_grade.set_index(["construct", "group"])["coded"]
    ratios = {name: found[(name, "inadequate")] / found[(name, "good")] for name in LABELS}
    most = max(ratios, key=ratios.__getitem__)
    least = min(ratios, key=ratios.__getitem__)
    clear = [LABELS[row.construct].lower() for row in study.grades.itertuples() if row.conf_low > 1]
    return (
        "**Grades.** Problem sentences are more frequent in reports graded inadequate than in those "
        f"graded good, by {number(ratios[least], 1)} times ({LABELS[least].lower()}) to "
        f"{number(ratios[most], 1)} times ({LABELS[most].lower()}). With all eight together, more problems "
        f"go with a worse grade for {listed(clear)}; for the others the interval holds one."
    )


def _pairs(study: InspectionStudy, discovery_rate: float = 0.05) -> str:
    found = study.pairs[study.pairs["q_value"] < discovery_rate].sort_values("odds_ratio", ascending=False)
    words = [
        f"{LABELS[row.first].lower()} with {LABELS[row.second].lower()} ({number(row.odds_ratio, 2)}, "
        f"{interval(row.conf_low, row.conf_high)}, {probability('q', row.q_value)})"
        for row in found.itertuples()
    ]
    return (
        f"**What goes together.** Net of tone and grade, {len(found)} of {len(study.pairs)} pairs stand at "
        f"a false discovery rate of {discovery_rate:.0%}: {listed(words)}."
    )


def _agreement(study: InspectionStudy) -> str:
    words = []
    for one in study.agreements:
        entry = indicator(one.indicator)
        words.append(
            f"{LABELS[one.construct].lower()} with {lower_first(entry.label)} {number(one.correlation, 2)} "
            f"({interval(one.correlation_low, one.correlation_high)})"
        )
    clear = sum(one.correlation_low > 0 for one in study.agreements)
    return (
        f"**Official figures.** Of {len(study.agreements)} rank correlations of what reports call a "
        f"problem with the official figure before the inspection, {clear} have an interval above zero: "
        f"{listed(words)}. {_corrected(study)}"
    )


def _corrected(study: InspectionStudy) -> str:
    rows = study.corrected
    naive, stay = (int((rows[f"{kind}_low"] > 0).sum()) for kind in ("naive", "corrected"))
    wider = (
        (rows["corrected_high"] - rows["corrected_low"]) / (rows["naive_high"] - rows["naive_low"])
    ).median()
    return (
        f"In regressions of sentences on the figure, {naive} of {len(rows)} have an interval above zero by "
        f"the coder's word and {stay} once the hand-coded sample sets the coder's errors right; corrected "
        f"intervals are {number(wider, 1)} times as wide at the median, the price of making no assumption "
        "on the errors."
    )


def _change_by_cross_fitting(study: InspectionStudy) -> tuple[int, int]:
    """Return problem sentences over the population by the packaged coder and by coders that saw no label of the report."""
    whole = study.shares[study.shares["group"] == ALL]
    kept = study.reports[study.reports["report"].isin(study.population_reports)]
    packaged = sum(int(kept[f"{name}_problem"].sum()) for name in LABELS)
    return packaged, round((whole["coded"] * whole["n_sentences"]).sum() / 100)


def _sample_codes() -> str:
    """Say how far the sample's hand codes agree with the gold codes, and on which two constructs least."""
    counted = counts(OWN)
    found = agreement(counted)
    words = []
    for row in found.assign(share=found["same"] / found["spoken"]).nsmallest(2, "share").itertuples():
        gold, own = heard(counted, row.construct)
        words.append(
            f"{LABELS[row.construct].lower()} ({row.same} of {row.spoken}; heard {own} times against {gold})"
        )
    return (
        f"On {found['sentences'].iloc[0]} sentences with gold codes, codes given the same way, without "
        f"sight of those, are the same in {found['same'].sum()} of {found['spoken'].sum()} places where "
        f"either heard a construct, least often for {listed(words)}: what is corrected for these leans "
        "with that."
    )


def inspections_limits(study: InspectionStudy) -> Prose:
    """Say what the measures can't show: the coder's errors, the inspectors' eyes, the reach of the sample."""
    without = int(study.rows["turnover_percent"].isna().sum() / len(LABELS))
    packaged, unseen = _change_by_cross_fitting(study)
    kept_back = len(study.reports) - len(study.population_reports)
    drawn = int(study.shares["n_hand_coded"].iloc[0])
    return Prose(
        "- A report says what inspectors saw and chose to write: it is no count of events, and text and "
        "grade are written by the same people.\n"
        "- The coder errs. Models of grades, pairs but for their corrected estimates, figures over time and "
        "correlations use counts as coded; errors draw such estimates towards no association where they fall "
        "alike on all reports, and elsewhere where they don't.\n"
        "- Corrected pairs take for granted that, given how often a report really speaks of a problem, what the "
        "coder makes of it says nothing more of the other; tone stays as coded. A few hand-coded sentences "
        "carry most of such an estimate, and its interval says so.\n"
        f"- Corrected shares and regressions rest on {drawn:,} sentences drawn with known chances and hold "
        "whatever the coder's errors. Where the coder hears nothing few were drawn, and one missed "
        "problem there stands for hundreds of sentences: intervals are wide, and those of small groups "
        "too short where no missed one was drawn. The sample was coded once, by the codebook. "
        f"{_sample_codes()} That was before a second reading of the sample's codes on oversight by the "
        "codebook. The lexicon was widened, in general wording, after reading errors on the gold sentences "
        "and on some of these: accuracy on the gold ones flatters the coder, and "
        "accuracy over all sentences may a little.\n"
        f"- They speak of the {len(study.population_reports)} reports from which labels may be taken; "
        f"{kept_back} are kept back for measuring the coder. Their coders saw no label of the report they "
        f"code: {unseen:,} problem sentences, against {packaged:,} by the coder of the package, which was "
        "trained on sentences of these reports.\n"
        "- Summaries repeat sentences of the body, and longer reports before 2018 repeat more; shares "
        "count each.\n"
        "- Which authorities are inspected in a year depends on earlier grades, so years differ in this "
        "too.\n"
        f"- Sections on the safeguarding board, the area and the inspection itself are left out.\n"
        f"- {without} of {len(study.reports)} reports meet no official turnover figure of the September "
        "before; workforce figures of 2015 and 2016 have other definitions and are kept here.\n"
        f"- Associations among problems are of reports, not of children, and say nothing of which came first."
    )
