"""Truths planted in a claim's own rows: the panel's noise, years, withheld cells and correlations, with an effect put in.

Noise is what the model leaves of each outcome, its sign drawn anew for each cluster, in all outcomes and years at once, so
that years of an authority and outcomes go together as they do (a wild cluster bootstrap; Cameron, Gelbach and Miller 2008).
An effect is then added, in standard deviations within authorities. Where a truth is about the exposure (the outcome drives
it, it is noisy, both follow a trend), the exposure is changed instead and everything is fitted anew.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

import numpy as np

from analysis.data.cleaning.years import lag_lead
from analysis.errors import RequestError, unknown
from analysis.estimators.forms.windows import LEAD as LEAD_SHIFT
from analysis.estimators.forms.windows import WindowQuestion, WindowRows, family_slopes
from analysis.showing.words import words_of

from .rule import DIFFERENCE, LEAD, MAIN, TRENDS
from .synthesis import View

WORDS = words_of(__package__)

Kind = Literal[
    "nothing", "at-once", "a-year-later", "two-years-later", "spread", "noisy", "reversed", "shared-trend"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TWO_YEARS = 2
NEED_LEAD: tuple[Kind, ...] = ("reversed", "shared-trend")
"""The truths that the next year's exposure is to catch; without it they can't be planted."""
_ALL_KINDS = (*KINDS, "break", "trend-before", "associated", "asserted")
_APART = 10_000
"""What lies between numbers of two authorities, beside which years are small."""
RELIABILITY = 0.68
"""Share of the exposure's variation within authorities that isn't noise, where a truth is `noisy`: that of turnover."""


@dataclass(frozen=True)
class Truth:
    """What is planted: a kind, and its size in the claim's unit."""

    kind: str
    size: float = 0.0

    @property
    def name(self) -> str:
        """The truth as the command line has it: ``at-once:0.2``."""
        return self.kind if self.kind == "nothing" else f"{self.kind}:{self.size:g}"

    @property
    def words(self) -> str:
        """The truth as a table's row has it."""
        return WORDS.say(f"truth.{self.kind}", **({} if self.kind == "nothing" else {"size": self.size}))

    @property
    def is_effect(self) -> bool:
        """Whether the claim is true under it."""
        return self.kind not in ("nothing", "reversed", "shared-trend", "trend-before", "asserted")


def truth_of(text: str) -> Truth:
    """Return a truth from ``KIND`` or ``KIND:SIZE``; raises RequestError for one that isn't known or can't be planted."""
    kind, _, size = text.partition(":")
    if kind not in _ALL_KINDS:
        raise unknown("truth", kind, _ALL_KINDS)
    if kind == "nothing":
        if size:
            raise RequestError(f"truth '{text}': nothing has no size")
        return Truth(kind)
    try:
        value = float(size)
    except ValueError:
        raise RequestError(f"truth '{text}': give its size, as in {kind}:0.2") from None
    if not -1 < value < 1 or value == 0:
        raise RequestError(
            f"truth '{text}': the size must be between -1 and 1 standard deviations, and not 0"
        )
    if kind in ("reversed", "shared-trend") and value < 0:
        raise RequestError(f"truth '{text}': the size must be above 0")
    return Truth(kind, value)


PANEL_TRUTHS = tuple(
    truth_of(text)
    for text in (
        "nothing", "at-once:0.05", "at-once:0.1", "at-once:0.15", "at-once:0.2", "at-once:0.3", "a-year-later:0.15",
        "a-year-later:0.2", "a-year-later:0.3", "two-years-later:0.2", "spread:0.15", "spread:0.2", "spread:0.3",
        "noisy:0.2", "reversed:0.3", "shared-trend:0.3",
    )
)  # fmt: skip
"""The truths that every claim about figures within authorities is tried on."""


def family_views(
    family: Sequence[WindowRows],
    outcomes: Sequence[np.ndarray],
    terms: Sequence[np.ndarray],
    only_main: bool = False,
) -> dict[str, View]:
    """Return the views of a family of outcomes that share an exposure: effect over the window, lead, and without trends.

    ``outcomes``: for each of the family's rows (n, d); ``terms``: (n, k, d) or (n, k, 1). ``only_main``: the effect alone.
    """

    def fitted(trends: bool) -> tuple[np.ndarray, np.ndarray]:
        return family_slopes(family, outcomes, terms, trends)[:2]

    return _views(family[0].question, fitted, only_main)


def _views(
    question: WindowQuestion, fitted: Callable[[bool], tuple[np.ndarray, np.ndarray]], only_main: bool
) -> dict[str, View]:
    """Return the views of slopes (d, m, k) and influence (d, G, m, k) as ``fitted`` without or with trends."""
    width = len(question.window)
    estimates, influence = fitted(False)
    effect, shares = estimates[..., :width].sum(axis=2), influence[..., :width].sum(axis=3)
    views = {MAIN: _view(effect, shares)}
    if only_main:
        return views
    if question.has_lead:
        views[LEAD] = _view(estimates[..., width], influence[..., width])
    if question.within:
        slopes, own = fitted(True)
        kept, kept_shares = slopes[..., :width].sum(axis=2), own[..., :width].sum(axis=3)
        views[TRENDS] = _view(kept, kept_shares)
        views[DIFFERENCE] = _view(effect - kept, shares - kept_shares)
    return views


def _view(estimates: np.ndarray, influence: np.ndarray) -> View:
    return View(estimates, influence.transpose(0, 2, 1) @ influence)


def own_views(family: Sequence[WindowRows]) -> dict[str, View]:
    """Return the views of the data themselves, one data set."""
    return family_views(family, [rows.outcome[:, None] for rows in family], _own_terms(family))


@dataclass(frozen=True, eq=False)
class DrawnFamily:
    """A family of outcomes that share an exposure, in ``n_draws`` data sets: the same for the same ``seed``.

    Noise is drawn once for all truths, and fitted once for those that add an effect to the outcomes.
    """

    family: Sequence[WindowRows]
    n_draws: int
    seed: int

    @cached_property
    def noise(self) -> list[np.ndarray]:
        """The noise of each outcome, (n, d)."""
        return [_noise(rows)[:, None] * _signs(rows, self.n_draws, self.seed) for rows in self.family]

    def planted(self, truth: Truth, only_main: bool = False) -> dict[str, View]:
        """Return the views of the data sets with ``truth`` planted; ``only_main``: the effect alone.

        Raises RequestError for a truth that the family's question can't hold.
        """
        if truth.kind not in KINDS:
            raise RequestError(f"truth '{truth.name}' can't be planted in figures within authorities")
        if reason := why_not(self.family, truth):
            raise RequestError(f"truth '{truth.name}' needs {reason}, which this claim has none of")
        match truth.kind:
            case "reversed":
                terms = _driven(self.family, self.noise, truth.size)
                return family_views(self.family, self.noise, terms, only_main)
            case "shared-trend":
                outcomes, terms = _trended(self.family, self.noise, truth.size, self.seed)
                return family_views(self.family, outcomes, terms, only_main)
            case "noisy":
                outcomes = [
                    y + _effect(rows, truth)[:, None] for rows, y in zip(self.family, self.noise, strict=True)
                ]
                terms = _noisy(self.family, self.n_draws, self.seed)
                return family_views(self.family, outcomes, terms, only_main)
        question = self.family[0].question

        def fitted(trends: bool) -> tuple[np.ndarray, np.ndarray]:
            # Slopes and influence are linear in the outcome: those of noise and of what is added to it add up.
            slopes, influence = self._of("noise", trends)
            for shift, share in _shares(truth, question.window).items():
                added, own = self._of(shift, trends)
                slopes, influence = slopes + truth.size * share * added, influence + truth.size * share * own
            return slopes, influence

        return _views(question, fitted, only_main)

    def _of(self, what: int | Literal["noise"], trends: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes and influence of noise, or of the exposure of a shift, on the exposure as it is; fitted once."""
        if (what, trends) not in self._fits:
            if what == "noise":
                outcomes = self.noise
            else:
                outcomes = [(_exposure_at(rows, what) / rows.unit)[:, None] for rows in self.family]
            fitted = family_slopes(self.family, outcomes, _own_terms(self.family), trends)
            self._fits[what, trends] = fitted[:2]
        return self._fits[what, trends]

    @cached_property
    def _fits(self) -> dict[tuple[int | str, bool], tuple[np.ndarray, np.ndarray]]:
        return {}


def _own_terms(family: Sequence[WindowRows]) -> list[np.ndarray]:
    return [rows.terms[:, :, None] for rows in family]


def why_not(family: Sequence[WindowRows], truth: Truth) -> str:
    """Return what a truth needs that a claim's rows lack; nothing where it can be planted in them."""
    question = family[0].question
    if truth.kind in NEED_LEAD and not (question.within and question.has_lead):
        return "figures over years, of the next one too"
    if truth.kind == "two-years-later" and np.isnan(_known_exposure(family[0], TWO_YEARS)).all():
        return "figures of two years earlier"
    return ""


def _drawn(name: str, seed: int) -> np.random.Generator:
    """Return a generator of a cluster's, authority's or year's own draws, whichever others there are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@lru_cache(maxsize=1024)
def _own_signs(name: str, n_draws: int, seed: int) -> np.ndarray:
    """Return the sign of a cluster in each draw (d,): asked for anew by each outcome, truth and claim."""
    return _drawn(name, seed).choice([-1.0, 1.0], n_draws).astype(np.int8)


@lru_cache(maxsize=4096)
def _own_normals(name: str, n_draws: int, seed: int) -> np.ndarray:
    """Return what is drawn from a standard normal for an authority's year, in each draw (d,)."""
    return _drawn(name, seed).standard_normal(n_draws)


def _signs(rows: WindowRows, n_draws: int, seed: int) -> np.ndarray:
    """Return a sign for each row's cluster in each draw (n, d): the same in all outcomes and windows of a seed."""
    signs: np.ndarray = cluster_signs(tuple(map(str, rows.labels)), n_draws, seed)[rows.clusters]
    return signs


def cluster_signs(labels: Sequence[str], n_draws: int, seed: int) -> np.ndarray:
    """Return a sign for each cluster in each draw (G, d), by the cluster's name: Rademacher's weights."""
    return np.array([_own_signs(label, n_draws, seed) for label in labels], dtype=float)


def _noise(rows: WindowRows) -> np.ndarray:
    """Return what the question's regression leaves of the outcome (n,), with the spread that the outcome has."""
    columns = rows.residuals(np.column_stack([rows.outcome, rows.terms]))
    y, x = columns[:, 0], columns[:, 1:]
    left = (y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) / np.sqrt(rows.weights)
    noise: np.ndarray = left * rows.spread(rows.outcome) / rows.spread(left)
    return noise


def _shares(truth: Truth, window: Sequence[int]) -> dict[int, float]:
    """Return by shift how much of the planted effect is that of the exposure so many years before."""
    shares: dict[str, dict[int, float]] = {
        "nothing": {},
        "at-once": {window[0]: 1.0},
        "noisy": {window[0]: 1.0},
        "a-year-later": {window[min(1, len(window) - 1)]: 1.0},
        "two-years-later": {TWO_YEARS: 1.0},
        "spread": dict.fromkeys(window, 1 / len(window)),
    }
    return shares[truth.kind]


def _effect(rows: WindowRows, truth: Truth) -> np.ndarray:
    """Return what the planted effect adds to the outcome (n,), in its own units."""
    total = np.zeros(len(rows.outcome))
    for shift, share in _shares(truth, rows.question.window).items():
        total += share * truth.size * _exposure_at(rows, shift) / rows.unit
    return total


def _exposure_at(rows: WindowRows, shift: int) -> np.ndarray:
    """Return the exposure of each row as it was ``shift`` years before; nothing is added where it isn't known."""
    if shift in rows.question.shifts:
        return rows.terms[:, rows.question.shifts.index(shift)]
    values = _known_exposure(rows, shift)
    exposure: np.ndarray = np.where(np.isnan(values), np.nanmean(values), values)
    return exposure


def _known_exposure(rows: WindowRows, shift: int) -> np.ndarray:
    """Return the exposure of ``shift`` years before each row where another row has it, else NaN."""
    earliest = max(rows.question.window)
    known = rows.table.assign(known=rows.terms[:, rows.question.shifts.index(earliest)])
    values: np.ndarray = lag_lead(known, "known", lag_years=shift - earliest).to_numpy()
    return values


def _authority_years(family: Sequence[WindowRows]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the family's authority codes in order (A,), and by outcome a number for each row's authority and year (n,).

    The number is the place of the authority's code times ``_APART``, and the year.
    """
    names = [rows.table["authority_code"].to_numpy(str) for rows in family]
    codes = np.unique(np.concatenate(names))
    return codes, [
        np.searchsorted(codes, own) * _APART + rows.years for rows, own in zip(family, names, strict=True)
    ]


def _driven(family: Sequence[WindowRows], noise: Sequence[np.ndarray], size: float) -> list[np.ndarray]:
    """Return terms in which the exposure of a year follows what the outcomes were before it by ``size``."""
    _, keys = _authority_years(family)
    every = np.unique(np.concatenate(keys))
    total = np.zeros((len(every), noise[0].shape[1]))
    for rows, key, y in zip(family, keys, noise, strict=True):
        total[np.searchsorted(every, key)] += rows.question.sign * y / rows.spread(rows.outcome)
    driver = total / total.std()
    driven = []
    for rows, key in zip(family, keys, strict=True):
        spread = abs(rows.unit) * rows.spread(rows.outcome)
        terms = np.repeat(rows.terms[:, :, None], driver.shape[1], axis=2)
        for place, shift in enumerate(rows.question.shifts):
            # The next year's exposure is the first that comes after the outcome of the row's own year.
            wanted = key - (shift - LEAD_SHIFT)
            at = np.searchsorted(every, wanted).clip(max=len(every) - 1)
            terms[:, place] += size * spread * np.where((every[at] == wanted)[:, None], driver[at], 0.0)
        driven.append(terms)
    return driven


def _trended(
    family: Sequence[WindowRows], noise: Sequence[np.ndarray], size: float, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return outcomes and terms that share a line over time in each authority, which alone gives a slope of ``size``."""
    draws = noise[0].shape[1]
    codes, keys = _authority_years(family)
    steepness = np.array([_drawn(f"{code} trend", seed).standard_normal(draws) for code in codes])
    share = np.sqrt(size / (1 - size))
    outcomes, terms = [], []
    for rows, key, y in zip(family, keys, noise, strict=True):
        when = (rows.years - rows.years.mean()) / rows.years.std()
        at = key // _APART
        line = share * steepness[at] * when[:, None]
        spread = rows.spread(rows.outcome)
        outcomes.append((y + rows.question.sign * spread * line) / np.sqrt(1 + share**2))
        step = share * steepness[at] / rows.years.std()
        moved = np.stack([line - shift * step for shift in rows.question.shifts], axis=1)
        own = abs(rows.unit) * spread
        terms.append((rows.terms[:, :, None] + own * moved) / np.sqrt(1 + share**2))
    return outcomes, terms


def _noisy(family: Sequence[WindowRows], draws: int, seed: int) -> list[np.ndarray]:
    """Return terms as they are seen through noise of which RELIABILITY is left, one noise a year of an authority."""
    codes, keys = _authority_years(family)
    every = np.unique(np.concatenate([key - shift for key in keys for shift in family[0].question.shifts]))
    drawn = [_own_normals(f"{codes[key // _APART]} {key % _APART}", draws, seed) for key in every]
    error = np.array(drawn) * np.sqrt(1 / RELIABILITY - 1)
    noisy = []
    for rows, key in zip(family, keys, strict=True):
        spread = abs(rows.unit) * rows.spread(rows.outcome)
        moved = [
            rows.terms[:, place, None] + spread * error[np.searchsorted(every, key - shift)]
            for place, shift in enumerate(rows.question.shifts)
        ]
        noisy.append(np.sqrt(RELIABILITY) * np.stack(moved, axis=1))
    return noisy
