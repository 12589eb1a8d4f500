"""The dictionary of indicators: every quantity defined once, and what drives checks, labels and tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import DataError, unknown
from .yaml_files import read_yaml

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
        return _document()["units"][self.unit]["label"]

    @property
    def difference_label(self) -> str:
        """The unit of a difference between two values: ``percentage points`` where the unit is ``%``."""
        return _document()["units"][self.unit].get("difference", self.unit_label)

    @property
    def reference_label(self) -> str:
        """The moment or period that the year names, such as ``30 September``."""
        return _document()["references"][self.reference]["label"]

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


@cache
def _document() -> Mapping[str, Any]:
    return read_yaml(files(__package__).joinpath("indicators.yml"))


def _build(name: str, entry: Mapping[str, Any]) -> Indicator:
    document = _document()
    indicator = Indicator(
        id=name, **{**entry, "years": tuple(entry["years"]), "range": tuple(entry["range"])}
    )
    sets = {
        "topic": TOPICS, "polarity": POLARITIES, "unit": document["units"], "reference": document["references"],
    }  # fmt: skip
    for attribute, allowed in sets.items():
        if getattr(indicator, attribute) not in allowed:
            raise DataError(
                f"indicators.yml: {name}: {attribute} '{getattr(indicator, attribute)}' is not defined"
            )
    if (indicator.source is None) == (indicator.formula is None):
        raise DataError(f"indicators.yml: {name}: needs a source or a formula, and not both")
    return indicator


@cache
def dictionary() -> Mapping[str, Indicator]:
    """Return every indicator by its identifier, in the order of the file.

    Raises DataError where an entry is defined twice, names an undefined unit, or has both source and formula.
    """
    found: dict[str, Indicator] = {}
    for group in _document()["groups"]:
        for name, entry in group["indicators"].items():
            if name in found:
                raise DataError(f"indicators.yml: {name}: defined twice")
            found[name] = _build(name, {**group["defaults"], **entry})
    for indicator in found.values():
        for name in indicator.inputs:
            if name not in found:
                raise DataError(
                    f"indicators.yml: {indicator.id}: its formula reads '{name}', which is not defined"
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
