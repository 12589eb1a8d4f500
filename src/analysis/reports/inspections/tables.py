"""Tables on inspection reports: how accurate the coding is, shares by grade, and the two models."""

from typing import Protocol

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import GRADES, LABELS
from analysis.estimators.topics.pair_evidence import VARIANTS, PairEvidence
from analysis.inspections.measuring.agreement import agreement, counts
from analysis.inspections.measuring.measures import accuracy
from analysis.showing.numbers import number, p_value, source_line, with_interval
from publishing.display import Table

from .charts import SOURCE
from .findings import CORRECTED_VARIANT, FROM_YEAR
from .study import ALL, PERIODS, InspectionStudy
from .words import WORDS

_SCORES = {
    "precision": "Precision",
    "recall": "Recall",
    "f1_mentioned": "F1, mentioned",
    "f1_problem": "F1, problem",
    "kappa": "Kappa",
}


def _short(value: float, low: float, high: float, decimals: int = 2) -> str:
    return f"{number(value, decimals)} ({number(low, decimals)}–{number(high, decimals)})"


def accuracy_table() -> Table:
    """Return the coder's accuracy by construct on reports it hadn't learnt from, with intervals."""
    found = accuracy()
    rows = [
        {"Construct": text}
        | {title: _short(*found["final"]["constructs"][name][key]) for key, title in _SCORES.items()}
        for name, text in LABELS.items()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say(
            "caption.accuracy", coder=found["version"], n_sentences=found["sentences"]["hand_coded"]
        ),
        source=WORDS.say("source.accuracy"),
        note=WORDS.say("note.accuracy"),
        align_right=tuple(_SCORES.values()),
    )


def population_accuracy_table(study: InspectionStudy) -> Table:
    """Return the coder's accuracy over all sentences of reports, from the probability sample, with intervals."""
    titles = {key: title for key, title in _SCORES.items() if key in study.accuracy}
    known = study.accuracy.set_index("construct")
    rows = [
        {"Construct": text}
        | {
            title: _short(*known.loc[name, [key, f"{key}_low", f"{key}_high"]])
            for key, title in titles.items()
        }
        for name, text in {**LABELS, "all": "Mean"}.items()
    ]
    whole = study.shares.iloc[0]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say(
            "caption.population_accuracy", n_drawn=whole["n_hand_coded"], n_sentences=whole["n_sentences"]
        ),
        source=WORDS.say("source.population_accuracy"),
        note=WORDS.say("note.population_accuracy"),
        align_right=tuple(titles.values()),
    )


def two_coders_table() -> Table:
    """Return how far two people who coded the same sentences apart agree, by construct."""
    found = agreement(counts())
    rows = [
        {
            "Construct": LABELS[row.construct],
            "Spoken of": str(row.spoken),
            "Same code": f"{row.same}: {_short(row.same / row.spoken, row.conf_low, row.conf_high)}",
            "Kappa": number(row.kappa, 2),
        }
        for row in found.itertuples()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.two_coders", n_sentences=found["sentences"].iloc[0]),
        source=WORDS.say("source.two_coders"),
        note=WORDS.say("note.two_coders"),
        align_right=("Spoken of", "Same code", "Kappa"),
    )


def by_grade_table(study: InspectionStudy) -> Table:
    """Return problem sentences per 100 by construct and overall grade: as coded, and corrected by the sample."""
    found = study.by_grade.set_index(["construct", "group"])
    hand = study.shares.set_index(["construct", "group"])
    rows = []
    for name, text in LABELS.items():
        coded, corrected = {}, {}
        for grade in GRADES:
            share, low, high = 100 * found.loc[(name, grade), ["coded", "coded_low", "coded_high"]].astype(
                float
            )
            coded[grade.capitalize()] = _short(share, low, high, 1)
            corrected[grade.capitalize()] = _ranged(hand.loc[(name, grade)])
        rows += [{"Construct": text} | coded, {"Construct": f"{text}, corrected"} | corrected]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.by_grade"),
        source=SOURCE,
        note=WORDS.say("note.corrected"),
        align_right=tuple(grade.capitalize() for grade in GRADES),
    )


def _ranged(row: pd.Series, decimals: int = 1) -> str:
    """Return a corrected share with its interval, which may reach below nought: in brackets, with words."""
    return with_interval(row["corrected"], row["conf_low"], row["conf_high"], decimals)


def corrected_table(study: InspectionStudy) -> Table:
    """Return problem sentences per 100 over all reports and by period: by the coder's word, and corrected."""
    found = study.shares.set_index(["construct", "group"])
    rows = [
        {
            "Construct": text,
            "As coded": number(found.loc[(name, ALL), "coded"], 2),
            "Corrected": _ranged(found.loc[(name, ALL)], 2),
        }
        | {period.capitalize(): _ranged(found.loc[(name, period)]) for period in PERIODS}
        for name, text in LABELS.items()
    ]
    titles = ("As coded", "Corrected", *(period.capitalize() for period in PERIODS))
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.corrected"),
        source=SOURCE,
        note=WORDS.say("note.corrected"),
        align_right=titles,
    )


def grade_model_table(study: InspectionStudy) -> Table:
    """Return the ordinal model of the overall grade: odds ratios of a worse grade."""
    rows = [
        {
            "Construct": LABELS[row.construct],
            "Alone": with_interval(row.alone_odds_ratio, row.alone_conf_low, row.alone_conf_high, 2),
            "All together": with_interval(row.odds_ratio, row.conf_low, row.conf_high, 2),
            "p": p_value(row.p_value),
        }
        for row in study.grades.itertuples()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.grade_model", n_reports=study.grades["n_reports"].iloc[0]),
        source=SOURCE,
        note=WORDS.say("note.grade_model"),
        align_right=("Alone", "All together", "p"),
    )


def pairs_table(study: InspectionStudy, most: int = 10) -> Table:
    """Return the pairs of constructs with the lowest q values: adjusted odds ratios."""
    rows = [
        {
            "Pair": f"{LABELS[row.first]} and {LABELS[row.second].lower()}",
            "Odds ratio": with_interval(row.odds_ratio, row.conf_low, row.conf_high, 2),
            "q": p_value(row.q_value),
        }
        for row in study.pairs.sort_values("q_value").head(most).itertuples()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.pairs", n_shown=len(rows), n_pairs=len(study.pairs)),
        source=SOURCE,
        align_right=("Odds ratio", "q"),
    )


CLAIMED = (
    ("turnover", "visits"),
    ("turnover", "plans"),
    ("turnover", "leadership"),
    ("caseload", "visits"),
    ("caseload", "oversight"),
    ("drift", "oversight"),
)
"""Pairs of problems that claims of this study are of; the network shows the rest."""
_TITLES = ("Net of grade", "Not net of it", "Corrected")


def pair_evidence_table(study: InspectionStudy) -> Table:
    """Return the pairs that claims are of: odds ratios with and without sentences that name both sides, and corrected."""
    problems = [one for one in study.evidence if {one.first, one.second} in [set(pair) for pair in CLAIMED]]
    rows = [row for one in problems or study.evidence for row in _evidence_rows(one, "")]
    rows += [row for one in study.strengths_evidence for row in _evidence_rows(one, ", strengths")]
    rows += [
        row
        for one in study.recent_strengths_evidence
        for row in _evidence_rows(one, f", strengths from {FROM_YEAR}")
    ]
    first = study.evidence[0]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.pair_evidence"),
        source=SOURCE,
        note=WORDS.say(
            "note.pair_evidence",
            authorities=first.associations[VARIANTS[0]].without_authorities,
            n_reports=first.corrected[CORRECTED_VARIANT].n_reports if first.corrected else 0,
            coded_by=first.coded_by,
        ),
        align_right=_TITLES,
    )


def _evidence_rows(pair: PairEvidence, rated: str) -> list[dict[str, str]]:
    """Return a pair's row of all sentences, and the one without sentences on both."""
    n_joint = pair.associations[VARIANTS[0]].n_joint
    rows = []
    for disjoint, told in ((False, "all"), (True, f"less {n_joint}")):
        own = [_short(*pair.associations[disjoint, grade].odds_ratio.with_limits) for grade in (True, False)]
        corrected = "not available"
        if pair.corrected and pair.corrected[disjoint, False].is_bounded:
            corrected = _short(*pair.corrected[disjoint, False].odds_ratio.with_limits)
        named = f"{LABELS[pair.first]} and {LABELS[pair.second].lower()}{rated}"
        rows.append({"Pair": named, "Sentences": told} | dict(zip(_TITLES, (*own, corrected), strict=True)))
    return rows


def agreements_table(study: InspectionStudy) -> Table:
    """Return how what reports say goes with the official figures of their time."""
    rows = []
    for one in study.agreements:
        entry = indicator(one.indicator)
        difference = with_interval(one.difference, one.difference_low, one.difference_high, 1)
        rows.append(
            {
                "Reports speak of": LABELS[one.construct],
                "Official figure": f"{entry.label} ({entry.unit_label})",
                "Reports": str(one.n_reports),
                "Rank correlation": with_interval(
                    one.correlation, one.correlation_low, one.correlation_high, 2
                ),
                "Difference": difference,
            }
        )
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.agreements"),
        source=f"{SOURCE}; {source_line([one.indicator for one in study.agreements])}",
        note=WORDS.say("note.agreements"),
        align_right=("Reports", "Rank correlation", "Difference"),
    )


def corrected_agreements_table(study: InspectionStudy) -> Table:
    """Return how problem sentences go with official figures: by the coder's word, and corrected by the sample."""
    rows = []
    for row in study.corrected.itertuples():
        entry = indicator(row.indicator)
        rows.append(
            {
                "Reports speak of": LABELS[row.construct],
                "Official figure": f"{entry.label} ({entry.unit_label})",
                "Reports": str(row.n_reports),
                "Sentences (by hand)": f"{row.n_sentences:,} ({row.n_hand_coded:,})",
                "As coded": with_interval(row.naive, row.naive_low, row.naive_high, 2),
                "Corrected": with_interval(row.corrected, row.corrected_low, row.corrected_high, 2),
            }
        )
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.corrected_agreements"),
        source=f"{SOURCE}; {source_line([one.indicator for one in study.agreements])}",
        note=WORDS.say("note.corrected"),
        align_right=("Reports", "Sentences (by hand)", "As coded", "Corrected"),
    )


def _problems(row: pd.Series) -> str:
    share, low, high = 100 * row[["problem_share", "conf_low", "conf_high"]].astype(float)
    return f"{row['problem']} of {row['sentences']}: {with_interval(share, low, high, 1)}"


class _OneAuthority(Protocol):
    """A study that marks an authority: its name, and a row a construct and report of its own."""

    @property
    def authority(self) -> str: ...

    @property
    def own(self) -> pd.DataFrame: ...


def own_table(study: _OneAuthority) -> Table:
    """Return the marked authority's reports: problem sentences per 100 with Wilson's interval, a column a report."""
    years = sorted(study.own["published_year"].unique())
    rows = []
    for name, text in LABELS.items():
        own = study.own[study.own["construct"] == name].set_index("published_year")
        rows.append(
            {"Construct": text} | {str(year): _problems(row) for year, row in own.sort_index().iterrows()}
        )
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.own", authority=study.authority),
        source=SOURCE,
        align_right=tuple(map(str, years)),
    )
