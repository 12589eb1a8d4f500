"""What the report on inspection reports says: what they speak of, what goes together in them, what official figures say."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.inspections.measuring.agreement import OWN, agreement, counts
from analysis.inspections.measuring.folder import coder
from analysis.inspections.measuring.measures import accuracy
from analysis.showing.numbers import number, step_of
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .compared import DISCOVERY_RATE, Compared, compared_figures, compared_pairs
from .study import ALL, GOOD, WORST, InspectionStudy

WORDS = words_of(__package__)
_ASKED = ("turnover", "caseload")
"""The problems of the workforce that the question names; the answer sets them by grade and says how well they are coded."""
_NAMED = (*_ASKED, "drift")
"""The problems whose counts of reports open the answer: those that the question names."""
_Interval = tuple[float, float, float]


def possible(share: _Interval) -> _Interval:
    """Return a share with its limits, cut at nil: the correction may step below, where no share can lie."""
    estimate, low, high = (max(value, 0.0) for value in share)
    return estimate, low, high


def digits_of(share: _Interval) -> int:
    """Return the decimals of a share, one at least, at which it doesn't read as one of its own limits (three at most)."""
    estimate, *ends = share
    for digits in (1, 2):
        if all(number(estimate, digits) != number(end, digits) for end in ends if end != estimate):
            return digits
    return 3


def share_of(study: InspectionStudy, construct: str, group: str = ALL) -> _Interval:
    """Return the corrected share of problem sentences per 100 in a group of reports, with its limits."""
    return possible(study.corrected_shares[construct, group])


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
        authority=study.authority,
        n_own_reports=study.own["report"].nunique(),
        n_population=len(study.population_reports),
        n_kept_back=len(reports) - len(study.population_reports),
        n_without_turnover=int(study.rows["turnover_percent"].isna().sum() / len(LABELS)),
    )
    if coders == [coder()]:
        return Prose(text)
    return Prose(f"{text} {WORDS.say('described.other_coder', coder=coder(), coders=coders)}")


def inspections_answer(study: InspectionStudy) -> Answer:
    """Answer how many reports name the problems, whether worse grades go with them, which go together, and whether official
    figures say the same.
    """
    return Answer(
        answer=paragraphs([_naming(study), _grades(study), _pairs(compared_pairs(study)), _figures(study)]),
        certainty=_certainty(study),
        not_shown=WORDS.say("answer.not_shown", **_not_shown(study)),
    )


def _years(study: InspectionStudy) -> list[str]:
    """Return the years in which the inspections began that figures are of, in order; none where no day is known."""
    return sorted({day[:4] for day in _read(study)["inspection_start"] if day})


def _years_told(years: list[str]) -> str:
    return WORDS.say("answer.years", first=years[0], last=years[-1]) if years else ""


def _not_shown(study: InspectionStudy) -> dict[str, Any]:
    """Return what is said of the years first: that a share over several says little of today."""
    years = _years(study)
    return {"years": _years_told(years), "is_several": len(years) > 1}


def naming_of(study: InspectionStudy, construct: str) -> "pd.Series[Any]":
    """Return in how many reports a problem is named, as coded: the row of ``reports_that_name``."""
    return study.naming.set_index("construct").loc[construct]


def limits_of(row: "pd.Series[Any]", name: str, unit: float = 1.0) -> _Interval:
    """Return a column of a row with its limits, which stand in ``_low`` and ``_high``, times ``unit``."""
    estimate, low, high = (unit * float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    return estimate, low, high


def reports_share(row: "pd.Series[Any]") -> _Interval:
    """Return the percentage of reports that name a problem, with its limits."""
    return float(row["share"]), float(row["conf_low"]), float(row["conf_high"])


def _naming(study: InspectionStudy) -> str:
    first, *others = ((name, naming_of(study, name)) for name in _NAMED)
    told = [
        WORDS.say(
            "answer.naming.other",
            construct=_label(name),
            n_named=int(row["n_named"]),
            share=reports_share(row),
        )
        for name, row in others
    ]
    return WORDS.say(
        "answer.naming",
        first=_label(first[0]),
        n_first=int(first[1]["n_named"]),
        first_share=reports_share(first[1]),
        others=told,
        years=_years_told(_years(study)),
        n_reports=int(first[1]["n_reports"]),
        n_authorities=_read(study)["authority"].nunique(),
    )


def _grades(study: InspectionStudy) -> str:
    """Set the problems of the workforce by grade: the shares, and which of them differ clearly and which way."""
    gaps = study.worse.set_index("construct").loc[list(_ASKED)]
    by_verdict = {
        "more": gaps.index[gaps["conf_low"] > 0],
        "fewer": gaps.index[gaps["conf_high"] < 0],
        "unclear": gaps.index[(gaps["conf_low"] <= 0) & (gaps["conf_high"] >= 0)],
    }
    shares = []
    for name in _ASKED:
        worst, good = share_of(study, name, WORST), share_of(study, name, GOOD)
        digits = max(digits_of(worst), digits_of(good))
        shares.append(
            WORDS.say("answer.grades.share", construct=_label(name), worst=worst, good=good, digits=digits)
        )
    return WORDS.say(
        "answer.grades",
        worst_grade=WORST,
        good_grade=GOOD,
        verdicts=[
            WORDS.say(f"answer.grades.{verdict}", constructs=[_label(name) for name in names])
            for verdict, names in by_verdict.items()
            if len(names)
        ],
        shares=shares,
    )


def _read(study: InspectionStudy) -> pd.DataFrame:
    """Return the reports that corrected figures speak of."""
    return study.reports[study.reports["report"].isin(study.population_reports)]


def _pairs(pairs: tuple[Compared, ...]) -> str:
    known = [pair for pair in pairs if pair.corrected]
    standing = [pair for pair in known if pair.stands]
    return WORDS.say(
        "answer.pairs" if standing else "answer.pairs.none",
        n_pairs=len(known),
        **({"standing": _named(standing, "answer.pair")} if standing else {}),
    )


def _named(pairs: Iterable[Compared], told: str) -> list[str]:
    """Return each pair by its two problems, the strongest first, as the sentence ``told`` says it."""
    ordered = sorted(pairs, key=lambda pair: -abs(pair.corrected.estimate - 1) if pair.corrected else 0.0)
    return [
        WORDS.say(
            told,
            first=_label(pair.names[0]),
            second=_label(pair.names[1]),
            **(
                {"is_more": pair.corrected.estimate > 1}
                if told == "answer.pair"
                else {"odds_ratio": pair.corrected.with_limits}
            ),
        )
        for pair in ordered
        if pair.corrected
    ]


def _figures(study: InspectionStudy) -> str:
    compared = compared_figures(study)
    rows = zip(compared, study.corrected.itertuples(), strict=True)
    clear = [
        _figure(row, "answer.figure", share=share_of(study, str(row.construct))[0])
        for comparison, row in rows
        if comparison.stands
    ]
    unclear = dict.fromkeys(_label(comparison.names[0]) for comparison in compared if not comparison.stands)
    return WORDS.say(
        "answer.figures" if clear else "answer.figures.none",
        n_figures=len(compared),
        clear=clear,
        unclear=list(unclear),
    )


def _certainty(study: InspectionStudy) -> str:
    agreed = agreement(counts(OWN))
    return WORDS.say(
        "answer.certainty",
        n_sentences=int(_read(study)["sentences"].sum()),
        n_drawn=int(study.shares["n_hand_coded"].iloc[0]),
        twice=[
            WORDS.say(
                "answer.certainty.twice.next" if place else "answer.certainty.twice",
                construct=_label(name),
                n_twice=int(naming_of(study, name)["n_named_twice"]),
            )
            for place, name in enumerate(_ASKED)
        ],
        scores=_scores(study),
        n_same=int(agreed["same"].sum()),
        n_spoken=int(agreed["spoken"].sum()),
    )


def _scores(study: InspectionStudy) -> list[str]:
    """Say of how many sentences coded as a problem that is right, and how many that are one are found; the worst last."""
    known = study.accuracy.set_index("construct")
    worst = str(known.loc[list(LABELS), "f1_problem"].idxmin())
    told = ["answer.certainty.score", *["answer.certainty.score.next"] * (len(_ASKED) - 1)]
    told += [] if worst in _ASKED else ["answer.certainty.score.worst"]
    return [
        WORDS.say(
            sentence,
            construct=_label(name),
            precision=limits_of(known.loc[name], "precision_problem", 100),
            recall=limits_of(known.loc[name], "recall_problem", 100),
        )
        for sentence, name in zip(told, (*_ASKED, worst), strict=False)
    ]


def pairs_result(study: InspectionStudy) -> Prose:
    """Say how many pairs are clear as coded, which once corrected and tested alone, and how many would be by chance."""
    known = [pair for pair in compared_pairs(study) if pair.corrected]
    return WORDS.prose(
        "result.pairs",
        n_pairs=len(known),
        n_as_coded=sum(pair.stands_as_coded for pair in known),
        alone=_named([pair for pair in known if pair.is_clear], "result.pair"),
        by_chance=DISCOVERY_RATE * len(known),
    )


def figures_result(study: InspectionStudy) -> Prose:
    """Say which comparisons with official figures are clear, with their size, and how far both are correlated as coded."""
    compared = compared_figures(study)
    rows = zip(compared, study.corrected.itertuples(), strict=True)
    clear = [_figure(row) for comparison, row in rows if comparison.stands]
    told = WORDS.say(
        "result.figures",
        n_figures=len(compared),
        n_clear=len(clear),
        clear=clear,
        n_as_coded=sum(comparison.stands_as_coded for comparison in compared),
    )
    return Prose(f"{told} {correlations_result(study).markdown}")


def _figure(row: "pd.Series[object]", told: str = "result.figure", **more: float) -> str:
    """Say how much more a report speaks of a problem where a figure is a step higher, as the sentence ``told`` does."""
    entry = indicator(str(row.indicator))
    steps = entry.step / float(row.deviation)
    change = [steps * float(value) for value in (row.corrected, row.corrected_low, row.corrected_high)]
    size = [abs(change[0]), *sorted(map(abs, change[1:]))]
    values = {"change": change} if told == "result.figure" else {"size": size, "is_fewer": change[0] < 0}
    return WORDS.say(
        told, construct=_label(str(row.construct)), step=step_of(entry), figure=entry.phrase, **values, **more
    )


def grades_result(study: InspectionStudy) -> Prose:
    """Say how much more frequent problems are in inadequate reports than in good ones, and which predict the grade."""
    ratios = {}
    for name in LABELS:
        good, low, _ = share_of(study, name, GOOD)
        if low > 0:  # a ratio to a share that may be nil says nothing
            ratios[name] = share_of(study, name, WORST)[0] / good
    most, least = (pick(ratios or LABELS, key=lambda name: ratios.get(name, 1.0)) for pick in (max, min))
    clear = [row for row in study.grades.itertuples() if row.conf_low > 1]
    gaps = {
        row.construct: (float(row.difference), float(row.conf_low), float(row.conf_high))
        for row in study.worse.itertuples()
    }
    apart = {name: gap for name, gap in gaps.items() if gap[1] > 0 or gap[2] < 0}
    return WORDS.prose(
        "grades",
        worst_grade=WORST,
        good_grade=GOOD,
        apart=[
            WORDS.say("grades.apart", construct=_label(name), change=gap, digits=digits_of(gap))
            for name, gap in apart.items()
        ],
        not_apart=[_label(name) for name in gaps if name not in apart],
        least=_label(least),
        least_ratio=ratios.get(least),
        most=_label(most),
        most_ratio=ratios.get(most),
        clear=[
            WORDS.say(
                "grades.clear",
                construct=_label(row.construct),
                odds_ratio=(row.odds_ratio, row.conf_low, row.conf_high),
            )
            for row in sorted(clear, key=lambda row: -row.odds_ratio)
        ],
        others=[_label(row.construct) for row in study.grades.itertuples() if not row.conf_low > 1],
        n_reports=int(study.grades["n_reports"].iloc[0]),
    )


def correlations_result(study: InspectionStudy) -> Prose:
    """Say how far reports and official figures are correlated as coded, beside what is left once corrected."""
    correlations = [pair.correlation for pair in study.agreements]
    return WORDS.prose(
        "correlations",
        n_correlations=len(correlations),
        lowest=min(correlations),
        highest=max(correlations),
        n_clear=sum(pair.correlation_low > 0 for pair in study.agreements),
    )


def inspections_limits(study: InspectionStudy) -> Prose:
    """Say what the measures can't show: the coder's errors, the inspectors' eyes, the reach of the sample."""
    agreed = agreement(counts(OWN))
    coders = agreement(counts())
    least = agreed.assign(share=agreed["same"] / agreed["spoken"]).nsmallest(2, "share")
    return WORDS.prose(
        "limits",
        n_drawn=int(study.shares["n_hand_coded"].iloc[0]),
        n_compared=int(agreed["sentences"].iloc[0]),
        n_coders_compared=int(coders["sentences"].iloc[0]),
        n_coders_same=int(coders["same"].sum()),
        n_coders_spoken=int(coders["spoken"].sum()),
        hand_coded_each=int(study.shares["n_hand_coded"].iloc[0]) / int(study.naming["n_reports"].iloc[0]),
        n_same=int(agreed["same"].sum()),
        n_spoken=int(agreed["spoken"].sum()),
        least_agreed=[
            WORDS.say(
                "limits.least_agreed", construct=_label(row.construct), n_same=row.same, n_spoken=row.spoken
            )
            for row in least.itertuples()
        ],
        taught=_taught(),
    )


def _taught() -> str:
    """Say what the coder learnt from."""
    n_taught = accuracy()["sentences"]
    return WORDS.say(
        "limits.taught",
        n_taught=sum(n_taught.values()),
        n_gold=n_taught["hand_coded"],
        n_sample=n_taught["sample"],
        n_chosen=n_taught["own_labels"],
    )
