"""Tables on inspection reports: shares by grade, the pairs that claims are about, and how accurate the coding is."""

from typing import Protocol

import pandas as pd

from analysis.data.definitions.inspection_reports import GRADES, LABELS
from analysis.estimators.topics.pair_evidence import VARIANTS, PairEvidence
from analysis.inspections.coder.constructs import PROBLEM_CONSTRUCTS
from analysis.inspections.measuring.agreement import agreement, counts
from analysis.showing.numbers import number, with_interval
from publishing.display import Table

from .charts import SOURCE
from .compared import CLAIMED, pair_label
from .findings import CORRECTED_VARIANT, FROM_YEAR
from .study import ALL, InspectionStudy
from .words import WORDS, digits_of, limits_of, share_of

_COLUMNS = (ALL, *(grade for grade in GRADES[::-1] if grade != "outstanding"))
"""Reports graded outstanding are too few: hardly a problem was drawn in them, and their shares would seem sure."""


def _short(value: float, low: float, high: float, decimals: int = 2) -> str:
    return f"{number(value, decimals)} ({number(low, decimals)} to {number(high, decimals)})"


def accuracy_table(study: InspectionStudy) -> Table:
    """Return the coder's accuracy over all sentences by construct, with intervals, and how far two coders agree."""
    known = study.accuracy.set_index("construct")
    double = agreement(counts()).set_index("construct")
    scores = {
        "recall_problem": ("Found, of 100", 100, 0),
        "precision_problem": ("Right, of 100", 100, 0),
        "f1_problem": ("F1", 1, 2),
    }
    rows = []
    for name, text in {**LABELS, "all": "Mean"}.items():
        shown = {
            title: _short(*limits_of(known.loc[name], score, unit), decimals)
            for score, (title, unit, decimals) in scores.items()
        }
        both = double.loc[name] if name in double.index else None
        alike = "" if both is None else f"{int(both['same'])} of {int(both['spoken'])}"
        rows.append({"Problem": text} | shown | {"Two coders": alike})
    whole = study.shares.iloc[0]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say(
            "caption.accuracy", n_drawn=whole["n_hand_coded"], n_sentences=whole["n_sentences"]
        ),
        source=WORDS.say("source.accuracy"),
        note=WORDS.say(
            "note.accuracy",
            n_frequent=len(PROBLEM_CONSTRUCTS),
            rare=[text.lower() for name, text in LABELS.items() if name not in PROBLEM_CONSTRUCTS],
            n_all=len(LABELS),
            recall=limits_of(known.loc["all"], "recall", 100),
            precision=limits_of(known.loc["all"], "precision", 100),
            n_compared=int(double["sentences"].iloc[0]),
        ),
        align_right=(*(title for title, _, _ in scores.values()), "Two coders"),
    )


def shares_table(study: InspectionStudy) -> Table:
    """Return corrected problem sentences per 100 by construct, in all reports and by overall grade; as coded beside."""
    coded = study.shares.set_index(["construct", "group"])["coded"]
    titles = {group: "All" if group == ALL else group.capitalize() for group in _COLUMNS}
    decimals = {
        name: max(
            1 if coded[(name, ALL)] >= 0.5 else 2,
            *(digits_of(share_of(study, name, group)) for group in _COLUMNS),
        )
        for name in LABELS
    }
    rows = [
        {"Problem": text}
        | {title: _short(*share_of(study, name, group), decimals[name]) for group, title in titles.items()}
        | {"As coded": number(coded[(name, ALL)], decimals[name])}
        for name, text in LABELS.items()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.shares"),
        source=SOURCE,
        note=WORDS.say("note.shares"),
        align_right=(*titles.values(), "As coded"),
    )


_EVIDENCE = {"Corrected": None, "As coded": (True, False), "As coded, all sentences": (False, True)}
"""The columns of the table of evidence, with the variant (without sentences on both, with the grade) that each shows."""


def pair_evidence_table(study: InspectionStudy) -> Table:
    """Return the pairs that claims are about: odds ratios corrected, and as coded in two ways."""
    problems = [pair for pair in study.evidence if (pair.first, pair.second) in CLAIMED]
    rows = [_evidence_row(pair, "") for pair in problems or study.evidence]
    rows += [_evidence_row(pair, ", strengths") for pair in study.strengths_evidence]
    rows += [_evidence_row(pair, f", strengths from {FROM_YEAR}") for pair in study.recent_strengths_evidence]
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
        align_right=tuple(_EVIDENCE),
    )


def _evidence_row(pair: PairEvidence, rated: str) -> dict[str, str]:
    corrected = pair.corrected.get(CORRECTED_VARIANT)
    row = {"Pair": pair_label(pair.first, pair.second) + rated}
    for title, variant in _EVIDENCE.items():
        if variant:
            row[title] = _short(*pair.associations[variant].odds_ratio.with_limits)
        else:
            known = corrected is not None and corrected.is_bounded
            row[title] = _short(*corrected.odds_ratio.with_limits) if corrected and known else "–"
    return row


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
