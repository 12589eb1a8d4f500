"""Numbers and names as readers of charts and tables see them."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from textwrap import fill

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import Indicator, dictionary, indicator, sources_behind
from analysis.errors import DataError, unknown

MINUS = "−"
MISSING = "–"
TOPIC_LABELS = {
    "workforce": "Workforce",
    "pace": "Pace of plans and assessments",
    "stability": "Stability and health in care",
    "need": "Need and demand",
    "context": "Context",
    "spend": "Spend",
}


def decimals_for(spread: float) -> int:
    """Return how many decimals tell numbers apart that lie about ``spread`` from each other (0 to 6)."""
    if not math.isfinite(spread) or spread <= 0:
        return 1
    return int(min(max(-math.floor(math.log10(spread / 3)), 0), 6))


def number(value: float | None, decimals: int | None = None) -> str:
    """Return a number with thousands separators and a true minus sign; a dash where it is missing.

    Without ``decimals``: none from 100 up, one from 10, two below, and two significant digits below 0.1.
    """
    if value is None or pd.isna(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if decimals is None:
        size = abs(value)
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2
        if 0 < size < 0.1:
            decimals = min(1 - math.floor(math.log10(size)), 6)
    text = f"{value:,.{decimals}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", MINUS)


def plain(value: float | None) -> str:
    """Return a number that somebody chose, such as a threshold, with the digits it has: ``0.1``, ``97.5``, ``95``."""
    return MISSING if value is None or pd.isna(value) else f"{value:g}".replace("-", MINUS)


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share from 0 to 1 as ``12%``; a dash where it is missing."""
    return MISSING if share is None or pd.isna(share) else f"{number(100 * share, decimals)}%"


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """Return an interval in words: ``0.03 to 0.21``."""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def with_interval(
    estimate: float | None, low: float | None, high: float | None, decimals: int | None = None
) -> str:
    """Return an estimate and its interval as ``0.12 (0.03 to 0.21)``, to digits that suit its width."""
    digits = decimals
    if digits is None:
        digits = 2 if low is None or high is None else decimals_for((high - low) / 3)
    return f"{number(estimate, digits)} ({interval(low, high, digits)})"


def p_value(value: float | None) -> str:
    """Return a p or q value: three decimals, one more where they would hide on which side of 0.05 it lies; ``<0.001``."""
    if value is None or value != value:
        return "–"
    text = f"{value:.3f}"
    return "<0.001" if value < 0.001 else f"{value:.4f}" if text == "0.050" else text


def probability(name: str, value: float | None) -> str:
    """Return a p or q value as a sentence has it: ``p = 0.086``, ``q < 0.001``."""
    text = p_value(value)
    return f"{name} < {text[1:]}" if text.startswith("<") else f"{name} = {text}"


def with_unit(value: float | None, entry: Indicator, decimals: int = 1) -> str:
    """Return a value of an indicator with its unit: ``11.8%``, ``15.2 cases per FTE worker``."""
    gap = "" if entry.unit_label == "%" else " "
    return f"{number(value, decimals)}{gap}{entry.unit_label}"


def amount(value: float | None, unit: str, decimals: int | None = None) -> str:
    """Return an amount as prose has it: ``2.7 cases per FTE worker``, ``£109 per child (2024-25 prices)``."""
    text = number(value, decimals)
    if text == "1":
        unit = _MANY.sub(r"\1\2", unit)
    if not unit.startswith("£"):
        return f"{text} {unit}"
    what, _, prices = unit.removeprefix("£").strip().partition(", ")
    sign, size = (MINUS, text.removeprefix(MINUS)) if text.startswith(MINUS) else ("", text)
    return f"{sign}£{size}" + (f" {what}" if what else "") + (f" ({prices})" if prices else "")


_MANY = re.compile(r"^(percentage |working )?(\w+?)s\b")


def step_of(entry: Indicator) -> str:
    """Return how much more of an indicator all reports speak of, as prose has it: ``5 percentage points``."""
    return amount(entry.step, entry.difference_label, 0)


def difference(
    change: tuple[float | None, float | None, float | None], unit: str, decimals: int | None = None
) -> str:
    """Return a difference with its 95% interval as prose has it, to digits that suit the interval's width.

    ``2.6 percentage points lower (95% interval 1.7 to 3.4 lower)``; where the interval holds zero, ``0.2 percentage points
    higher (95% interval 0.4 lower to 0.8 higher)``. A dash where any of the three is missing.
    """
    middle, low, high = (math.nan if value is None else value for value in change)
    if any(map(math.isnan, (middle, low, high))):
        return MISSING
    digits = decimals_for((high - low) / 3) if decimals is None else decimals
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        reach = f"{interval(near, far, digits)} {_way(middle)}"
    else:
        reach = f"{number(abs(low), digits)} lower to {number(high, digits)} higher"
    return f"{amount(abs(middle), unit, digits)} {_way(middle)} (95% interval {reach})"


def of_100(
    shares: tuple[float | None, float | None, float | None, float | None],
    compared: bool = True,
    decimals: int = 0,
) -> str:
    """Return how many of 100 there are with more of something, with the 95% interval, and how many as it was.

    ``shares``: as it was, with more, and the limits of that. ``49 (95% interval 44 to 55) rather than 63``; ``53 (95%
    interval 47 to 62) either way`` where the two read the same; ``49 (44 to 55)`` where not ``compared``.
    A dash where any of the four is missing.
    """
    if any(value is None or math.isnan(value) for value in shares):
        return MISSING
    before, after, low, high = (number(value, decimals) for value in shares)
    is_clear = not min(shares[2:]) <= shares[0] <= max(shares[2:])  # type: ignore[type-var, operator]
    if is_clear and before in (low, high):
        return of_100(shares, compared, decimals + 1)
    if not compared:
        return f"{after} ({low} to {high})"
    told = "either way" if before == after else f"rather than {before}"
    return f"{after} (95% interval {low} to {high}) {told}"


def _way(change: float) -> str:
    return "lower" if change < 0 else "higher"


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else "none"


def upper_first(text: str) -> str:
    """Return a text as it stands at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def ordinal(number: int) -> str:
    """Return a place as it is read: ``1st``, ``22nd``, ``113th``."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 20 else endings.get(number % 10, "th")
    return f"{number}{ending}"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Return ``1 authority`` or ``1,204 authorities``."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def wrapped(text: str, width: int) -> str:
    """Break ``text`` into lines of at most ``width`` characters, at spaces."""
    return fill(text, width, break_long_words=False, break_on_hyphens=False)


def label_of(name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return a column's label: from ``labels``, else the dictionary of indicators, else its own name."""
    if labels and name in labels:
        return labels[name]
    entry = dictionary().get(name)
    return entry.label if entry else name


def axis_label_of(name: str, labels: Mapping[str, str] | None = None) -> str:
    """Return label and unit of a column as they stand on an axis; only the label where no unit is known."""
    return label_of(name, labels) + unit_of(name)


def unit_of(name: str) -> str:
    """Return the unit of a column in brackets after a space; nothing where no unit is known."""
    entry = dictionary().get(name)
    return f" ({entry.unit_label})" if entry else ""


def source_line(names: Iterable[str]) -> str:
    """Return the publications behind indicators, by publisher; derived ones count by their inputs.

    Columns that aren't in the dictionary are passed over.
    """
    from analysis.data.official.publications import SHARE_ALIKE, publications

    by_publisher: dict[str, list[str]] = {}
    for name in sources_behind(names):
        publication = publications()[name]
        apart = f" ({SHARE_ALIKE})" if publication.is_share_alike else ""
        by_publisher.setdefault(publication.publisher + apart, []).append(publication.title)
    return "; ".join(f"{publisher}: {', '.join(titles)}" for publisher, titles in by_publisher.items())


def decimals_of(entry: Indicator) -> int:
    """Return how many decimals an indicator is read with: one for rates up to hundreds, else none."""
    return 1 if entry.range[1] <= 400 else 0


def known_indicators(names: str | Sequence[str]) -> tuple[Indicator, ...]:
    """Return indicators by name; raises RequestError for an unknown one, and where none is named."""
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names:
        raise DataError("no indicator is named")
    return tuple(indicator(name) for name in names)


def check_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise RequestError for the first of ``columns`` that ``frame`` lacks."""
    for column in columns:
        if column not in frame.columns:
            raise unknown("column", column, map(str, frame.columns), where=what)


def authority_name(frame: pd.DataFrame, code: str) -> str:
    """Return the name of an authority from columns ``authority_code`` and ``authority``.

    Raises RequestError with the nearest right code where there is none.
    """
    names = frame.loc[frame["authority_code"] == code, "authority"]
    if names.empty:
        raise unknown("authority", code, sorted(set(frame["authority_code"])))
    return str(names.iloc[-1])


def first_last_extremes(values: pd.Series, decimals: int | None = None) -> str:
    """Return what values by year do, for an alternative text: first, last, highest and lowest."""
    known = values.dropna().sort_index()
    if known.empty:
        return "no figures"
    high, low = known.idxmax(), known.idxmin()
    text = f"{number(known.iloc[0], decimals)} in {known.index[0]}"
    if len(known) == 1:
        return text
    return (
        f"{text}, {number(known.iloc[-1], decimals)} in {known.index[-1]}; highest "
        f"{number(known[high], decimals)} "
        f"in {high}, lowest {number(known[low], decimals)} in {low}"
    )


def spread_apart(positions: Sequence[float], gap: float) -> np.ndarray:
    """Return positions moved as little as needed to stand ``gap`` apart, in the same order."""
    order = np.argsort(positions, kind="stable")
    moved = np.asarray(positions, dtype=float).copy()
    for _ in range(100):
        shortfall = gap - np.diff(moved[order])
        if (shortfall <= gap * 1e-6).all():
            break
        for place in np.flatnonzero(shortfall > 0):
            moved[order[place]] -= shortfall[place] / 2
            moved[order[place + 1]] += shortfall[place] / 2
    return moved


_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b")


def dates_in_words(text: str) -> str:
    """Return a text with its ISO dates as they are read: ``8 March 2019``, ``November 2018``."""
    return _ISO.sub(_in_words, text)


def _in_words(iso: re.Match[str]) -> str:
    year, month, day = iso.groups()
    named = date(int(year), int(month), int(day or 1))
    return f"{named.day} {named:%B} {named.year}" if day else f"{named:%B} {named.year}"
