"""What a release changed: cells that were revised, and the estimates of pairs then, revised, and with the years added since.

Each pair is estimated three times by the same specification: from the earlier release's figures, of the years that it had;
from today's figures of the same years; and from today's figures of all years. From the first to the second figures changed,
from the second to the third years.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from analysis.claims.evidence import Evidence
from analysis.claims.judging import decision_on
from analysis.claims.register import Register
from analysis.claims.rule import MAIN, VINTAGE
from analysis.data.cleaning.years import label_offset_years
from analysis.data.definitions.indicators import dictionary, indicator
from analysis.data.panel.panel import KEY, Panel
from analysis.data.panel.vintages import panel_of_vintage, releases
from analysis.errors import DataError, RequestError, unknown
from analysis.estimators.forms.windows import WindowQuestion, window_rows
from analysis.estimators.regression.scores import (
    cluster_scores,
    design_of,
    effect_columns,
    slope_of,
)
from analysis.estimators.regression.small_sample import small_sample_factor

Why = Literal["nothing", "revised figures", "new years", "both"]
THEN, REVISED, NOW = "then", "revised", "now"
STEPS = (THEN, REVISED, NOW)
EARLIEST, IN_USE = "earliest", "in use"
"""In the place of a release: the first that is known, and the one that figures are taken from."""
_TWO_SIDED = 1.96
_CELLS = [*KEY, "indicator", "then", "now"]


@dataclass(frozen=True)
class Compared:
    """Two releases: their labels (``later``: None for the release in use), the panel's authorities with the figures of each,
    the cells that differ (authority_code, year, indicator, then, now; missing: withheld), and all releases that are known.
    """

    earlier: str
    later: str | None
    before: pd.DataFrame = field(repr=False)
    after: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedPair:
    """One pair in three steps; each estimate is in the outcome's own unit, for a step of the exposure."""

    exposure: str
    outcome: str
    estimates: Mapping[str, tuple[float, float, float]]
    n_rows: Mapping[str, int]
    last_years: Mapping[str, int]

    def reading(self, step: str) -> Literal["higher", "lower", "unclear"]:
        """Return what the 95% interval of a step says of the outcome."""
        _, low, high = self.estimates[step]
        return "higher" if low > 0 else "lower" if high < 0 else "unclear"

    @property
    def has_turned(self) -> bool:
        """True where today's interval says something else than the earlier release's did."""
        return self.reading(THEN) != self.reading(NOW)

    @property
    def why(self) -> Why:
        """What changed the estimate: of several things, those that make up a fifth of its whole movement at least."""
        then, revised, now = (self.estimates[step][0] for step in STEPS)
        by_figures, by_years = abs(revised - then), abs(now - revised)
        if by_figures + by_years == 0:
            return "nothing"
        share = by_figures / (by_figures + by_years)
        return "revised figures" if share > 0.8 else "new years" if share < 0.2 else "both"

    @property
    def error(self) -> float:
        """The standard error of today's estimate, as its 95% interval has it."""
        _, low, high = self.estimates[NOW]
        return (high - low) / (2 * _TWO_SIDED)

    @property
    def moved(self) -> float:
        """How far the estimate moved in all, in standard errors of today's."""
        return (self.estimates[NOW][0] - self.estimates[THEN][0]) / self.error

    @property
    def moved_by_revision(self) -> float:
        """How far it moved as figures were revised, in standard errors of today's."""
        return (self.estimates[REVISED][0] - self.estimates[THEN][0]) / self.error

    def as_dict(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        steps = {
            step: {"estimate": self.estimates[step][0], "conf_low": self.estimates[step][1],
                   "conf_high": self.estimates[step][2], "n_rows": self.n_rows[step],
                   "last_year": self.last_years[step], "reading": self.reading(step)}
            for step in STEPS
        }  # fmt: skip
        about = {"exposure": self.exposure, "outcome": self.outcome, "step": indicator(self.exposure).step}
        return {**about, **steps, "why": self.why, "has_turned": self.has_turned}


@dataclass(frozen=True)
class ChangedVerdict:
    """A claim's verdict from the figures in use, and from those that the earlier release had in their place."""

    claim: str
    in_short: str
    now: str
    then: str

    @property
    def has_turned(self) -> bool:
        """True where the two differ."""
        return self.now != self.then


@dataclass(frozen=True)
class Changes:
    """Everything that the report shows: the releases, cells that were revised, pairs, and verdicts (None: not available)."""

    compared: Compared
    pairs: tuple[ChangedPair, ...]
    missing: tuple[str, ...]
    verdicts: tuple[ChangedVerdict, ...] | None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "from": self.compared.earlier,
            "to": self.compared.later,
            "cells": cells_by_indicator(self.compared).to_dict("records"),
            "pairs": [pair.as_dict() for pair in self.pairs],
            "verdicts": None if self.verdicts is None else [vars(verdict) for verdict in self.verdicts],
            "missing": list(self.missing),
        }


def compare(panel: Panel, vintages: pd.DataFrame, earlier: str = EARLIEST, later: str = IN_USE) -> Compared:
    """Return two releases side by side: by default the earliest that is known, and the one in use.

    ``vintages``: figures of earlier releases that were revised since (``store.load_vintages``). Raises RequestError for an
    unknown release, or where the first isn't before the second; DataError where no earlier release is known.
    """
    known = releases(vintages)
    if not known:
        raise DataError(
            "changes: no earlier release is known; put its file beside today's and run `plan-drift ingest "
            "social_work_workforce_vintages`"
        )
    first, last = known[0] if earlier == EARLIEST else earlier, None if later == IN_USE else later
    for release in filter(None, (first, last)):
        if release not in known:
            raise unknown("release", release, known)
    if last is not None and last <= first:
        raise RequestError(f"to: {last} isn't after {first}; leave it out for the release in use")
    before = panel_of_vintage(panel, vintages, first)
    after = panel.authorities if last is None else panel_of_vintage(panel, vintages, last)
    names = sorted(set(vintages["indicator"]) & set(after))
    return Compared(first, last, before, after, _revised_cells(before, after, names), tuple(known))


def _revised_cells(before: pd.DataFrame, after: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the panel's cells that differ: authority_code, year, indicator, then, now (missing: withheld)."""
    parts = []
    for name in names:
        cells = before[KEY].assign(indicator=name, then=before[name], now=after[name])
        parts.append(cells[~np.isclose(cells["then"], cells["now"], rtol=0, atol=1e-9, equal_nan=True)])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_CELLS)


def cells_by_indicator(compared: Compared) -> pd.DataFrame:
    """Return a row an indicator with revised cells, in the order of the dictionary: how many of how many that both releases
    have a number of, how many are withheld in one of them, first and last year, the median and the largest difference.
    """
    cells, rows = compared.cells, []
    gaps = (cells["now"] - cells["then"]).abs()
    revised = set(cells["indicator"].unique())
    for name in (name for name in dictionary() if name in revised):
        own = cells["indicator"] == name
        both = compared.before[name].notna() & compared.after[name].notna()
        start = dictionary()[name].comparable_from or dictionary()[name].first_year
        both &= compared.before["year"].between(start, int(compared.earlier[:4]))
        rows.append({
            "indicator": name, "n_revised": int(gaps[own].notna().sum()), "n_compared": int(both.sum()),
            "n_withheld": int(gaps[own].isna().sum()), "first_year": int(cells.loc[own, "year"].min()),
            "last_year": int(cells.loc[own, "year"].max()), "median_change": float(gaps[own].median()),
            "largest_change": float(gaps[own].max()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def last_outcome_year(release: str | None, exposure: str, outcome: str, panel: pd.DataFrame) -> int:
    """Return the last year of ``outcome`` whose figures and whose exposure's a release had.

    A census of a year (``2022``) is met by outcomes up to the alignment's offset later; a release named by its month
    (``2024-11``) had outcomes of that year. None is the release in use, whose figures reach as the panel does.
    """
    last = int(panel["year"].max())
    if release is None:
        return last
    offset = 0 if "-" in release else label_offset_years(exposure, outcome)
    return min(last, int(release[:4]) + offset)


def changed_pairs(
    compared: Compared, exposures: Sequence[str], outcomes: Sequence[str]
) -> tuple[tuple[ChangedPair, ...], tuple[str, ...]]:
    """Return each pair of exposure and outcome in its three steps, and the reasons for those that can't be had.

    By the main specification of a relationship: effects of authority and year, errors by authority.
    """
    pairs, missing = [], []
    for exposure, outcome in product(exposures, outcomes):
        try:
            pairs.append(_changed_pair(compared, exposure, outcome))
        except DataError as error:
            missing.append(str(error))
    return tuple(pairs), tuple(missing)


def _changed_pair(compared: Compared, exposure: str, outcome: str) -> ChangedPair:
    ends = {
        THEN: last_outcome_year(compared.earlier, exposure, outcome, compared.after),
        NOW: last_outcome_year(compared.later, exposure, outcome, compared.after),
    }
    asked = {
        THEN: (compared.before, ends[THEN]),
        REVISED: (compared.after, ends[THEN]),
        NOW: (compared.after, ends[NOW]),
    }
    fits = {step: _fitted(frame, exposure, outcome, last) for step, (frame, last) in asked.items()}
    return ChangedPair(
        exposure,
        outcome,
        {name: fit.times(indicator(exposure).step) for name, fit in fits.items()},
        {name: fit.n_rows for name, fit in fits.items()},
        {THEN: ends[THEN], REVISED: ends[THEN], NOW: ends[NOW]},
    )


@dataclass(frozen=True)
class _Fit:
    """A slope in natural units with its clustered error and the t of its 95% interval."""

    slope: float
    error: float
    reach: float
    n_rows: int

    def times(self, step: float) -> tuple[float, float, float]:
        """Return estimate and interval for ``step`` of the exposure."""
        low, high = (self.slope + side * self.reach * self.error for side in (-1, 1))
        return self.slope * step, low * step, high * step


def _fitted(panel: pd.DataFrame, exposure: str, outcome: str, last_year: int) -> _Fit:
    """Fit as ``estimate`` does, by sums over clusters: the same slope, error and interval, in a small part of the time."""
    later = tuple(range(last_year + 1, int(panel["year"].max()) + 1))
    question = WindowQuestion(exposure, outcome, sign=1, window=(0,), has_lead=False, without_years=later)
    rows = window_rows(panel, question)
    effects = effect_columns("two-way", "entity and time", rows.time)
    # What is counted besides effects of years: the slope and the constant, for an authority lies within one cluster.
    factor = small_sample_factor(len(rows.outcome), len(rows.labels), effects.shape[1] + 2)
    scores = cluster_scores(
        design_of(
            [rows.outcome, rows.terms[:, 0]],
            effects,
            rows.weights,
            rows.clusters,
            rows.labels,
            factor,
            rows.entity,
        )
    )
    slope, error = slope_of(scores)
    reach = float(student_t.ppf(0.975, len(scores.labels) - 1))
    return _Fit(slope, error, reach, len(rows.outcome))


def changed_verdicts(
    asked: Register, evidence: Mapping[str, Evidence], release: str
) -> tuple[ChangedVerdict, ...]:
    """Return the verdict of each claim whose figures ``release`` had otherwise, from its figures and from those in use.

    ``evidence`` is what the run on it recorded: it holds the estimate from each earlier release in all years, which
    takes the place of the one in use. The gates and the range stay those of the figures in use.
    """
    view = f"{VINTAGE} {release}"
    changed = []
    for claim in asked.claims:
        own = evidence.get(claim.id)
        if own is None or claim.estimand is None or view not in own.views:
            continue
        earlier = replace(own, views={**own.views, MAIN: own.views[view]})
        now, then = (
            str(decision_on(claim.estimand, vintage_evidence, asked.rule)[2].verdicts[0])
            for vintage_evidence in (own, earlier)
        )
        changed.append(ChangedVerdict(claim.id, claim.in_short, now=now, then=then))
    return tuple(changed)


def study_changes(
    panel: Panel,
    vintages: pd.DataFrame,
    pairs: tuple[Sequence[str], Sequence[str]],
    asked: Register,
    evidence: Mapping[str, Evidence],
    releases_asked: tuple[str, str] = (EARLIEST, IN_USE),
) -> Changes:
    """Return what changed between two releases; ``pairs``: the exposures and the outcomes.

    Raises as ``compare`` does.
    """
    compared = compare(panel, vintages, *releases_asked)
    pairs_changed, missing = changed_pairs(compared, *pairs)
    verdicts = None
    if compared.later is None and evidence:
        verdicts = changed_verdicts(asked, evidence, compared.earlier)
    return Changes(compared, pairs_changed, missing, verdicts)
