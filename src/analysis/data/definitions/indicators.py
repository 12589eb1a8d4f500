"""The dictionary of indicators: every quantity defined once, and what drives checks, labels and tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.errors import DataError, nearest, unknown
from analysis.files.entries import check_choice, check_entry, check_kind
from analysis.files.yaml_files import read_yaml

TOPICS = ("workforce", "pace", "stability", "need", "context", "spend")
POLARITIES = ("low", "high", "none")


@dataclass(frozen=True)
class Indicator:
    """One quantity: what it is, its unit, what good looks like, where it comes from and where it breaks."""

    id: str
    label: str
    definition: str
    topic: str
    unit: str
    polarity: str
    reference: str
    years: tuple[int, int]
    range: tuple[float, float]
    source: str | None = None
    formula: Mapping[str, Any] | None = None
    breaks: Mapping[int, str] = field(default_factory=dict)
    counts: Mapping[str, Any] | None = None
    comparable_from: int | None = None
    joint: bool = False

    @property
    def is_derived(self) -> bool:
        """True where the project computes it from other indicators."""
        return self.formula is not None

    @property
    def unit_label(self) -> str:
        """The unit as it stands on an axis, such as ``%`` or ``per 10,000 children``."""
        return _labels("units")[self.unit]["label"]

    @property
    def difference_label(self) -> str:
        """The unit of a difference between two values: ``percentage points`` where the unit is ``%``."""
        return _labels("units")[self.unit].get("difference", self.unit_label)

    @property
    def reference_label(self) -> str:
        """The moment or period that the year names, such as ``30 September``."""
        return _labels("references")[self.reference]["label"]

    @property
    def axis_label(self) -> str:
        """Label and unit, as they stand on an axis."""
        return f"{self.label} ({self.unit_label})"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The indicators that the formula reads, in its order; empty for a published one."""
        if not self.formula:
            return ()
        names = [self.formula["numerator"]]
        for part in ("plus", "less"):
            more = self.formula.get(part, [])
            names += [more] if isinstance(more, str) else list(more)
        return tuple(names + ([self.formula["denominator"]] if "denominator" in self.formula else []))


_FILE = "indicators.yml"
_KINDS = {
    **dict.fromkeys(("label", "definition", "topic", "unit", "polarity", "reference", "source"), "text"),
    "years": "two years in order, as in [2015, 2025]",
    "range": "two numbers in order, as in [0, 100]",
    "formula": "a mapping",
    "counts": "a mapping",
    "breaks": "a mapping of years to texts",
    "comparable_from": "a whole number",
    "joint": "true or false",
}
_NEEDED = ("label", "definition", "topic", "unit", "polarity", "reference", "years", "range")
_FORMULA = {
    **dict.fromkeys(("operation", "numerator", "denominator"), "text"),
    **dict.fromkeys(("plus", "less"), "a text or a list of texts"),
    "scale": "a number",
    **dict.fromkeys(("denominator_lag_years", "price_year"), "a whole number"),
}
_OPERATIONS = {
    "ratio": ("denominator",),
    "real": ("price_year",),
    "real_per_child": ("denominator", "price_year"),
}
_COUNTS = {"numerator": "text", "denominator": "a list of texts", "scale": "a number"}


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = read_yaml(files(__package__).joinpath(_FILE))
    parts = ("references", "units", "groups")
    check_entry(document, {"references": "a mapping", "units": "a mapping", "groups": "a list"}, _FILE, parts)
    for part, more in (("references", ("note",)), ("units", ("long", "difference"))):
        for name, entry in document[part].items():
            kinds = dict.fromkeys(("label", *more), "text")
            check_entry(entry, kinds, f"{_FILE}: {part}: {name}", ("label",))
    for number, group in enumerate(document["groups"], start=1):
        kinds = {"defaults": "a mapping", "indicators": "a mapping"}
        check_entry(group, kinds, f"{_FILE}: group {number}", kinds)
    return document


def _labels(part: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts of each reference or unit."""
    labels: Mapping[str, Mapping[str, str]] = _document()[part]
    return labels


def _build(name: str, entry: Mapping[str, Any]) -> Indicator:
    document, where = _document(), f"{_FILE}: {name}"
    check_entry(entry, _KINDS, where, _NEEDED)
    sets = {
        "topic": TOPICS, "polarity": POLARITIES, "unit": document["units"], "reference": document["references"],
    }  # fmt: skip
    for key, allowed in sets.items():
        check_choice(entry[key], allowed, f"{where}: {key}")
    if ("source" in entry) == ("formula" in entry):
        raise DataError(f"{where}: needs a source or a formula, and not both")
    if "formula" in entry:
        operation = entry["formula"].get("operation")
        check_choice(operation, _OPERATIONS, f"{where}: formula: operation")
        check_entry(entry["formula"], _FORMULA, f"{where}: formula", ("numerator", *_OPERATIONS[operation]))
    if "counts" in entry:
        check_entry(entry["counts"], _COUNTS, f"{where}: counts", ("numerator", "denominator"))
    return Indicator(id=name, **{**entry, "years": tuple(entry["years"]), "range": tuple(entry["range"])})


@cache
def dictionary() -> Mapping[str, Indicator]:
    """Return every indicator by its identifier, in the order of the file.

    Raises DataError, in one line that names entry, key and value, where an entry is defined twice, lacks a key, has one of
    another kind, names an undefined unit or indicator, or has both source and formula.
    """
    found: dict[str, Indicator] = {}
    for group in _document()["groups"]:
        for name, entry in group["indicators"].items():
            check_kind(name, "text", f"{_FILE}: the name of an indicator")
            if name in found:
                raise DataError(f"{_FILE}: {name}: defined twice")
            check_kind(entry, "a mapping", f"{_FILE}: {name}")
            found[name] = _build(name, {**group["defaults"], **entry})
    for indicator in found.values():
        counts = indicator.counts
        behind = [counts["numerator"], *counts["denominator"]] if counts else []
        for key, names in (("formula", indicator.inputs), ("counts", behind)):
            for name in names:
                if name not in found:
                    raise DataError(
                        f"{_FILE}: {indicator.id}: its {key} names '{name}', which is not defined"
                        f"{nearest(name, found)}"
                    )
    return found


def indicator(name: str) -> Indicator:
    """Return one indicator; raises RequestError with the nearest right name where there is none."""
    found = dictionary()
    if name not in found:
        raise unknown("indicator", name, found)
    return found[name]


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
    found: dict[str, None] = {}
    queue = list(names)
    while queue:
        entry = dictionary().get(queue.pop(0))
        if entry is not None:
            queue = [*entry.inputs, *queue]
            found |= {entry.source: None} if entry.source else {}
    return tuple(found)


def published_by(source: str) -> tuple[Indicator, ...]:
    """Return the indicators that a publication carries, in the order of the dictionary."""
    return tuple(entry for entry in dictionary().values() if entry.source == source)


def topic_names(topic: str) -> tuple[str, ...]:
    """Return the identifiers of one topic, in the order of the dictionary; raises RequestError for an unknown topic."""
    if topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    return tuple(entry.id for entry in dictionary().values() if entry.topic == topic)
