"""Tables on the figures themselves: where they come from, where they break, why some are missing."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.showing.numbers import number
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
        note=" ".join([WORDS.say("note.publications"), *_kept_told(package)]),
        align_right=("Figures",),
    )


def _kept_told(package: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which years stay from an earlier release; nothing where none do."""
    spans = {
        (entry["title"], *file["years"])
        for entry in package.values()
        for file in entry.get("sources", [])
        if file.get("kept")
    }
    kept = [
        WORDS.say("kept", title=title, years=str(first) if first == last else f"{first} to {last}")
        for title, first, last in sorted(spans)
    ]
    return [WORDS.say("note.publications.kept", kept=kept)] if kept else []


def breaks_table() -> Table:
    """Return every year from which an indicator's definition is another one, with the indicators that it touches."""
    touched: dict[tuple[int, str], list[str]] = {}
    for entry in dictionary().values():
        for year, reason in entry.breaks.items():
            touched.setdefault((year, reason), []).append(lower_first(entry.label))
    rows = [
        {
            "From": str(year),
            "Measures": WORDS.say("breaks.measures", n_measures=len(labels), first=labels[0]),
            "Reason": reason,
        }
        for (year, reason), labels in sorted(touched.items())
    ]
    return Table(
        pd.DataFrame(rows), caption=WORDS.say("caption.breaks"), source=WORDS.say("source.dictionary")
    )


def withheld_table(withheld: pd.DataFrame, markers: pd.DataFrame) -> Table:
    """Return why figures are missing and how many, a row a meaning; publishers' markers of one meaning are one row.

    ``withheld``: authority_code, year, indicator, marker; ``markers``: marker, meaning.
    """
    meaning = markers.drop_duplicates("marker").set_index("marker")["meaning"]
    meanings = withheld["marker"].map(meaning).fillna("returned for several authorities together")
    rows = [
        {"Why": why, "Figures": number(count, 0), "Marked": ", ".join(sorted(set(withheld["marker"][meanings == why])))}
        for why, count in meanings.value_counts().items()
    ]  # fmt: skip
    return Table(
        pd.DataFrame(rows),
        caption=WORDS.say("caption.withheld"),
        source=WORDS.say("source.withheld"),
        align_right=("Figures",),
    )
