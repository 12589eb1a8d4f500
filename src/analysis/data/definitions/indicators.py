"""The dictionary of indicators: every quantity defined once, and what drives checks, labels and tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from analysis.errors import DataError, nearest, unknown
from analysis.files import entries
from analysis.files.entries import Entry, Flag, Number, Text, Texts, Whole, check_choice, worded
from analysis.files.yaml_files import read_yaml

from .reach import Latest, Reach, reach

Topic = Literal["workforce", "pace", "stability", "need", "context", "spend"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
_FILE = "indicators.yml"
_DIVIDED = ("ratio", "real_per_child")
_PRICES = "{prices}"
"""Stands in a text for the prices that real amounts are given in, which follow the data."""


def _in_order(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(pair)
    return pair


_InOrder = AfterValidator(_in_order)
_Years = Annotated[tuple[Whole, Whole], _InOrder, worded("two years in order, as in [2012, 2015]")]
_Range = Annotated[tuple[Number, Number], _InOrder, worded("two numbers in order, as in [0, 100]")]
_Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda names: [names] if isinstance(names, str) else names),
    worded("a text or a list of texts"),
]


@dataclass(frozen=True)
class Formula(Entry):
    """How an indicator is computed from others; what each operation does stands with ``apply_formula``."""

    operation: Literal["ratio", "real", "real_per_child"]
    numerator: Text
    plus: _Names = ()
    less: _Names = ()
    denominator: Text | None = None
    scale: Number = 1
    denominator_lag_years: Whole = 0

    @property
    def is_real(self) -> bool:
        """True where the result is money in the prices of one year."""
        return self.operation != "ratio"


def _whole_formula(formula: Formula) -> Formula:
    is_divided = formula.operation in _DIVIDED
    if (formula.denominator is None) == is_divided:
        raise ValueError(f"{'lacks' if is_divided else formula.operation + ' has no use for'} 'denominator'")
    return formula


@dataclass(frozen=True)
class Counts(Entry):
    """The counts behind a published rate: numerator over the sum of the denominators, times scale.

    ``fills``: first and last year in which the rate is computed from them where it isn't published. ``bounded``: whether a
    numerator that is withheld is small.
    """

    numerator: Text
    denominator: Texts
    scale: Number = 100
    fills: _Years | None = None
    bounded: Flag = True


@dataclass(frozen=True)
class Indicator(Entry):
    """One quantity: what it is, its unit, what good looks like, where it comes from and where it breaks.

    ``label`` names it in charts and tables; ``phrase`` in a sentence, where it is the subject of a verb in the singular.
    ``step`` is how much more of it sentences and tables speak of, so that all reports say the same of one measure; its
    unit's, unless the file gives it one of its own. ``stock`` names what it counts, where another indicator counts the
    same, so that part of an association between the two is arithmetic. ``first_year`` is a definition; ``last_year``
    follows the figures in place (``reach``), and stands in no file that people edit.
    """

    id: str
    label: Text
    phrase: Text
    definition: Text
    topic: Topic
    unit: Text
    polarity: Literal["low", "high", "none"]
    reference: Text
    first_year: Whole
    range: _Range
    source: Text | None = None
    formula: Annotated[Formula, AfterValidator(_whole_formula)] | None = None
    breaks: Mapping[Whole, Text] = field(default_factory=dict)
    counts: Counts | None = None
    comparable_from: Whole | None = None
    joint: Flag = False
    unpublished: Annotated[tuple[Whole, ...], worded("a list of years, as in [2021, 2022]")] = ()
    stock: Text | None = None
    step: Number = 0
    last_year: Whole | None = None

    @property
    def years(self) -> tuple[int, int]:
        """First and last year of which there are figures; the first alone where none are in place."""
        return self.first_year, max(self.first_year, self.last_year or 0)

    @property
    def is_derived(self) -> bool:
        """True where the project computes it from other indicators."""
        return self.formula is not None

    @property
    def unit_label(self) -> str:
        """The unit as it stands on an axis, such as ``%`` or ``per 10,000 children``."""
        return _document().units[self.unit].label.replace(_PRICES, reach().prices)

    @property
    def difference_label(self) -> str:
        """The unit of a difference between two values: ``percentage points`` where the unit is ``%``."""
        return _document().units[self.unit].difference or self.unit_label

    @property
    def reference_label(self) -> str:
        """The moment or period that the year names, such as ``30 September``."""
        return _document().references[self.reference].label

    @property
    def axis_label(self) -> str:
        """Label and unit, as they stand on an axis."""
        return f"{self.label} ({self.unit_label})"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The indicators that the formula reads, in its order; empty for a published one."""
        formula = self.formula
        if formula is None:
            return ()
        below = (formula.denominator,) if formula.denominator else ()
        return (formula.numerator, *formula.plus, *formula.less, *below)


@dataclass(frozen=True)
class _Reference(Entry):
    label: Text
    note: Text = ""


@dataclass(frozen=True)
class _Unit(Entry):
    label: Text
    step: Number
    long: Text = ""
    difference: Text = ""


@dataclass(frozen=True)
class _Group(Entry):
    """Indicators with what they have in common."""

    defaults: Mapping[str, Any]
    indicators: Mapping[str, Any]


@dataclass(frozen=True)
class _Document(Entry):
    references: Mapping[Text, _Reference]
    units: Mapping[Text, _Unit]
    groups: Annotated[tuple[_Group, ...], Field(min_length=1)]


@cache
def _document() -> _Document:
    return entries.read_entry(_Document, read_yaml(files(__package__).joinpath(_FILE)), _FILE)


def dictionary() -> Mapping[str, Indicator]:
    """Return every indicator by its identifier, in the order of the file, with its last year by the figures in place.

    Raises DataError, in one line that names entry, key and value, where an entry is defined twice, lacks a key, has one of
    another kind, names an undefined unit or indicator, or has both source and formula.
    """
    return _reaching(reach())


@cache
def _reaching(now: Reach) -> Mapping[str, Indicator]:
    """The dictionary with what follows the figures in place: last years, and the prices that amounts are given in."""
    defined = _defined()
    return {
        name: replace(
            entry,
            last_year=_last_year(entry, now),
            definition=entry.definition.replace(_PRICES, now.prices),
            step=entry.step or _document().units[entry.unit].step,
        )
        for name, entry in defined.items()
    }


def _last_year(entry: Indicator, now: Reach) -> int | None:
    """Of a derived indicator: the last year of which all its inputs have figures."""
    formula = entry.formula
    if formula is None:
        return now.last_years.get(entry.id)
    ends = [now.last_years.get(name) for name in (formula.numerator, *formula.plus, *formula.less)]
    if formula.denominator:
        end = now.last_years.get(formula.denominator)
        ends.append(end + formula.denominator_lag_years if end else None)
    known = [end for end in ends if end is not None]
    return min(known) if len(known) == len(ends) else None


@cache
def _defined() -> Mapping[str, Indicator]:
    document = _document()
    defined: dict[str, Indicator] = {}
    for group in document.groups:
        for name in group.indicators:
            if name in defined:
                raise DataError(f"{_FILE}: {name}: defined twice")
        with_defaults = {
            name: {**group.defaults, **entry} if isinstance(entry, dict) else entry
            for name, entry in group.indicators.items()
        }
        defined |= entries.read_entries(Indicator, with_defaults, _FILE, "id", last_year=None)
    for entry in defined.values():
        _check_names(entry, document, defined)
    return defined


def _check_names(entry: Indicator, document: _Document, defined: Mapping[str, Indicator]) -> None:
    """Raise DataError where an indicator names a unit, a reference or an indicator that isn't defined."""
    where = f"{_FILE}: {entry.id}"
    check_choice(entry.unit, document.units, f"{where}: unit")
    check_choice(entry.reference, document.references, f"{where}: reference")
    if bool(entry.source) == bool(entry.formula):
        raise DataError(f"{where}: needs a source or a formula, and not both")
    behind = (entry.counts.numerator, *entry.counts.denominator) if entry.counts else ()
    for key, names in (("formula", entry.inputs), ("counts", behind)):
        for name in names:
            if name not in defined:
                raise DataError(
                    f"{where}: its {key} names '{name}', which is not defined{nearest(name, defined)}"
                )


def indicator(name: str) -> Indicator:
    """Return one indicator; raises RequestError with the nearest right name where there is none."""
    known = dictionary()
    if name not in known:
        raise unknown("indicator", name, known)
    return known[name]


def latest_year(name: str, year: int | Latest = "latest") -> int:
    """Return ``year``, or else the last with figures of an indicator; raises RequestError for an unknown indicator."""
    last = indicator(name).years[1]
    return last if year == "latest" else year


def share_a_count(first: str, second: str) -> bool:
    """Tell whether two indicators count the same stock, so that part of an association between them is arithmetic."""
    stocks = indicator(first).stock, indicator(second).stock
    return stocks[0] is not None and stocks[0] == stocks[1]


def lower_first(label: str) -> str:
    """Return a label as it stands within a sentence; names and abbreviations keep their capitals."""
    return (
        label
        if label[:2].isupper() or label.startswith(("Sure Start", "Section"))
        else label[0].lower() + label[1:]
    )


def sources_behind(names: Iterable[str]) -> tuple[str, ...]:
    """Return the publications behind indicators, in order of appearance; derived ones count by their inputs.

    Names that aren't in the dictionary are passed over.
    """
    sources: dict[str, None] = {}
    queue = list(names)
    while queue:
        entry = dictionary().get(queue.pop(0))
        if entry is not None:
            queue = [*entry.inputs, *queue]
            sources |= {entry.source: None} if entry.source else {}
    return tuple(sources)


def published_by(source: str) -> tuple[Indicator, ...]:
    """Return the indicators that a publication carries, in the order of the dictionary."""
    return tuple(entry for entry in dictionary().values() if entry.source == source)
