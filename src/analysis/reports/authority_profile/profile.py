"""What a brief on one authority shows, as data: a file an authority, from which its notebook draws and tells."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from analysis.data.definitions.indicators import indicator
from analysis.data.panel.authority import PanelAuthority
from analysis.errors import DataError
from analysis.files.as_json import plain

Position = Literal["low", "usual", "high", "unknown"]

WORKFORCE = ("turnover_percent", "agency_percent", "vacancy_percent", "caseload_cases_per_fte")
PACE = (
    "assessments_in_45_days_percent",
    "conferences_in_15_days_percent",
    "reviews_on_time_percent",
    "plans_open_two_years_percent",
    "repeat_plans_percent",
    "rereferrals_percent",
)
STABILITY = ("three_or_more_placements_percent", "long_term_stability_percent")
SPEND_AND_NEED = (
    "children_services_real_gbp_per_child",
    "prevention_real_gbp_per_child",
    "children_in_need_per_10k",
    "plans_per_10k",
    "looked_after_per_10k",
    "children_in_low_income_per_100_children",
)
TOPICS = {"workforce": WORKFORCE, "pace": PACE, "stability": STABILITY, "spend_and_need": SPEND_AND_NEED}
"""What a brief shows, by topic."""
MEASURES = tuple(name for names in TOPICS.values() for name in names)
DRAWN = (
    "turnover_percent", "agency_percent", "caseload_cases_per_fte", "assessments_in_45_days_percent",
    "conferences_in_15_days_percent", "plans_open_two_years_percent", "children_services_real_gbp_per_child",
    "looked_after_per_10k",
)  # fmt: skip
"""What is drawn over the years."""
COMPARED = DRAWN
"""What an authority and its neighbours are compared by."""


@dataclass(frozen=True)
class Standing:
    """Where an authority stands by one measure: its latest figure beside England, its neighbours and all others.

    All values are in the indicator's unit, to one digit more than is shown. ``quantiles``: the 5th, 25th, 50th, 75th and
    95th percentiles of authorities in ``year``. ``low`` and ``high``: 95% limits for an authority of its size around all
    authorities' rate, wider than chance by as much as authorities differ anyway; ``chance_low`` and ``chance_high``: of its
    own rate by chance alone; ``shrunk``: its rate drawn towards all authorities', the more the fewer people are behind it;
    ``rank`` (from the lowest) with the limits of chance: each None where no counts are known behind the measure.
    ``position`` is where ``value`` lies by ``low`` and ``high``, or by the outer quantiles without them.

    ``earlier`` is the mean of the years from ``earlier_first`` to ``earlier_last`` that are defined alike, so that no single
    year, which may be unusual, is what the latest is set against; ``change_low`` and ``change_high`` are the lowest and the
    highest of the 95% limits of the changes since each of these years, None where one of them has no counts.
    """

    indicator: str
    year: int
    value: float
    england: float | None
    neighbours: float | None
    n_neighbours: int
    quantiles: tuple[float, float, float, float, float]
    n_authorities: int
    position: Position
    low: float | None = None
    high: float | None = None
    chance_low: float | None = None
    chance_high: float | None = None
    shrunk: float | None = None
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    earlier_first: int | None = None
    earlier_last: int | None = None
    earlier: float | None = None
    change_low: float | None = None
    change_high: float | None = None

    @property
    def place(self) -> Literal["low", "middle", "high"]:
        """Whether it is in the lowest or the highest quarter of authorities, clearly so where chance is known."""
        if self.rank_low is not None and self.rank_high is not None:
            is_low = self.rank_high <= self.n_authorities / 4
            is_high = self.rank_low > 3 * self.n_authorities / 4
        else:
            return self.seen
        return "low" if is_low else "high" if is_high else "middle"

    @property
    def seen(self) -> Literal["low", "middle", "high"]:
        """Whether its figure lies in the lowest or the highest quarter of authorities, chance or not."""
        is_low, is_high = self.value < self.quantiles[1], self.value > self.quantiles[3]
        return "low" if is_low else "high" if is_high else "middle"

    @property
    def is_beyond_limits(self) -> bool:
        """Whether it lies beyond the limits for an authority of its size, where counts are known."""
        return self.low is not None and self.position in ("low", "high")

    @property
    def change(self) -> float | None:
        """The change since the mean of the earlier years."""
        return None if self.earlier is None else self.value - self.earlier

    @property
    def has_changed(self) -> bool:
        """Whether the 95% intervals of the changes since each of the earlier years leave out none, on one side."""
        return (
            self.change_low is not None
            and self.change_high is not None
            and not self.change_low <= 0 <= self.change_high
        )


@dataclass(frozen=True)
class Series:
    """One measure by year: the authority's own figures, England's, and the middle half of its neighbours."""

    indicator: str
    years: tuple[int, ...]
    own: tuple[float | None, ...]
    england: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]

    def is_comparable(self, year: int) -> bool:
        """Whether a year's figures may be set beside the latest: those before have another definition."""
        return year >= (indicator(self.indicator).comparable_from or 0)

    @property
    def comparable(self) -> "Series | None":
        """The years that may be set beside the latest; None where the authority has no figure in them."""
        kept = [place for place, year in enumerate(self.years) if self.is_comparable(year)]

        def of(values: tuple[float | None, ...]) -> tuple[float | None, ...]:
            return tuple(values[place] for place in kept)

        own = of(self.own)
        if all(value is None for value in own):
            return None
        years = tuple(self.years[place] for place in kept)
        return Series(self.indicator, years, own, of(self.england), of(self.low), of(self.high))


@dataclass(frozen=True)
class Missing:
    """A measure that has no figure of the authority in its latest year, and why, in the publisher's meaning."""

    indicator: str
    year: int
    reason: str
    latest_year: int | None


@dataclass(frozen=True)
class Inspection:
    """One inspection: its last day, framework and judgements; an empty text where it had none."""

    day: str
    framework: str
    overall: str
    leaders: str
    help_protection: str
    in_care: str
    care_leavers: str


@dataclass(frozen=True)
class Spoken:
    """What the latest report that was read speaks of: sentences on a construct, coded as problem and as strength.

    ``share_percentile`` is the place of its share of problem sentences among all reports, 100 the highest. Pages are those
    of the PDF on which such sentences stand, from 1, in order.
    """

    construct: str
    problem: int
    strength: int
    share_percentile: float
    problem_pages: tuple[int, ...] = ()
    strength_pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Neighbour:
    """A statistical neighbour's, or the authority's own, latest figures of what is ``COMPARED``, in that order."""

    code: str
    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class ClaimOn:
    """A claim that rests on one of the measures shown, what of it was tested across England, and the verdict."""

    id: str
    claim: str
    verdict: str
    tested: str


@dataclass(frozen=True)
class Profile:
    """All that a brief on one authority shows."""

    about: PanelAuthority
    region: str
    is_joint: bool
    children: float | None
    standings: tuple[Standing, ...]
    series: tuple[Series, ...]
    missing: tuple[Missing, ...]
    inspections: tuple[Inspection, ...]
    spoken: tuple[Spoken, ...]
    sentences: int
    report_of: str
    neighbours: tuple[Neighbour, ...]
    claims: tuple[ClaimOn, ...] = field(default=())

    @property
    def authority(self) -> str:
        """The authority's name."""
        return self.about.name

    def standing(self, name: str) -> Standing | None:
        """Return where it stands by a measure; None where it has no figure."""
        return next((standing for standing in self.standings if standing.indicator == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the brief as JSON data."""
        data: dict[str, Any] = plain(self)
        return data


@cache
def reader() -> TypeAdapter[Profile]:
    """Return what reads a brief's data and checks them, made once."""
    return TypeAdapter(Profile)


def read_profile(path: Path) -> Profile:
    """Return the brief that a file holds; raises DataError where it can't be read, with what to do."""
    try:
        return reader().validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: is no whole brief ({reason}); delete it and run again") from error
