"""A finding: one named result of a notebook, in the one shape that claims and tables read."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from analysis.errors import DataError, RequestError, unknown

from .interval import Inference

Scale = Literal[
    "standard deviations",
    "outcome units",
    "percentage points",
    "odds ratio",
    "log odds",
    "rate ratio",
    "correlation",
    "percent",
    "percentile",
]
SCALES: tuple[str, ...] = get_args(Scale)
RATIOS = ("odds ratio", "rate ratio")


@dataclass(frozen=True)
class Finding(Inference):
    """An estimate with its interval and counts, under the name by which a claim asks for it.

    ``scale`` is what one unit of ``estimate`` is: of the outcome per standard deviation, point or pound of the exposure as
    ``label`` says in words. Ratios are given as ratios, not logarithms: their null is 1, that of the others 0.
    ``share_same_sign`` is the share of a declared curve's ``n_specifications`` that agree with the estimate's sign.
    ``caution`` is the one thing that a reader of this number must not miss; ``indicators`` are the dictionary's names of
    the figures behind it, by which a claim's trail reaches the publications.

    Raises DataError where the interval doesn't hold the estimate, or a ratio isn't positive; RequestError for a scale that
    isn't one of SCALES.
    """

    name: str
    label: str
    scale: Scale
    n_observations: int
    n_clusters: int
    n_specifications: int | None = None
    share_same_sign: float | None = None
    caution: str = ""
    indicators: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "indicators", tuple(self.indicators))
        if self.scale not in SCALES:
            raise unknown("scale", self.scale, SCALES)
        numbers = (self.conf_low, self.estimate, self.conf_high)
        if not all(map(math.isfinite, (*numbers, self.p_value))):
            raise DataError(
                f"finding {self.name}: estimate, interval and p value must be numbers, not {numbers}"
            )
        if not self.conf_low <= self.estimate <= self.conf_high:
            raise DataError(
                f"finding {self.name}: {self.estimate} lies outside its own interval {numbers[::2]}"
            )
        if self.scale in RATIOS and self.conf_low <= 0:
            raise DataError(
                f"finding {self.name}: an {self.scale} must be above 0, its interval begins at {numbers[0]}"
            )

    @property
    def null(self) -> float:
        """The value that says nothing: 1 for a ratio, 50 for a percentile, 0 for the rest."""
        return 1.0 if self.scale in RATIOS else 50.0 if self.scale == "percentile" else 0.0

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out the null."""
        return self.excludes(self.null)

    @classmethod
    def of(
        cls,
        result: Inference,
        name: str,
        label: str,
        scale: Scale,
        n_observations: int,
        n_clusters: int,
        *,
        unit: float = 1.0,
        caution: str = "",
        indicators: Iterable[str] = (),
    ) -> "Finding":
        """Return ``result`` as a finding called ``name``; ``unit`` is one of the finding's in units of the result."""
        return cls(
            name=name,
            label=label,
            scale=scale,
            estimate=result.estimate / unit,
            conf_low=result.conf_low / unit,
            conf_high=result.conf_high / unit,
            p_value=result.p_value,
            n_observations=n_observations,
            n_clusters=n_clusters,
            caution=caution,
            indicators=tuple(indicators),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {**asdict(self), "indicators": list(self.indicators)}


def recorded(findings: Iterable[Finding]) -> dict[str, list[dict[str, Any]]]:
    """Return findings as the entry ``findings`` of a notebook's results; raises DataError where a name stands twice."""
    entries = [finding.as_dict() for finding in findings]
    names = [entry["name"] for entry in entries]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"finding '{repeated[0]}' stands more than once among the results of one notebook")
    return {"findings": entries}


def findings_of(results: Iterable[Mapping[str, Any]]) -> dict[str, Finding]:
    """Return every recorded finding under ``run/finding``, from what ``read_results`` returns.

    Raises DataError where one isn't of this version's shape.
    """
    recorded = {}
    for result in results:
        for entry in result["values"].get("findings", ()):
            try:
                recorded[f"{result['name']}/{entry['name']}"] = Finding(**entry)
            except (TypeError, KeyError) as error:
                raise DataError(
                    f"{result['name']}: a finding of another shape than this version's ({error}); run it again"
                ) from error
    return recorded


def findings_recorded(results: Iterable[Mapping[str, Any]], run: str) -> dict[str, Finding]:
    """Return the findings of one run by name; raises RequestError where it recorded none."""
    chosen = {
        key.removeprefix(f"{run}/"): finding
        for key, finding in findings_of(results).items()
        if key.rpartition("/")[0] == run
    }
    if not chosen:
        raise RequestError(f"the run '{run}' recorded no findings; run it first")
    return chosen
