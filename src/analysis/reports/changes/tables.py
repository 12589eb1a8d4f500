"""What two releases have otherwise, as tables: revised figures, pairs that read otherwise, verdicts."""

import pandas as pd

from analysis.data.definitions.indicators import indicator
from analysis.showing.numbers import number, source_line
from publishing.display import Prose, Table

from .study import NOW, REVISED, THEN, ChangedPair, Changes, cells_by_indicator
from .words import WORDS, estimate_told, pair_told


def cells_table(changes: Changes) -> Table | Prose:
    """Return how many figures of each indicator differ, and by how much; a sentence where none does."""
    cells = cells_by_indicator(changes.compared)
    if cells.empty:
        return WORDS.prose("answer.cells.none")
    rows = [
        {
            "Figure": indicator(row["indicator"]).label,
            "Revised": f"{number(row['n_revised'], 0)} of {number(row['n_compared'], 0)}",
            "Withheld": number(row["n_withheld"], 0),
            "Years": f"{row['first_year']} to {row['last_year']}",
            "Median change": number(row["median_change"]),
            "Largest": number(row["largest_change"]),
        }
        for row in cells.to_dict("records")
    ]
    names = list(cells["indicator"])
    numbers = ("Revised", "Withheld", "Median change", "Largest")
    return Table(
        pd.DataFrame(rows), WORDS.say("caption.cells"), source_line(names), WORDS.say("note.cells"), numbers
    )


def _with_unit(pair: ChangedPair) -> str:
    """Return a pair in words, with the outcome's unit where it isn't the percentage points that the note tells of."""
    unit = indicator(pair.outcome).difference_label
    return pair_told(pair) + ("" if unit == "percentage points" else f" ({unit})")


def turned_table(changes: Changes) -> Table | Prose:
    """Return the pairs that read otherwise now, each in its three steps; a sentence where none does."""
    turned = [pair for pair in changes.pairs if pair.has_turned]
    if not turned:
        return WORDS.prose("turned.none")
    rows = [
        {
            "Pair": _with_unit(pair),
            "Then": estimate_told(pair, THEN),
            "Revised, same years": estimate_told(pair, REVISED),
            "Now": estimate_told(pair, NOW),
            "Because of": pair.why,
        }
        for pair in turned
    ]
    names = [name for pair in turned for name in (pair.exposure, pair.outcome)]
    numbers = ("Then", "Revised, same years", "Now")
    return Table(
        pd.DataFrame(rows), WORDS.say("caption.turned"), source_line(names), WORDS.say("note.turned"), numbers
    )


def verdicts_table(changes: Changes) -> Table | Prose:
    """Return the verdicts on claims that rest on revised figures, with either figures; a sentence where there is none."""
    if not changes.verdicts:
        return WORDS.prose("verdicts.none")
    rows = [
        {
            "Claim": f"{verdict.claim}: {verdict.in_short}",
            "With earlier figures": verdict.then,
            "Now": verdict.now,
        }
        for verdict in changes.verdicts
    ]
    source = source_line(changes.compared.cells["indicator"].unique())
    return Table(pd.DataFrame(rows), WORDS.say("caption.verdicts"), source, WORDS.say("note.verdicts"))
