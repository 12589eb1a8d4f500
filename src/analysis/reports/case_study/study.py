"""All that the notebook on one authority shows, computed in one go from reports, panel and neighbours."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pandas as pd

from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.inspection_events import (
    EventParameters,
    inspection_events,
    never_inadequate,
    with_reports,
)
from analysis.data.cleaning.tables import authority_changes
from analysis.data.cleaning.years import label_of_days, without_earlier_definitions
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.authority import PanelAuthority, panel_authority
from analysis.data.panel.figures import read_neighbours
from analysis.errors import DataError
from analysis.estimators.synthetic_control import (
    SyntheticControl,
    SyntheticControlSpecification,
    synthetic_control,
)
from analysis.files.as_json import records
from analysis.inspections.measuring.measures import marked
from analysis.paths import current_project

from .standing import Percentile, percentile_with_chance, reports_standing
from .timeline import timeline

SERIES = (
    "turnover_percent",
    "agency_percent",
    "vacancy_percent",
    "caseload_cases_per_fte",
    "assessments_in_45_days_percent",
    "conferences_in_15_days_percent",
    "plans_open_two_years_percent",
    "children_services_real_gbp_per_child",
    "health_assessments_percent",
)
SYNTHETIC = {
    "turnover": "turnover_percent",
    "agency": "agency_percent",
    "vacancy": "vacancy_percent",
    "caseload": "caseload_cases_per_fte",
    "assessments": "assessments_in_45_days_percent",
    "spend": "children_services_real_gbp_per_child",
}
"""Outcomes of the synthetic control by the names that findings have."""
MATCHED_ON_EARLIER = ("turnover_percent", "agency_percent", "vacancy_percent")
"""Matched on 2015 and 2016 too, whose other definition changed for all authorities at once; caseload's ranks changed."""
SHOWN_BESIDE = SERIES[:3]
"""Turnover, agency work and vacancies: what the chart beside the answer shows."""
_FEWEST_YEARS_APART = 2
HEALTH, HEALTH_SIZE = "health_assessments_percent", "looked_after_children"


@dataclass(frozen=True)
class Apart:
    """A figure that has lain on one side of the middle half of authorities in every year since one: its last value."""

    indicator: str
    side: Literal["below", "above"]
    since: int
    last_year: int
    last: float


def apart_after(panel: pd.DataFrame, code: str, name: str, year: int) -> Apart | None:
    """Return how an authority's figure has lain outside the middle half in its latest years, all of them after ``year``.

    None where it doesn't, where it did already in ``year``, or in fewer than two years.
    """
    known = panel.dropna(subset=[name])
    quartiles = known.groupby("year")[name].quantile([0.25, 0.75]).unstack()
    own = known[known["authority_code"] == code].set_index("year")[name].sort_index()
    beside = quartiles.reindex(own.index)
    sides: tuple[tuple[Literal["below", "above"], pd.Series], ...] = (
        ("below", own < beside[0.25]),
        ("above", own > beside[0.75]),
    )
    for side, is_outside in sides:
        inside = own.index[~is_outside]
        since = own.index[own.index > (inside.max() if len(inside) else 0)]
        if len(since) >= _FEWEST_YEARS_APART and since.min() > year:
            return Apart(name, side, int(since.min()), int(own.index[-1]), float(own.iloc[-1]))
    return None


@dataclass(frozen=True)
class OrderKept:
    """The rank correlation of authorities' figures across a new definition, and from its first year to the next."""

    indicator: str
    year: int
    across: float
    after: float


def order_kept(panel: pd.DataFrame, name: str) -> OrderKept:
    """Return how far the order of authorities held as the definition of a figure changed, beside the year after."""
    year = indicator(name).comparable_from or indicator(name).first_year
    wide = panel.pivot_table(index="authority_code", columns="year", values=name)
    wide = wide.reindex(columns=[year - 1, year, year + 1])
    return OrderKept(
        name,
        year,
        across=float(wide[year - 1].corr(wide[year], method="spearman")),
        after=float(wide[year].corr(wide[year + 1], method="spearman")),
    )


@dataclass(frozen=True)
class CaseStudy:
    """Results on one authority.

    ``own``: its reports by construct (``measures.marked``); ``standing``: rows of ``reports_standing``; ``synthetic``: by
    name, the result, or why there is none; ``health``: place of its health assessments, or why there is none;
    ``neighbours``: codes of its statistical neighbours; ``inadequate_on``: last day of its first inspection judged
    inadequate, empty where none; ``judgements``: last day and overall grade of each inspection that has one, in order.
    """

    about: PanelAuthority
    panel: pd.DataFrame = field(repr=False)
    national: pd.DataFrame = field(repr=False)
    neighbours: tuple[str, ...]
    timeline: pd.DataFrame = field(repr=False)
    own: pd.DataFrame = field(repr=False)
    standing: pd.DataFrame = field(repr=False)
    synthetic: dict[str, SyntheticControl | str]
    health: Percentile | str
    inadequate_on: str
    judgements: tuple[tuple[str, str], ...] = ()

    @property
    def authority(self) -> str:
        """The authority's name."""
        return self.about.name

    @property
    def n_reports(self) -> int:
        """How many reports the table has of the authority."""
        return int(self.own["report"].nunique())

    def computed(self) -> dict[str, SyntheticControl]:
        """Return the synthetic controls that there are, by name."""
        return {name: control for name, control in self.synthetic.items() if not isinstance(control, str)}

    @property
    def n_years_compared(self) -> int:
        """Over how many years after the judgement gaps are averaged; 0 where there is no synthetic control."""
        for control in self.computed().values():
            first, last = control.specification.averaged
            return last - first + 1
        return 0

    def years_compared(self, name: str) -> tuple[int, int]:
        """Return the first and last year over which the gap of a synthetic control is averaged."""
        specification = self.computed()[name].specification
        first, last = specification.averaged
        return specification.start + first, specification.start + last

    def apart_later(self) -> tuple[Apart, ...]:
        """Return what of SHOWN_BESIDE moved away from most authorities after the years that were compared."""
        ends = {
            control.specification.outcome: control.specification.start + control.specification.averaged[1]
            for control in self.computed().values()
        }
        departures = (
            apart_after(self.panel, self.about.code, name, ends[name])
            for name in SHOWN_BESIDE
            if name in ends
        )
        return tuple(departure for departure in departures if departure)

    def earlier_years(self) -> tuple[int, ...]:
        """Return the years of an earlier definition in which similar authorities were looked for."""
        years = {
            int(year)
            for control in self.computed().values()
            for year in control.path.index
            if year < (indicator(control.specification.outcome).comparable_from or 0)
        }
        return tuple(sorted(years))

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON data."""
        return {
            "authority": asdict(self.about)
            | {"predecessors": list(self.about.predecessors), "successors": list(self.about.successors)},
            "neighbours": list(self.neighbours),
            "timeline": self.timeline.to_dict("records"),
            "inadequate_on": self.inadequate_on,
            "standing": records(self.standing),
            "synthetic": {
                name: control if isinstance(control, str) else control.as_dict()
                for name, control in self.synthetic.items()
            },
            "health": self.health if isinstance(self.health, str) else self.health.as_dict(),
        }


def load_neighbours() -> pd.DataFrame:
    """Return the table of statistical neighbours of the current project."""
    return read_neighbours(current_project().raw)


def study_case(
    name: str,
    reports: pd.DataFrame,
    panel: pd.DataFrame,
    national: pd.DataFrame,
    neighbours: pd.DataFrame,
    seed: int = 0,
) -> CaseStudy:
    """Compute every result on the authority called ``name``.

    ``panel``: all authorities by year; ``national``: its long series, England among them. Very small authorities stay out
    of distributions and donors unless the case is of one. Raises RequestError for an unknown authority.
    """
    about = panel_authority(name, panel)
    panel = panel[~panel["very_small"] | (panel["authority_code"] == about.code)]
    reports = reports.assign(
        authority_code=reports["authority_code"].replace(newest_code(authority_changes()))
    )
    own_reports = reports[reports["authority_code"] == about.code].sort_values("published", ignore_index=True)
    inadequate = own_reports.loc[own_reports["overall"] == "inadequate", "inspection_end"]
    kin = neighbours[neighbours["authority_code"] == about.code].sort_values("rank")["neighbour_code"]
    return CaseStudy(
        about=about,
        panel=panel,
        national=national,
        neighbours=tuple(kin),
        timeline=timeline(own_reports, about.code),
        own=marked(own_reports, about.code),
        standing=reports_standing(own_reports, reports, panel, about.code),
        synthetic={label: _synthetic(about, reports, panel, outcome) for label, outcome in SYNTHETIC.items()},
        health=_health(about, own_reports, panel, seed),
        inadequate_on=str(inadequate.min()) if len(inadequate) else "",
        judgements=_judgements(own_reports),
    )


def _judgements(own_reports: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    graded = own_reports[own_reports["overall"] != "none"].sort_values("inspection_end")
    return tuple(
        (str(day), str(grade)) for day, grade in zip(graded["inspection_end"], graded["overall"], strict=True)
    )


def _synthetic(
    about: PanelAuthority, reports: pd.DataFrame, panel: pd.DataFrame, outcome: str
) -> SyntheticControl | str:
    """Return the synthetic control since the first inadequate judgement, or in words why there is none."""
    if about.is_very_small:
        return "its rates rest on a handful of people"
    events = inspection_events(reports, EventParameters(outcome))
    own = events[(events["authority_code"] == about.code) & events["is_asked"]]
    if own.empty:
        return "no report available here judges it inadequate"
    values = panel[outcome] if outcome in MATCHED_ON_EARLIER else without_earlier_definitions(panel, outcome)
    rows = panel.assign(**{outcome: values})
    donors = never_inadequate(with_reports(rows, reports), events)["authority_code"].unique()
    try:
        return synthetic_control(
            rows, SyntheticControlSpecification(outcome, about.code, int(own["year"].min()), tuple(donors))
        )
    except DataError as error:
        return str(error)


def _health(
    about: PanelAuthority, own_reports: pd.DataFrame, panel: pd.DataFrame, seed: int
) -> Percentile | str:
    """Return its place by health assessments in the year of its first inadequate inspection, or of its latest one.

    Where it has no figure of that year, the year with one that is nearest is taken.
    """
    if own_reports.empty:
        return "no report of it is available"
    inadequate = own_reports[own_reports["overall"] == "inadequate"]
    chosen = inadequate.head(1) if len(inadequate) else own_reports.tail(1)
    year = int(label_of_days(chosen["inspection_end"], HEALTH).iloc[0])
    known = panel.loc[panel["authority_code"] == about.code].dropna(subset=[HEALTH, HEALTH_SIZE])["year"]
    if known.empty:
        return "no figure of it is published"
    nearest = int(known.iloc[(known - year).abs().argmin()])
    return percentile_with_chance(panel, about.code, HEALTH, HEALTH_SIZE, nearest, seed=seed)
