"""Tables on the figures themselves: where they come from, where they break, what is withheld, what was mended."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import TOPICS, dictionary
from analysis.showing.numbers import TOPIC_LABELS, number
from publishing.display import Table

from .words import WORDS


def publications_table(package: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, int]) -> Table:
    """Return the publications that the figures come from; ``sizes`` counts the figures of each."""
    rows = [
        {
            "Publication": entry["title"],
            "Publisher": entry["publisher"],
            "Release": entry["release"],
            "Figures": number(sizes.get(name), 0),
        }
        for name, entry in package.items()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.publications"),
        source=WORDS.say("source.publications"),
        note=WORDS.say("note.publications"),
        align_right=("Figures",),
    )


def indicators_table(topic: str) -> Table:
    """Return the dictionary's entries of one topic: what each is, its unit, its reference and its years."""
    entries = [entry for entry in dictionary().values() if entry.topic == topic]
    rows = [
        {
            "Indicator": entry.label,
            "Definition": entry.definition + ("; computed by this package" if entry.is_derived else ""),
            "Unit": entry.unit_label,
            "Year names": entry.reference_label,
            "Years": "–".join(map(str, dict.fromkeys(entry.years))),
        }
        for entry in entries
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.indicators", topic=TOPIC_LABELS[topic], n_indicators=len(rows)),
        source=WORDS.say("source.dictionary"),
    )


def breaks_table() -> Table:
    """Return every year from which an indicator's definition is another one, with the indicators that it touches."""
    touched: dict[tuple[int, str], list[str]] = {}
    for entry in dictionary().values():
        for year, reason in entry.breaks.items():
            touched.setdefault((year, reason), []).append(entry.label)
    rows = [
        {"From": str(year), "Reason": reason, "Indicators": str(len(labels)), "Such as": labels[0]}
        for (year, reason), labels in sorted(touched.items())
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.breaks"),
        source=WORDS.say("source.dictionary"),
        align_right=("Indicators",),
    )


def withheld_table(withheld: pd.DataFrame, markers: pd.DataFrame) -> Table:
    """Return how many authority-years each publisher's marker withholds, by topic.

    ``withheld``: authority_code, year, indicator, marker; ``markers``: marker, meaning.
    """
    topic = withheld["indicator"].map({name: entry.topic for name, entry in dictionary().items()})
    counts = pd.crosstab(withheld["marker"], topic).reindex(columns=list(TOPICS), fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    meaning = markers.drop_duplicates("marker").set_index("marker")["meaning"].to_dict()
    rows = [
        {"Marker": marker, "Meaning": meaning.get(marker, "returned for several authorities together")}
        | {TOPIC_LABELS[name].split()[0]: number(count, 0) for name, count in row.items()}
        for marker, row in counts.iterrows()
    ]
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.withheld"),
        source=WORDS.say("source.withheld"),
        align_right=tuple(TOPIC_LABELS[name].split()[0] for name in TOPICS),
    )


def corrections_table(corrections: pd.DataFrame, names: Mapping[str, str]) -> Table:
    """Return the source errors that were mended: what the publisher has, what stands here, and why."""

    def shown(value: str, marker: str) -> str:
        return value or f"withheld ({marker})"

    rows = [
        {
            "Authority": names.get(row.authority_code, row.authority_code),
            "Year": str(row.year),
            "Indicator": dictionary()[row.indicator].label,
            "Published": shown(row.published_value, row.published_marker),
            "Here": shown(row.value, row.marker),
            "Reason": row.reason,
        }
        for row in corrections.itertuples(index=False)
    ]
    columns = ["Authority", "Year", "Indicator", "Published", "Here", "Reason"]
    return Table(
        pd.DataFrame(rows, columns=columns),
        caption=WORDS.say("caption.corrections", n_corrections=len(rows)),
        source=WORDS.say("source.own"),
        note=WORDS.say("note.corrections"),
        align_right=("Published", "Here"),
    )


def boundary_changes_table(changes: pd.DataFrame, names: Mapping[str, str]) -> Table:
    """Return the boundary changes since 2013 and what became of each authority."""
    rows = [
        {"From": row.first_day, "Predecessor": names[row.predecessor_code], "Successor": names[row.successor_code],
         "Goes over": row.share, "Note": row.note}
        for row in changes.itertuples(index=False)
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.boundary_changes"),
        source=WORDS.say("source.own"),
    )
