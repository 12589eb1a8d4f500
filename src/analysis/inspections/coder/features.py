"""What the models see of a sentence: words, lexicon patterns, and cues of polarity within a construct's reach."""

from collections.abc import Iterable

from .lexicon import Reading, Span
from .text import clauses, ngrams, words

Features = dict[str, float]
NEAR = 6
LONGEST = 3
AROUND = 0.5
"""What the words around a construct's patterns weigh against the words of the whole sentence."""
REACH = 60
TURNS = ("but", "however", "although", "yet")
SIGNS = {"good": 1, "better": 1, "bad": -1, "late": -1, "partial": -1}


def mention_features(reading: Reading) -> Features:
    """Return what decides whether a construct is spoken of: n-grams of the sentence and around patterns, and the patterns.

    One flat dictionary for all constructs, as each model learns its own weights; blocks of n-grams have fixed lengths.
    """
    features = _unit("w", ngrams(words(reading.text), LONGEST))
    for construct, patterns in reading.hits.items():
        if not patterns:
            continue
        tiers = {tier for tier, _, _ in patterns}
        for tier, name, _ in patterns:
            features[f"l:{construct}.{tier}.{name}"] = 1.0
        features.update(_tier_features(construct, tiers))
        features.update(_around_features(reading, construct))
    return features


def _around_features(reading: Reading, construct: str) -> Features:
    """Return the words and pairs around a construct's patterns, where it has any."""
    near = words(_near(reading.text, anchors_of(reading, construct)))
    named = _unit(construct, ngrams(near, 2))
    return {name: AROUND * value for name, value in named.items()}


def _tier_features(construct: str, tiers: set[str]) -> Features:
    """Return which tiers of a construct stand in the sentence, alone and against each other."""
    features = {f"l:{construct}.{tier}": 1.0 for tier in sorted(tiers)}
    if "sure" in tiers and "not" not in tiers:
        features[f"l:{construct}.plain"] = 1.0
    if "sure" in tiers and "not" in tiers:
        features[f"l:{construct}.doubtful"] = 1.0
    if "hint" in tiers and "sure" not in tiers:
        features[f"l:{construct}.hinted"] = 1.0
    return features


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
    features = _unit("c", ngrams(inside, LONGEST))
    features |= _unit("w", ngrams(words(reading.text), 2))
    features |= _unit(construct, ngrams(inside, 2))
    features |= _unit("n", ngrams(words(_near(reading.text, anchors)), 2))
    features |= _unit("u", _negated_words(reading))
    features |= _cue_features(reading, construct, held)
    features |= _nearest_features(reading, construct, anchors)
    features |= _shape_features(reading.text, anchors)
    for tier, name, _ in reading.hits[construct]:
        features[f"l:{construct}.{tier}.{name}"] = 1.0
    features[f"is:{construct}"] = 1.0
    return features


def _cue_features(reading: Reading, construct: str, held: list[Span]) -> Features:
    """Return the cues of the sentence and of the clauses in reach, and what a plain count of them says."""
    features: Features = {}
    for name, spans in reading.cues.items():
        within = [s for s in spans if any(a <= s[0] < b for a, b in held)]
        if spans:
            features[f"q:{name}"] = 1.0
        if within:
            features |= {f"k:{name}": 1.0, f"k:{construct}.{name}": 1.0}
        elif spans:
            features[f"o:{name}"] = 1.0
    for label, spans in (("inside", held), ("all", [(0, len(reading.text))])):
        verdict = rule_polarity(reading, construct, spans)
        features |= {f"r:{label}.{verdict}": 1.0, f"r:{construct}.{label}.{verdict}": 1.0}
    return features


def _nearest_features(reading: Reading, construct: str, anchors: list[Span]) -> Features:
    """Return the sign of the cue that stands nearest before, and nearest after, the construct's own words."""
    features: Features = {}
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
            features |= {
                f"z:{side}.{name}.{sign}": 1.0,
                f"z:{side}.{sign}": 1.0,
                f"z:{construct}.{side}.{sign}": 1.0,
            }
    return features


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


def _shape_features(text: str, anchors: list[Span]) -> Features:
    """Return how the sentence opens, and on which side of its last turning word the construct stands."""
    opening = text.split()[:2]
    features = {f"open:{' '.join(opening[:size])}": 1.0 for size in (1, 2) if opening}
    place = max(text.rfind(f" {word} ") for word in TURNS)
    if place >= 0:
        word = text[place:].split()[0]
        features[f"turn:{word}.{'after' if any(start > place for start, _ in anchors) else 'before'}"] = 1.0
    return features


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


def _unit(block: str, grams: Iterable[str]) -> Features:
    """Return a block of features, one a gram, scaled to unit length, so that a long sentence doesn't weigh more."""
    names = dict.fromkeys([f"{block}:{gram}" for gram in grams])
    return dict.fromkeys(names, 1.0 / (len(names) ** 0.5 or 1.0))
