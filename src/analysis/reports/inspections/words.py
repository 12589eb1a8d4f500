"""What the report on inspection reports says: how well they are coded, what goes together, what figures say. No effect."""

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.data.definitions.inspection_reports import LABELS
from analysis.inspections.measuring.agreement import OWN, agreement, counts, heard
from analysis.inspections.measuring.folder import coder
from analysis.inspections.measuring.measures import accuracy
from analysis.showing.words import words_of
from publishing.display import Prose

from .study import ALL, InspectionStudy

WORDS = words_of(__package__)


def _label(construct: str) -> str:
    return LABELS[construct].lower()


def inspections_described(study: InspectionStudy) -> Prose:
    """Say which reports were read, how many sentences, and by which coder."""
    reports = study.reports
    days = reports["inspection_start"][reports["inspection_start"] != ""]
    coders = sorted(reports["coder"].unique())
    text = WORDS.say(
        "described",
        n_reports=len(reports),
        n_authorities=reports["authority"].nunique(),
        first_year=days.min()[:4],
        last_year=days.max()[:4],
        n_sentences=int(reports["sentences"].sum()),
        coders=coders,
        authority=study.authority,
        n_own_reports=study.own["report"].nunique(),
    )
    if coders == [coder()]:
        return Prose(text)
    return Prose(f"{text} {WORDS.say('described.other_coder', coder=coder())}")


def inspections_result(study: InspectionStudy) -> Prose:
    """Say how good the coding is, how shares go with grades, which pairs stand, and what official figures say."""
    paragraphs = (
        f"{_accuracy(study)} {_taught()}",
        _grades(study),
        _pairs(study),
        f"{_official_figures(study)} {_corrected(study)}",
    )
    return Prose("\n\n".join(paragraphs))


def _accuracy(study: InspectionStudy) -> str:
    final = accuracy()["final"]
    f1_by_construct = {name: final["constructs"][name]["f1_problem"][0] for name in LABELS}
    best, worst = (pick(LABELS, key=f1_by_construct.__getitem__) for pick in (max, min))
    mentioned_f1, problem_f1 = final["headline"].values()
    all_sentences = study.accuracy.set_index("construct").loc["all"]
    over_all = {
        kind: tuple(all_sentences[f"f1_{kind}{end}"] for end in ("", "_low", "_high"))
        for kind in ("mentioned", "problem")
    }
    return WORDS.say(
        "accuracy",
        mentioned_f1=mentioned_f1,
        problem_f1=problem_f1,
        best=_label(best),
        best_f1=f1_by_construct[best],
        worst=_label(worst),
        worst_f1=f1_by_construct[worst],
        mentioned_f1_over_all=over_all["mentioned"],
        problem_f1_over_all=over_all["problem"],
    )


def _taught() -> str:
    """Say what the coder learnt from, and how near those who coded come to the gold codes by the same two measures."""
    n_taught, coders = accuracy()["sentences"], accuracy()["coders"]
    mentioned_f1, problem_f1 = coders["against_gold"].values()
    mentioned_f1_between, problem_f1_between = coders["among_coders"].values()
    return WORDS.say(
        "accuracy.taught",
        n_taught=sum(n_taught.values()),
        n_gold=n_taught["hand_coded"],
        n_sample=n_taught["sample"],
        n_chosen=n_taught["own_labels"],
        n_gold_read=coders["gold_sentences"],
        mentioned_f1=mentioned_f1,
        problem_f1=problem_f1,
        mentioned_f1_between=mentioned_f1_between,
        problem_f1_between=problem_f1_between,
    )


def _grades(study: InspectionStudy) -> str:
    shares = study.by_grade.set_index(["construct", "group"])["coded"]
    ratios = {name: shares[(name, "inadequate")] / shares[(name, "good")] for name in LABELS}
    most, least = (pick(ratios, key=ratios.__getitem__) for pick in (max, min))
    return WORDS.say(
        "grades",
        least=_label(least),
        least_ratio=ratios[least],
        most=_label(most),
        most_ratio=ratios[most],
        clear=[_label(row.construct) for row in study.grades.itertuples() if row.conf_low > 1],
    )


def _pairs(study: InspectionStudy, discovery_rate: float = 0.05) -> str:
    standing = study.pairs[study.pairs["q_value"] < discovery_rate]
    return WORDS.say(
        "pairs",
        n_standing=len(standing),
        n_pairs=len(study.pairs),
        discovery_rate=discovery_rate,
        pairs=[
            WORDS.say(
                "pairs.pair",
                first=_label(row.first),
                second=_label(row.second),
                odds_ratio=row.odds_ratio,
                low=row.conf_low,
                high=row.conf_high,
                q_value=row.q_value,
            )
            for row in standing.sort_values("odds_ratio", ascending=False).itertuples()
        ],
    )


def _official_figures(study: InspectionStudy) -> str:
    return WORDS.say(
        "figures",
        n_correlations=len(study.agreements),
        n_above_zero=sum(found.correlation_low > 0 for found in study.agreements),
        correlations=[
            WORDS.say(
                "figures.correlation",
                construct=_label(found.construct),
                indicator=lower_first(indicator(found.indicator).label),
                correlation=found.correlation,
                low=found.correlation_low,
                high=found.correlation_high,
            )
            for found in study.agreements
        ],
    )


def _corrected(study: InspectionStudy) -> str:
    rows = study.corrected
    corrected_width = rows["corrected_high"] - rows["corrected_low"]
    return WORDS.say(
        "figures.corrected",
        n_regressions=len(rows),
        n_above_zero_as_coded=int((rows["naive_low"] > 0).sum()),
        n_above_zero_corrected=int((rows["corrected_low"] > 0).sum()),
        median_times_as_wide=(corrected_width / (rows["naive_high"] - rows["naive_low"])).median(),
    )


def _problem_sentences(study: InspectionStudy) -> tuple[int, int]:
    """Return problem sentences over the population by the packaged coder and by coders that saw no label of the report."""
    all_reports = study.shares[study.shares["group"] == ALL]
    population = study.reports[study.reports["report"].isin(study.population_reports)]
    packaged = sum(int(population[f"{name}_problem"].sum()) for name in LABELS)
    return packaged, round((all_reports["coded"] * all_reports["n_sentences"]).sum() / 100)


def _sample_codes() -> str:
    """Say how far the sample's hand codes agree with the gold codes, and on which two constructs least."""
    counted = counts(OWN)
    agreed = agreement(counted)
    least_agreed = agreed.assign(share=agreed["same"] / agreed["spoken"]).nsmallest(2, "share")
    constructs = []
    for row in least_agreed.itertuples():
        n_heard_gold, n_heard_sample = heard(counted, row.construct)
        constructs.append(
            WORDS.say(
                "limits.sample_codes.construct",
                construct=_label(row.construct),
                n_same=row.same,
                n_spoken=row.spoken,
                n_heard_sample=n_heard_sample,
                n_heard_gold=n_heard_gold,
            )
        )
    return WORDS.say(
        "limits.sample_codes",
        n_sentences=agreed["sentences"].iloc[0],
        n_same=agreed["same"].sum(),
        n_spoken=agreed["spoken"].sum(),
        least_agreed=constructs,
    )


def inspections_limits(study: InspectionStudy) -> Prose:
    """Say what the measures can't show: the coder's errors, the inspectors' eyes, the reach of the sample."""
    n_problems_packaged, n_problems_unseen = _problem_sentences(study)
    return WORDS.prose(
        "limits",
        n_drawn=int(study.shares["n_hand_coded"].iloc[0]),
        sample_codes=_sample_codes(),
        n_population=len(study.population_reports),
        n_kept_back=len(study.reports) - len(study.population_reports),
        n_problems_unseen=n_problems_unseen,
        n_problems_packaged=n_problems_packaged,
        n_without_turnover=int(study.rows["turnover_percent"].isna().sum() / len(LABELS)),
        n_reports=len(study.reports),
    )
