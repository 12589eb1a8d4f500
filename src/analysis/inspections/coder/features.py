"""What the models see of a sentence: words, lexicon patterns, and cues of polarity within a construct's reach."""

from collections.abc import Iterable, Iterator

from .lexicon import Reading, Span
from .text import clauses, ngrams, words

Features = dict[str, tuple[float, dict[str, None]]]
"""By block of n-grams, whose features are called ``block:n-gram``, the value of each and the n-grams; under ``ALONE`` the
value and the whole names of all other features. Most n-grams are none that training saw, and get no name of their own.
"""
ALONE = ""
NEAR = 6
LONGEST = 3
AROUND = 0.5
"""What the words around a construct's patterns weigh against the words of the whole sentence."""
REACH = 60
TURNS = ("but", "however", "although", "yet")
SIGNS = {"good": 1, "better": 1, "bad": -1, "late": -1, "partial": -1}


def mention_features(reading: Reading) -> Features:
    """Return what decides whether a construct is spoken of: n-grams of the sentence and around patterns, and the patterns.

    The same for all constructs, as each model learns its own weights; blocks of n-grams have fixed lengths.
    """
    features = {"w": _unit(ngrams(reading.words, LONGEST))}
    names: list[str] = []
    for construct, patterns in reading.hits.items():
        if patterns:
            names += [f"l:{construct}.{tier}.{name}" for tier, name, _ in patterns]
            names += _tier_names(construct, {tier for tier, _, _ in patterns})
            near = words(_near(reading.text, anchors_of(reading, construct)))
            features[construct] = _unit(ngrams(near, 2), AROUND)
    features[ALONE] = 1.0, dict.fromkeys(names)
    return features


def _tier_names(construct: str, tiers: set[str]) -> list[str]:
    """Return which tiers of a construct stand in the sentence, alone and against each other."""
    names = [f"l:{construct}.{tier}" for tier in sorted(tiers)]
    if "sure" in tiers:
        names.append(f"l:{construct}.{'doubtful' if 'not' in tiers else 'plain'}")
    elif "hint" in tiers:
        names.append(f"l:{construct}.hinted")
    return names


def anchors_of(reading: Reading, construct: str) -> list[Span]:
    """Return the spans of a construct's patterns: of those that make it plain, else of those that hint at it."""
    for tier in ("sure", "hint"):
        anchors = [span for kind, _, span in reading.hits[construct] if kind == tier]
        if anchors:
            return anchors
    return []


def reach(reading: Reading, construct: str) -> tuple[list[Span], list[Span]]:
    """Return the spans of a construct's patterns and of the clauses they stand in.

    A construct with no pattern in the sentence reaches over all of it.
    """
    anchors = anchors_of(reading, construct)
    whole = (0, len(reading.text))
    if not anchors:
        return [], [whole]
    held = [c for c in clauses(reading.text) if any(c[0] < end and start < c[1] for start, end in anchors)]
    return anchors, held or [whole]


def polarity_features(reading: Reading, construct: str) -> Features:
    """Return what decides a construct's polarity: its clauses' words and cues, and the sentence's, by construct."""
    anchors, held = reach(reading, construct)
    inside = words(" ".join(reading.text[a:b] for a, b in held))
    names = [
        *_cue_names(reading, construct, held),
        *_nearest_names(reading, construct, anchors),
        *_shape_names(reading.text, anchors),
        *(f"l:{construct}.{tier}.{name}" for tier, name, _ in reading.hits[construct]),
        f"is:{construct}",
    ]
    return {
        "c": _unit(ngrams(inside, LONGEST)),
        "w": _unit(ngrams(reading.words, 2)),
        construct: _unit(ngrams(inside, 2)),
        "n": _unit(ngrams(words(_near(reading.text, anchors)), 2)),
        "u": _unit(_negated_words(reading)),
        ALONE: (1.0, dict.fromkeys(names)),
    }


def _cue_names(reading: Reading, construct: str, held: list[Span]) -> Iterator[str]:
    """Yield the cues of the sentence and of the clauses in reach, and what a plain count of them says."""
    for name, spans in reading.cues.items():
        if not spans:
            continue
        yield f"q:{name}"
        if any(a <= start < b for start, _ in spans for a, b in held):
            yield f"k:{name}"
            yield f"k:{construct}.{name}"
        else:
            yield f"o:{name}"
    for label, reached in (("inside", held), ("all", [(0, len(reading.text))])):
        verdict = rule_polarity(reading, construct, reached)
        yield f"r:{label}.{verdict}"
        yield f"r:{construct}.{label}.{verdict}"


def _nearest_names(reading: Reading, construct: str, anchors: list[Span]) -> Iterator[str]:
    """Yield the sign of the cue that stands nearest before, and nearest after, the construct's own words."""
    for side in ("before", "after"):
        reached = [
            (distance, name, -sign if name != "partial" and _negated(reading, start) else sign)
            for name, sign in SIGNS.items()
            for start, end in reading.cues[name]
            if (distance := min((_distance(start, end, span, side) for span in anchors), default=REACH))
            < REACH
        ]
        if reached:
            _, name, sign = min(reached)
            yield f"z:{side}.{name}.{sign}"
            yield f"z:{side}.{sign}"
            yield f"z:{construct}.{side}.{sign}"


def _distance(start: int, end: int, anchor: Span, side: str) -> int:
    """Return how many characters a cue stands before or after an anchor: none inside it, REACH on the other side."""
    if anchor[0] <= start < anchor[1]:
        return 0
    distance = anchor[0] - end if side == "before" else start - anchor[1]
    return distance if distance >= 0 else REACH


def _negated_words(reading: Reading) -> list[str]:
    """Return the words that stand within four words after a negation."""
    return [
        word.strip(".,;") for _, end in reading.cues["negation"] for word in reading.text[end:].split()[:4]
    ]


def _shape_names(text: str, anchors: list[Span]) -> Iterator[str]:
    """Yield how the sentence opens, and on which side of its last turning word the construct stands."""
    opening = text.split()[:2]
    if opening:
        yield f"open:{opening[0]}"
        yield f"open:{' '.join(opening)}"
    place = max(text.rfind(f" {word} ") for word in TURNS)
    if place >= 0:
        word = text[place:].split()[0]
        yield f"turn:{word}.{'after' if any(start > place for start, _ in anchors) else 'before'}"


def signs(reading: Reading, construct: str, held: list[Span]) -> tuple[int, int]:
    """Count good and bad cues in ``held``; a negation up to four words before turns a cue round."""
    turned = reading.cues["no_longer"]
    counts = {1: 0, -1: 0}
    for name, sign in SIGNS.items():
        for start, end in reading.cues[name]:
            if not any(a <= start < b for a, b in held) or (name == "good" and _covered(reading, start)):
                continue
            if name in ("bad", "late") and any(a <= start and end <= b for a, b in turned):
                sign_here = 1
            else:
                sign_here = -sign if name != "partial" and _negated(reading, start) else sign
            counts[sign_here] += 1
    if construct in ("turnover", "caseload"):
        counts[-1] += _amount(reading, "high", held)
        counts[1] += _amount(reading, "low", held)
    return counts[1], counts[-1]


def rule_polarity(reading: Reading, construct: str, held: list[Span]) -> str:
    """Return the polarity that the cues alone suggest: ``+``, ``-`` or ``~``."""
    if reading.cues["must"] or reading.cues["listed"]:
        return "-"
    good, bad = signs(reading, construct, held)
    if reading.cues["order"] and not bad:
        return "~"
    if good and bad:
        return "-" if reading.cues["partial"] or bad > good else "~"
    return "+" if good else "-" if bad else "~"


def rule_mention(reading: Reading, construct: str) -> bool:
    """Return whether the lexicon alone says that the construct is spoken of."""
    tiers = {tier for tier, _, _ in reading.hits[construct]}
    return "sure" in tiers and "not" not in tiers


def _amount(reading: Reading, cue: str, held: list[Span]) -> int:
    return sum(any(a <= start < b for a, b in held) for start, _ in reading.cues[cue])


def _covered(reading: Reading, start: int) -> bool:
    """Return whether a cue is part of a «not enough», which counts once, as bad."""
    return any(a <= start < b for a, b in reading.cues["partial"])


def _negated(reading: Reading, start: int) -> bool:
    """Return whether a negation stands within four words before ``start``."""
    return any(0 <= reading.text.count(" ", a, start) <= 4 for a, _ in reading.cues["negation"] if a < start)


def _near(text: str, anchors: list[Span]) -> str:
    """Return the words around the patterns: six before, six after."""
    parts = [" ".join([*text[:a].split()[-NEAR:], text[a:b], *text[b:].split()[:NEAR]]) for a, b in anchors]
    return " ".join(parts)


def _unit(grams: Iterable[str], length: float = 1.0) -> tuple[float, dict[str, None]]:
    """Return a block of features, one a gram, scaled to a ``length``, so that a long sentence doesn't weigh more."""
    names = dict.fromkeys(grams)
    return length / (len(names) ** 0.5 or 1.0), names


def names_of(features: Features) -> Iterator[str]:
    """Yield the whole name of each feature."""
    for block, (_, names) in features.items():
        yield from names if block == ALONE else (f"{block}:{name}" for name in names)
