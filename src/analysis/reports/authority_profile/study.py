"""Every authority's brief computed together, for what they share is the same for all: rates' limits, places, neighbours."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.claims.register import register
from analysis.data.cleaning.boundary_changes import newest_code
from analysis.data.cleaning.tables import authority_changes, markers
from analysis.data.definitions.authorities import ENGLAND_CODE, codes_in
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import CONSTRUCTS, FRAMEWORK_LABELS, PAIR_RATINGS
from analysis.data.panel import store
from analysis.data.panel.authority import panel_authority
from analysis.data.panel.figures import (
    read_inspection_report_pages,
    read_inspection_reports,
    read_neighbours,
)
from analysis.data.panel.panel import Panel
from analysis.errors import DataError, RequestError
from analysis.estimators.funnel import Funnel, Kind, funnel_of, points_with_chance
from analysis.files.writing import write_text
from analysis.paths import Project, current_project
from analysis.showing.numbers import decimals_of
from analysis.studies.recorded import Recorded
from analysis.studies.results import recorded_values

from .prepared import file_of, files_of, is_current, note, read_now
from .profile import (
    COMPARED,
    MEASURES,
    ClaimOn,
    Inspection,
    Missing,
    Neighbour,
    Position,
    Profile,
    Series,
    Spoken,
    Standing,
    read_profile,
    reader,
)

YEARS_OF_CHANGE = (7, 6, 5)
"""How many years back lie the years that the latest is set against: three, since one alone may have been unusual."""
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_FEWEST = 30
"""Authorities with a figure, at least, for places among them to mean something."""
_Z = 1.96


@dataclass(frozen=True)
class _Year:
    """One measure in one year: figures by authority; where counts are known behind it, limits and a row an authority.

    A row has what ``Funnel.points`` has, ``rank``, ``rank_low``, ``rank_high``, ``chance_low`` and ``chance_high``.
    """

    values: Mapping[str, float]
    quantiles: tuple[float, ...]
    funnel: Funnel | None
    rows: Mapping[str, Mapping[str, float]]


class _England:
    """All authorities' figures, and what is computed of them once for every brief."""

    def __init__(
        self,
        panel: Panel,
        reports: pd.DataFrame,
        pages: pd.DataFrame,
        neighbours: pd.DataFrame,
        claims: Sequence[ClaimOn],
    ) -> None:
        self.authorities = panel.authorities
        self.claims = tuple(claims)
        self._national = panel.series[panel.series["authority_code"] == ENGLAND_CODE]
        self._withheld = panel.withheld
        self._reports = reports.assign(
            authority_code=reports["authority_code"].replace(newest_code(authority_changes()))
        )
        self._pages = pages
        self._neighbours = neighbours.sort_values(["authority_code", "rank"])
        self._years: dict[tuple[str, int], _Year] = {}
        self._meanings: Mapping[str, str] = (
            markers().drop_duplicates("marker").set_index("marker")["meaning"].to_dict()
        )

    @cached_property
    def _usual(self) -> pd.DataFrame:
        """Rows of authorities whose rates don't rest on a handful of people."""
        return self.authorities[~self.authorities["very_small"]]

    @cached_property
    def _by_code(self) -> dict[str, pd.DataFrame]:
        return {
            str(code): rows.set_index("year").sort_index()
            for code, rows in self.authorities.groupby("authority_code")
        }

    @cached_property
    def _by_measure(self) -> dict[str, pd.DataFrame]:
        """Figures of each measure, years × authorities."""
        keyed = self.authorities.set_index(["year", "authority_code"])[list(MEASURES)]
        return {name: keyed[name].unstack() for name in MEASURES}

    @cached_property
    def _own(self) -> dict[str, dict[str, dict[int, float]]]:
        """Figures by measure, authority and year; those that are missing aren't there."""
        return {
            name: {str(code): values.dropna().to_dict() for code, values in frame.items()}
            for name, frame in self._by_measure.items()
        }

    @cached_property
    def _near(self) -> dict[str, dict[str, tuple[dict[int, float], dict[int, float]]]]:
        """The quartiles of each authority's neighbours by measure, authority and year: lower and upper."""
        limits: dict[str, dict[str, tuple[dict[int, float], dict[int, float]]]] = {}
        for name, frame in self._by_measure.items():
            values, place = frame.to_numpy(), {code: at for at, code in enumerate(frame.columns)}
            years = [int(year) for year in frame.index]
            limits[name] = {}
            for code in frame.columns:
                low, high = _quartiles(values[:, [place[other] for other in self.kin(code)]])
                limits[name][code] = dict(zip(years, low, strict=True)), dict(zip(years, high, strict=True))
        return limits

    @cached_property
    def _problem_shares(self) -> pd.DataFrame:
        """The share of sentences coded as a problem, reports × constructs."""
        counts = self._reports[[f"{construct}_problem" for construct in CONSTRUCTS]]
        return counts.div(self._reports["sentences"], axis=0).set_axis(list(CONSTRUCTS), axis=1)

    @cached_property
    def _england(self) -> dict[str, dict[int, float]]:
        """England's published figures by measure and year."""
        ranks = {
            str(name): rows.set_index("year")["value"].dropna().to_dict()
            for name, rows in self._national.groupby("indicator")
        }
        return {name: ranks.get(name, {}) for name in MEASURES}

    @cached_property
    def latest(self) -> dict[str, int]:
        """Return the latest year in which enough authorities have a figure, by measure."""
        counts = self._usual.groupby("year")[list(MEASURES)].count()
        return {
            name: int(years.max())
            for name in MEASURES
            if len(years := counts.index[counts[name].to_numpy() >= _FEWEST])
        }

    def year(self, name: str, year: int) -> _Year:
        """Return a measure in one year, computed once."""
        if (name, year) not in self._years:
            rows = self._usual.loc[self._usual["year"] == year, ["authority_code", name]]
            values = rows.set_index("authority_code")[name].dropna()
            try:
                limits = funnel_of(self._usual, name, year)
            except (DataError, RequestError):
                limits = None  # no counts are known behind it, or too few: its place is told without limits of chance
            table = pd.DataFrame() if limits is None else points_with_chance(limits)
            self._years[name, year] = _Year(
                values=values.to_dict(),
                quantiles=tuple(float(value) for value in values.quantile(_QUANTILES)),
                funnel=limits,
                rows=table.to_dict("index"),
            )
        return self._years[name, year]

    @cached_property
    def _kin(self) -> dict[str, list[str]]:
        known = self._neighbours[self._neighbours["neighbour_code"].isin(self._by_code)]
        return {str(code): list(rows["neighbour_code"]) for code, rows in known.groupby("authority_code")}

    def kin(self, code: str) -> list[str]:
        """Return the codes of an authority's statistical neighbours, the closest first."""
        return self._kin.get(code, [])

    def profile(self, code: str) -> Profile:
        """Return the brief on one authority."""
        about = panel_authority(code, self.authorities)
        rows, kin = self._by_code[code], self.kin(code)
        standings = [standing for name in MEASURES if (standing := self._standing(code, name, kin))]
        last = rows.iloc[-1]
        reports = self._reports[self._reports["authority_code"] == code].sort_values(
            ["inspection_end", "published"], ascending=False
        )
        children = rows["child_population_children"].dropna()
        return Profile(
            about=about,
            region=str(last["region"]),
            is_joint=bool(last["joint_return"]),
            children=float(children.iloc[-1]) if len(children) else None,
            standings=tuple(standings),
            series=tuple(drawn for name in MEASURES if (drawn := self._series(code, name))),
            missing=tuple(gap for name in MEASURES if (gap := self._missing(code, name))),
            inspections=tuple(_inspection(row) for row in reports.to_dict("records")),
            spoken=self._spoken(reports),
            sentences=int(reports["sentences"].iloc[0]) if len(reports) else 0,
            report_of=str(reports["published"].iloc[0]) if len(reports) else "",
            neighbours=tuple(self._compared(other) for other in [code, *kin]),
            claims=self.claims,
        )

    def _own_last(self, code: str, name: str) -> int | None:
        """Return the year of an authority's latest figure that others have too."""
        return max((year for year in self._own[name][code] if year <= self.latest.get(name, 0)), default=None)

    def _standing(self, code: str, name: str, kin: Sequence[str]) -> Standing | None:
        year = self._own_last(code, name)
        if year is None or len((others := self.year(name, year)).values) < _FEWEST:
            return None
        digits, value = decimals_of(indicator(name)) + 1, self._own[name][code][year]
        england = self._england[name].get(year)
        near = [others.values[other] for other in kin if other in others.values]
        standing = Standing(
            indicator=name,
            year=year,
            value=round(value, digits),
            england=None if england is None else round(england, digits),
            neighbours=round(float(np.median(near)), digits) if near else None,
            n_neighbours=len(near),
            quantiles=_rounded(others.quantiles, digits),
            n_authorities=len(others.values),
            position=_position(value, others.quantiles[0], others.quantiles[-1]),
        )
        return self._with_chance(standing, code, others, digits)

    def _with_chance(self, standing: Standing, code: str, others: _Year, digits: int) -> Standing:
        name = standing.indicator
        earlier = {
            year: own
            for back in YEARS_OF_CHANGE
            if (own := self._own[name][code].get(year := standing.year - back)) is not None
            and self._same_definition(name, year)
        }
        if earlier:
            standing = replace(
                standing,
                earlier_first=min(earlier),
                earlier_last=max(earlier),
                earlier=round(float(np.mean(list(earlier.values()))), digits),
            )
        if code not in others.rows:
            return standing
        row = others.rows[code]
        standing = replace(
            standing,
            low=round(row["low_95"], digits),
            high=round(row["high_95"], digits),
            chance_low=round(row["chance_low"], digits),
            chance_high=round(row["chance_high"], digits),
            shrunk=round(row["shrunk"], digits),
            position=_position(row["value"], row["low_95"], row["high_95"]),
            rank=int(row["rank"]),
            rank_low=int(row["rank_low"]),
            rank_high=int(row["rank_high"]),
        )
        before = [self.year(name, year).rows for year in earlier]
        if others.funnel is None or not before or any(code not in rows for rows in before):
            return standing
        changes = [_change(row, rows[code], others.funnel.kind, others.funnel.scale) for rows in before]
        return replace(
            standing,
            change_low=round(min(change - _Z * error for change, error in changes), digits),
            change_high=round(max(change + _Z * error for change, error in changes), digits),
        )

    def _same_definition(self, name: str, year: int) -> bool:
        """Return whether a measure of ``year`` is defined as that of its latest year."""
        entry = indicator(name)
        return year >= (entry.comparable_from or 0) and not any(
            year < broken <= self.latest[name] for broken in entry.breaks
        )

    def _series(self, code: str, name: str) -> Series | None:
        own, england = self._own[name][code], self._england[name]
        if not own:
            return None
        digits, (low, high) = decimals_of(indicator(name)) + 1, self._near[name][code]
        known = [year for year in low if year in own or year in england]
        years = range(known[0], known[-1] + 1)
        return Series(
            indicator=name,
            years=tuple(years),
            own=_known([own.get(year) for year in years], digits),
            england=_known([england.get(year) for year in years], digits),
            low=_known([low.get(year) for year in years], digits),
            high=_known([high.get(year) for year in years], digits),
        )

    @cached_property
    def _marker(self) -> dict[tuple[str, str, int], str]:
        keyed = self._withheld.set_index(["authority_code", "indicator", "year"])["marker"]
        return {(str(code), str(name), int(year)): marker for (code, name, year), marker in keyed.items()}

    def _missing(self, code: str, name: str) -> Missing | None:
        latest = self.latest.get(name)
        if latest is None or latest not in self._by_code[code].index or latest in self._own[name][code]:
            return None
        reason = self._meanings.get(self._marker.get((code, name, latest), ""), "")
        return Missing(name, latest, reason, self._own_last(code, name))

    @cached_property
    def _pages_of(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        """The pages that speak so, by report, construct and rating."""
        grouped = self._pages.sort_values("page").groupby(["report", "construct", "rating"])["page"]
        return {key: tuple(map(int, pages)) for key, pages in grouped.agg(list).items()}

    def _spoken(self, reports: pd.DataFrame) -> tuple[Spoken, ...]:
        """Return what the first of an authority's reports, the latest, speaks of."""
        if reports.empty:
            return ()
        row = reports.iloc[0]
        inspections = []
        for construct in CONSTRUCTS:
            shares, own = self._problem_shares[construct], self._problem_shares.at[row.name, construct]
            problems, strengths = (
                self._pages_of.get((row["report"], construct, rating), ()) for rating in PAIR_RATINGS
            )
            place = 100 * ((shares < own).sum() + 0.5 * (shares == own).sum()) / len(shares)
            inspections.append(
                Spoken(
                    construct=construct,
                    problem=int(row[f"{construct}_problem"]),
                    strength=int(row[f"{construct}_strength"]),
                    share_percentile=round(float(place)),
                    problem_pages=problems,
                    strength_pages=strengths,
                )
            )
        return tuple(inspections)

    def _compared(self, code: str) -> Neighbour:
        own = [self._own[name][code].get(self.latest.get(name, 0)) for name in COMPARED]
        values = [
            None if value is None else round(value, decimals_of(indicator(name)) + 1)
            for name, value in zip(COMPARED, own, strict=True)
        ]
        return Neighbour(code, str(self._by_code[code]["authority"].iloc[-1]), tuple(values))


def _position(value: float, low: float, high: float) -> Position:
    return "low" if value < low else "high" if value > high else "usual"


def _rounded(values: Sequence[float], digits: int) -> tuple[float, float, float, float, float]:
    first, second, third, fourth, fifth = (round(value, digits) for value in values)
    return first, second, third, fourth, fifth


def _known(values: Iterable[float | None], digits: int) -> tuple[float | None, ...]:
    return tuple(None if value is None or value != value else round(float(value), digits) for value in values)


def _quartiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and the upper quartile of each row, of those that aren't missing; missing where all are."""
    if not values.shape[1]:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)  # what is missing comes last
    last = np.maximum((~np.isnan(ordered)).sum(axis=1) - 1, 0)
    rows = np.arange(len(ordered))

    def at(share: float) -> np.ndarray:
        place = share * last
        below = np.floor(place).astype(int)
        above = np.minimum(below + 1, last)
        quantiles: np.ndarray = ordered[rows, below] + (place - below) * (
            ordered[rows, above] - ordered[rows, below]
        )
        return quantiles

    return at(0.25), at(0.75)


def _change(
    now: Mapping[str, float], before: Mapping[str, float], kind: Kind, scale: float
) -> tuple[float, float]:
    """Return how a rate has changed and the standard error of that, by chance alone, in the unit of the rate."""

    def variance(row: Mapping[str, float]) -> float:
        rate = row["value"] / scale
        return scale**2 * (rate * (1 - rate) if kind == "proportion" else rate) / row["denominator"]

    return now["value"] - before["value"], float(np.sqrt(variance(now) + variance(before)))


def _inspection(row: Mapping[str, str]) -> Inspection:
    def told(name: str) -> str:
        return "" if row[name] == "none" else str(row[name])

    return Inspection(
        day=str(row["inspection_end"]),
        framework=FRAMEWORK_LABELS.get(row["framework"], row["framework"]),
        overall=told("overall"),
        leaders=told("leaders"),
        help_protection=told("help_protection"),
        in_care=told("in_care"),
        care_leavers=told("care_leavers"),
    )


def claims_on(project: Project) -> tuple[ClaimOn, ...]:
    """Return the claims that rest on a measure of the briefs, with the verdicts recorded; none that don't hold any more."""
    if Recorded(project).why_stale("claims"):
        return ()
    recorded = {entry["id"]: entry for entry in recorded_values(project, "claims").get("claims", ())}
    claims = []
    for claim in register().claims:
        estimand, judged = claim.estimand, recorded.get(claim.id)
        if estimand is None or judged is None:
            continue
        if {estimand.exposure, *(outcome.name for outcome in estimand.outcomes)} & set(MEASURES):
            claims.append(ClaimOn(claim.id, claim.in_short, judged["verdict"], claim.tested))
    return tuple(claims)


def profiles(
    panel: Panel,
    reports: pd.DataFrame,
    pages: pd.DataFrame,
    neighbours: pd.DataFrame,
    claims: Sequence[ClaimOn] = (),
) -> dict[str, Profile]:
    """Return the brief on every authority of the panel, by its code, in order."""
    england = _England(panel, reports, pages, neighbours, claims)
    return {
        str(code): england.profile(str(code)) for code in sorted(set(panel.authorities["authority_code"]))
    }


def prepare(project: Project) -> None:
    """Write the data of every brief into ``data/processed/profiles``; a file that would be the same is left as it is.

    The panel is built first where it is missing or no longer current.
    """
    panel = store.load_panel()
    made_of = read_now(project)
    made = profiles(
        panel,
        read_inspection_reports(project.processed),
        read_inspection_report_pages(project.processed),
        read_neighbours(project.raw),
        claims_on(project),
    )
    for code, profile in made.items():
        target = file_of(project, code)
        text = json.dumps(profile.as_dict(), ensure_ascii=False, indent=1) + "\n"
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            write_text(target, text)
    note(project, made_of, list(made))


def make_ready() -> None:
    """Do once for every brief of a run what reading one takes."""
    is_current(current_project())
    reader()


def load_profile(name: str) -> Profile:
    """Return the brief on the authority called ``name`` of the current project, computing all of them where they are stale.

    Raises RequestError for an unknown authority, or one that the panel has no figures of.
    """
    project = current_project()
    path = _path_of(name, project)
    if path is None or not is_current(project):
        prepare(project)
        path = _path_of(name, project)
    if path is None:
        codes_in((name,), files_of(project))
        raise RequestError(f"{name}: has no figures here")
    return read_profile(path)


def _path_of(name: str, project: Project) -> Path | None:
    made = files_of(project)
    try:
        (code,) = codes_in((name,), made)
    except RequestError:
        return None
    return made[code]
