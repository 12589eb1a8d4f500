"""What the report on two releases says: what was revised, which pairs and verdicts read otherwise, and why."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import indicator, lower_first
from analysis.showing.numbers import decimals_for, step_of, with_interval
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .study import NOW, REVISED, THEN, ChangedPair, Changes, Compared, cells_by_indicator

WORDS = words_of(__package__)
_SMALL_MOVE = 0.5
"""Standard errors: an eighth of the width of a 95% interval."""
_MOST_NAMED = 3


def _releases(compared: Compared) -> dict[str, str]:
    later = compared.later
    return {
        "earlier": WORDS.say("release", release=compared.earlier),
        "later": WORDS.say("release", release=later)
        if later
        else WORDS.say("release.in_use", year=int(compared.after["year"].max())),
    }


def changes_question(changes: Changes) -> Front:
    """Ask what changed between the two releases."""
    return Front(WORDS.say("title"), WORDS.say("question", **_releases(changes.compared)))


def changes_answer(changes: Changes) -> Answer:
    """Answer how many figures were revised, how many pairs read otherwise and why, and what became of the verdicts."""
    told = [_cells_told(cells_by_indicator(changes.compared)), _pairs_told(changes), *_most_moved(changes)]
    small = [pair for pair in changes.pairs if abs(pair.moved) < _SMALL_MOVE]
    certainty = [_verdicts_told(changes)]
    if changes.pairs:
        certainty.append(WORDS.say("certainty.pairs", n_small=len(small), n_pairs=len(changes.pairs)))
    return Answer(paragraphs(told), " ".join([*certainty, *_revision_told(changes)]), WORDS.say("not_shown"))


def _cells_told(cells: pd.DataFrame) -> str:
    if cells.empty:
        return WORDS.say("answer.cells.none")
    most = cells.loc[cells["n_revised"].idxmax()]
    n_revised, n_compared = int(cells["n_revised"].sum()), int(cells["n_compared"].sum())
    where = ""
    if most["n_revised"] == n_revised:
        where = WORDS.say("cells.only", most=indicator(most["indicator"]).phrase)
    elif (cells["n_revised"] == most["n_revised"]).sum() == 1:
        where = WORDS.say(
            "cells.most",
            most=indicator(most["indicator"]).phrase,
            n_most=int(most["n_revised"]),
            n_most_compared=int(most["n_compared"]),
        )
    return WORDS.say(
        "answer.cells",
        topics=[
            WORDS.say(f"topic.{topic}")
            for topic in dict.fromkeys(indicator(name).topic for name in cells["indicator"])
        ],
        n_compared=n_compared,
        n_revised=n_revised,
        share=n_revised / n_compared,
        most=where,
    )


def _pairs_told(changes: Changes) -> str:
    turned = sorted((pair for pair in changes.pairs if pair.has_turned), key=lambda pair: -abs(pair.moved))
    counts: dict[str, Any] = {"n_pairs": len(changes.pairs)}
    if not turned:
        return WORDS.say("answer.pairs.none", **counts)
    counts |= {"n_turned": len(turned), "named": _named(turned)}
    counted = Counter(pair.why for pair in turned)
    if len(counted) == 1:
        return WORDS.say("answer.pairs.one", reason=_reason("all", turned[0]), **counts)
    reasons = [
        WORDS.say(f"reason.{why.replace(' ', '-')}", n=counted[why])
        for why in ("revised figures", "new years", "both")
        if counted[why]
    ]
    return WORDS.say("answer.pairs", reasons=reasons, **counts)


def _reason(kind: str, pair: ChangedPair) -> str:
    return WORDS.say(f"reason.{kind}.{pair.why.replace(' ', '-')}")


def _named(turned: Sequence[ChangedPair]) -> str:
    """Name the pairs that read otherwise, those that moved most first, with how they read then and now."""
    pairs = [
        WORDS.say(
            "named.pair",
            pair=lower_first(pair_told(pair)),
            then=WORDS.say(f"reading.{pair.reading(THEN)}"),
            now=WORDS.say(f"reading.{pair.reading(NOW)}"),
        )
        for pair in turned[:_MOST_NAMED]
    ]
    return WORDS.say("named.all" if len(pairs) == len(turned) else "named.among", pairs=pairs)


def _most_moved(changes: Changes) -> list[str]:
    """Say which pair moved most in all, and because of what; nothing where there is none."""
    if not changes.pairs:
        return []
    most = max(changes.pairs, key=lambda pair: abs(pair.moved))
    return [WORDS.say("answer.most", reason=_reason("most", most), **moved(most, THEN, NOW))]


def _revision_told(changes: Changes) -> list[str]:
    """Say which pair moved most as figures were revised; nothing where none was."""
    if not changes.pairs or changes.compared.cells.empty:
        return []
    most = max(changes.pairs, key=lambda pair: abs(pair.moved_by_revision))
    return [WORDS.say("certainty.revision", **moved(most, THEN, REVISED))]


def moved(pair: ChangedPair, *steps: str) -> dict[str, Any]:
    """Return what a sentence says of a pair that moved from one step to another: the estimates of both, in its unit."""
    estimates = {step: pair.estimates[step] for step in steps}
    first, last = (estimate for estimate, _, _ in estimates.values())
    return {
        "pair": lower_first(pair_told(pair)),
        **estimates,
        "digits": decimals_for(abs(last - first) / 2),
        "unit": indicator(pair.outcome).difference_label,
        "step": step_of(indicator(pair.exposure)),
    }


def _verdicts_told(changes: Changes) -> str:
    if changes.verdicts is None:
        return WORDS.say("certainty.verdicts.unknown")
    if not changes.verdicts:
        return WORDS.say("certainty.verdicts.none")
    turned = sum(verdict.has_turned for verdict in changes.verdicts)
    return WORDS.say("certainty.verdicts", n_turned=turned, n_claims=len(changes.verdicts))


def pair_told(pair: ChangedPair) -> str:
    """Return a pair by the labels of its two measures."""
    return WORDS.say("pair", exposure=indicator(pair.exposure).label, outcome=indicator(pair.outcome).label)


def estimate_told(pair: ChangedPair, step: str) -> str:
    """Return one step's difference with its interval, in the outcome's unit, to digits that suit its width."""
    estimate, low, high = pair.estimates[step]
    return with_interval(estimate, low, high, decimals_for((high - low) / 12))


def changes_method(changes: Changes, n_by_release: pd.Series) -> Prose:
    """State how releases are compared; ``n_by_release``: how many figures each had otherwise than the one in use."""
    lines = [
        WORDS.say("method.release", release=release, n=int(number))
        for release, number in n_by_release.items()
    ]
    return WORDS.prose("method", releases="\n".join(lines))


def changes_lines(changes: Changes) -> list[str]:
    """Return the changes as lines of a terminal: releases, cells, pairs that read otherwise, verdicts."""
    lines = [WORDS.say("line.releases", **_releases(changes.compared))]
    cells = cells_by_indicator(changes.compared)
    lines += [
        WORDS.say(
            "line.cells",
            label=indicator(row["indicator"]).label,
            n_revised=row["n_revised"],
            n_compared=row["n_compared"],
            n_withheld=row["n_withheld"],
        )
        for row in cells.to_dict("records")
    ]
    turned = [pair for pair in changes.pairs if pair.has_turned]
    lines += [
        WORDS.say(
            "line.pair",
            pair=pair_told(pair),
            **{step: estimate_told(pair, step) for step in (THEN, REVISED, NOW)},
            why=pair.why,
        )
        for pair in turned
    ] or [WORDS.say("line.pairs.none", n_pairs=len(changes.pairs))]
    if changes.verdicts is None:
        return [*lines, WORDS.say("line.verdicts.unknown")]
    return [
        *lines,
        *(
            WORDS.say("line.verdict", claim=verdict.claim, then=verdict.then, now=verdict.now)
            for verdict in changes.verdicts
        ),
    ]
