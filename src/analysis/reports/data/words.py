"""What the report on the figures says: what they are, how far they reach, where they break and why figures are missing."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.cleaning.tables import authorities
from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import TOPICS, dictionary, indicator, lower_first
from analysis.data.panel.panel import Panel
from analysis.showing.numbers import TOPIC_LABELS
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .gaps import empty_years, without_counts_behind
from .study import DRIFT, WORKFORCE_CORE

WORDS = words_of(__package__)
FULL_SHARE, THIN_SHARE = 0.95, 0.75
"""From which share of authority-years an indicator counts as present, and below which as thin."""
N_THINNEST = 3
_CONFIDENTIAL = "c"
"""The publishers' marker for a count that is kept confidential because it is small."""


def data_answer(counts: Mapping[str, Any], panel: Panel, n_corrections: int) -> Answer:
    """Answer how far the figures reach and where they break: what is full, what is thin, what is missing and why."""
    shares = counts["share_present"]
    thin = without_counts_behind(
        sorted((name for name, share in shares.items() if share < THIN_SHARE), key=shares.__getitem__)
    )
    workforce = [indicator(name) for name in WORKFORCE_CORE]
    told = [
        WORDS.say(
            "answer",
            n_full=sum(share >= FULL_SHARE for share in shares.values()),
            full_share=FULL_SHARE,
            n_indicators=counts["n_indicators"],
            least=counts["n_authorities_least"],
            most=counts["n_authorities_most"],
            first_year=counts["first_year"],
            last_year=counts["last_year"],
        ),
        WORDS.say(
            "answer.thin" if thin else "answer.thin.none",
            thin_share=THIN_SHARE,
            thinnest=[
                WORDS.say(
                    "answer.share" if place else "answer.share.first",
                    indicator=indicator(name).phrase,
                    missing=1 - shares[name],
                )
                for place, name in enumerate(thin[:N_THINNEST])
            ],
        ),
        WORDS.say(
            "answer.workforce",
            lowest=min(shares[entry.id] for entry in workforce),
            highest=max(shares[entry.id] for entry in workforce),
            comparable_from=max(entry.comparable_from or entry.years[0] for entry in workforce),
        ),
    ]
    if missing := empty_years(panel.coverage, "spend"):
        told.append(WORDS.say("answer.spend", years=[f"{year - 1}-{year % 100:02}" for year in missing]))
    return Answer(
        answer=paragraphs(told),
        certainty=_certainty(counts, panel.withheld, n_corrections),
        not_shown=_not_shown(shares),
    )


def _not_shown(shares: Mapping[str, float]) -> str:
    """Say what figures don't show, and whom results on drift leave out where its main measure has gaps."""
    told = [WORDS.say("answer.not_shown")]
    if shares[DRIFT] < FULL_SHARE:
        told.append(
            WORDS.say("answer.not_shown.drift", drift=indicator(DRIFT).phrase, missing=1 - shares[DRIFT])
        )
    return " ".join(told)


def _certainty(counts: Mapping[str, Any], withheld: pd.DataFrame, n_corrections: int) -> str:
    confidential = withheld[withheld["marker"] == _CONFIDENTIAL]
    return WORDS.say(
        "certainty",
        n_figures=counts["n_figures"],
        n_withheld=counts["n_withheld"],
        n_confidential=len(confidential),
        n_corrections=n_corrections,
    )


def measures_listed() -> Prose:
    """Name every measure of the dictionary, a paragraph a topic."""
    paragraphs = []
    for topic in TOPICS:
        entries = [entry for entry in dictionary().values() if entry.topic == topic]
        paragraphs.append(
            WORDS.say(
                "measures",
                topic=TOPIC_LABELS[topic],
                n_measures=len(entries),
                first_year=min(entry.years[0] for entry in entries),
                last_year=max(entry.years[1] for entry in entries),
                measures=[lower_first(entry.label) for entry in entries],
            )
        )
    return Prose("\n\n".join(paragraphs))


def boundary_changes_told(changes: pd.DataFrame, names: Mapping[str, str]) -> Prose:
    """Say which authorities went over whole, and keep their earlier years, and which were divided or joined in part."""
    changes = changes.assign(year=changes["first_day"].str[:4])
    in_part = set(changes.loc[changes["share"] == "part", "successor_code"])
    divided = changes[changes["successor_code"].isin(in_part)]
    whole = changes.drop(divided.index)
    return WORDS.prose(
        "boundaries",
        whole=[f"{names[row.successor_code]} ({row.year})" for row in whole.itertuples()],
        divided=[
            WORDS.say(
                "boundaries.divided",
                predecessors=list(dict.fromkeys(names[code] for code in rows["predecessor_code"])),
                successors=list(dict.fromkeys(names[code] for code in rows["successor_code"])),
                year=year,
            )
            for year, rows in divided.groupby("year")
        ],
    )


def corrections_told(corrections: pd.DataFrame, names: Mapping[str, str]) -> Prose:
    """Say which errors of the source were corrected: an item a reason, with areas, years and how many figures."""
    regions = authorities().drop_duplicates("region_code").set_index("region_code")["region"].to_dict()
    known = {**names, **regions, ENGLAND_CODE: "England"}
    items = []
    for reason, rows in corrections.groupby("reason", sort=False):
        areas = list(dict.fromkeys(known.get(code, code) for code in rows["authority_code"]))
        years = sorted(set(rows["year"]))
        items.append(
            WORDS.say(
                "corrections.item",
                areas=areas,
                years=[str(year) for year in years],
                n_figures=len(rows),
                reason=str(reason),
            )
        )
    intro = WORDS.say("corrections", n_corrections=len(corrections))
    return Prose("\n".join([intro, "", *items]))
