"""Evidence from official figures: authorities with themselves over years, or with each other in one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import indicator
from analysis.data.panel.panel import Panel
from analysis.data.panel.vintages import EarlierPanels
from analysis.errors import DataError
from analysis.estimators.diagnostics.noise import correct_for_noise, noisy_sample
from analysis.estimators.forms.windows import WindowQuestion, WindowRows, window_rows
from analysis.estimators.pairs.axes import PANDEMIC_YEARS
from analysis.estimators.pairs.relationship import DEMAND_CONTROLS, specification_for
from analysis.estimators.pairs.rows import HIGHEST, LOWEST, between_bounds, shape_rows
from analysis.estimators.resampling.attempts import Attempts
from analysis.showing.numbers import step_of
from analysis.showing.words import words_of

from .estimand import Estimand, asked_gates
from .evidence import Evidence, Gate, OutcomeFacts
from .planting import DrawnFamily, Truth, family_views, own_views
from .rule import MAIN, VINTAGE, WITHHELD
from .synthesis import View

WORDS = words_of(__package__)

LONGER = "exposure a year longer"
"""The view in which the window reaches a year further back: what acts later than a claim says isn't called nothing."""


@dataclass(frozen=True)
class PanelFamily:
    """The rows of a claim's outcomes, and those of a window a year longer where the years can hold it."""

    rows: tuple[WindowRows, ...]
    longer: tuple[WindowRows, ...] = field(default=())

    def planted(self, truths: Sequence[Truth], n_draws: int, seed: int) -> Iterator[dict[str, View]]:
        """Yield the views of data sets in which each truth was planted; see ``planting``."""
        own, longer = (DrawnFamily(rows, n_draws, seed) for rows in (self.rows, self.longer))
        for truth in truths:
            views = own.planted(truth)
            if self.longer:
                views[LONGER] = longer.planted(truth, only_main=True)[MAIN]
            yield views


def questions_of(estimand: Estimand) -> list[WindowQuestion]:
    """Return the question of each outcome of a claim about figures."""
    is_within = estimand.design == "within authorities"
    return [
        WindowQuestion(
            exposure=estimand.exposure,
            outcome=outcome.name,
            sign=outcome.sign,
            window=estimand.window,
            has_lead="lead" in asked_gates(estimand),
            within=is_within,
            moderator=estimand.moderator or None,
        )
        for outcome in estimand.outcomes
    ]


def panel_family(estimand: Estimand, panel: pd.DataFrame) -> PanelFamily:
    """Return the rows that a claim about figures rests on; raises DataError where they can't be had."""
    questions = questions_of(estimand)
    rows = tuple(window_rows(panel, question) for question in questions)
    for own in rows:
        _refuse_constant(own)
    if not questions[0].within:
        return PanelFamily(rows)
    window = (*estimand.window, estimand.window[-1] + 1)
    try:
        return PanelFamily(
            rows, tuple(window_rows(panel, replace(question, window=window)) for question in questions)
        )
    except DataError:  # the years don't reach so far back: there is no such view
        return PanelFamily(rows)


def _refuse_constant(rows: WindowRows) -> None:
    for name, column in (("exposure", rows.terms[:, 0]), ("outcome", rows.outcome)):
        if not rows.spread(column) > 1e-9 * max(np.abs(column).max(), 1e-300):
            raise DataError(f"{getattr(rows.question, name)}: no variation once effects are taken out")


def views_of_family(family: PanelFamily) -> dict[str, View]:
    """Return the views of the data themselves, with the longer window's where there is one."""
    views = own_views(family.rows)
    if family.longer:
        views[LONGER] = _main(family.longer)
    return views


def _main(rows: Sequence[WindowRows]) -> View:
    return family_views(
        rows, [own.outcome[:, None] for own in rows], [own.terms[:, :, None] for own in rows], only_main=True
    )[MAIN]


def panel_evidence(
    claim: str, estimand: Estimand, panel: Panel, family: PanelFamily, earlier: EarlierPanels | None = None
) -> Evidence:
    """Return the evidence on a claim about figures, ``family`` being its rows in the panel's authorities.

    ``earlier``: the panel as earlier releases had it, for views named by ``VINTAGE``; of a claim within authorities only.
    """
    authorities, attempts = panel.authorities, Attempts()
    views = views_of_family(family)
    if estimand.design == "within authorities":
        for name, changed in _variants(estimand).items():
            view = attempts.of(name, partial(_asked, authorities, estimand, changed))
            views |= {name: view} if view else {}
        views |= _vintage_views(panel, estimand, earlier, attempts)
    views |= _withheld_views(panel, estimand, family, attempts)
    noise = attempts.of("noise", lambda: _without_noise(authorities, estimand, views[MAIN]))
    views |= {"less noise": noise} if noise else {}
    table = pd.concat([own.table[["authority_code", "year", "cluster"]] for own in family.rows])
    return Evidence(
        claim=claim,
        unit=estimand.unit,
        exposure=_exposure_in_words(estimand, family.rows[0].question.within),
        outcomes=tuple(_facts(own, estimand, authorities) for own in family.rows),
        views=views,
        gates=(measure_gate(estimand), overlap_gate(estimand)),
        weaknesses=_weaknesses(estimand),
        n_observations=len(table.drop_duplicates(["authority_code", "year"])),
        n_authorities=table["authority_code"].nunique(),
        n_clusters=table["cluster"].nunique(),
        first_year=int(table["year"].min()),
        last_year=int(table["year"].max()),
        notes=tuple(f"{name}: {reason}" for name, reason in attempts.reasons.items()),
    )


def _variants(estimand: Estimand) -> dict[str, dict[str, Any]]:
    """Return the declared specifications of the same estimand: rows, weights, what is held constant, years of regions."""
    names = {estimand.exposure, estimand.moderator, *(outcome.name for outcome in estimand.outcomes)}
    held = tuple(name for name in DEMAND_CONTROLS if name not in names)
    return {
        "weighted by children": {"weights": "child_population_children"},
        "without 2020 and 2021": {"without_years": PANDEMIC_YEARS},
        "without London": {"without_regions": ("Inner London", "Outer London")},
        "years of each region": {"by_region": True},
        "demand and spend held": {"controls": held},
    }


def _asked(authorities: pd.DataFrame, estimand: Estimand, changed: Mapping[str, Any]) -> View:
    return _main(
        [window_rows(authorities, replace(question, **changed)) for question in questions_of(estimand)]
    )


def _vintage_views(
    panel: Panel, estimand: Estimand, earlier: EarlierPanels | None, attempts: Attempts
) -> dict[str, View]:
    """Return the estimates from figures as published earlier, for each release that had other figures of this claim.

    A release that had the same would give the main view again, and count as a variant in which the verdict stands.
    """
    if earlier is None:
        return {}
    names = {estimand.exposure, estimand.moderator, *(outcome.name for outcome in estimand.outcomes)}
    asked = sorted(names & set(panel.authorities))
    views: dict[str, View] = {}
    for release in earlier.releases:
        name = f"{VINTAGE} {release}"
        authorities = attempts.of(name, partial(earlier.of, release))
        if authorities is None or authorities[asked].equals(panel.authorities[asked]):
            continue
        view = attempts.of(name, partial(_asked, authorities, estimand, {}))
        views |= {name: view} if view else {}
    return views


def _withheld_views(
    panel: Panel, estimand: Estimand, family: PanelFamily, attempts: Attempts
) -> dict[str, View]:
    """Return the worst cases over withheld counts: all outcomes' slopes at their lowest, and at their highest."""
    if estimand.moderator or not any(indicator(outcome.name).counts for outcome in estimand.outcomes):
        return {}
    bounded = attempts.of(WITHHELD, partial(_bounded, panel, family))
    if not bounded:
        return {}
    views: dict[str, View] = {}
    for side, name in ((-1, f"{WITHHELD}: lowest"), (1, f"{WITHHELD}: highest")):
        view = attempts.of(name, partial(_worst, bounded, side))
        views |= {name: view} if view else {}
    return views


def _bounded(panel: Panel, family: PanelFamily) -> list[tuple[WindowRows, np.ndarray, np.ndarray]]:
    """Return for each outcome its rows at the lowest, its values at the highest (n,), and what each counts for in the sum
    of its slopes (n,); nothing where no outcome has withheld counts.
    """
    bounded, any_withheld = [], False
    for own in family.rows:
        bounds = _bounds(panel, own.question)
        if bounds is None:
            bounded.append((own, own.outcome, np.zeros(len(own.outcome))))
            continue
        any_withheld = True
        low, high = (window_rows(panel.authorities, own.question, bounds[end]) for end in (LOWEST, HIGHEST))
        # A slope is a sum of outcomes times weights (Horowitz and Manski 1998): each outcome at its worst for the sum.
        x = low.residuals(low.terms)
        width = len(own.question.window)
        weights = (x @ np.linalg.inv(x.T @ x))[:, :width].sum(axis=1) * own.question.sign
        bounded.append((low, high.outcome, weights))
    return bounded if any_withheld else []


def _worst(bounded: Sequence[tuple[WindowRows, np.ndarray, np.ndarray]], side: int) -> View:
    return _main(
        [
            replace(low, outcome=np.where(side * weights > 0, high, low.outcome))
            for low, high, weights in bounded
        ]
    )


def _bounds(panel: Panel, question: WindowQuestion) -> pd.DataFrame | None:
    """Return the lowest and highest that an outcome may be by row of the panel; None where nothing is withheld."""
    counts = indicator(question.outcome).counts
    if counts is None or not counts.bounded:
        return None
    sample = SampleParameters(question.outcome, question.exposure)
    given = shape_rows(panel, sample, question.exposure)
    if not given.withheld.any():
        return None
    ends = between_bounds(given, question.outcome).set_index(["authority_code", "year"])[[LOWEST, HIGHEST]]
    keys = pd.MultiIndex.from_frame(panel.authorities[["authority_code", "year"]])
    bounds = ends.reindex(keys)
    bounds.index = panel.authorities.index
    known = panel.authorities[question.outcome]
    return bounds.apply(lambda column: column.fillna(known))


def _without_noise(authorities: pd.DataFrame, estimand: Estimand, main: View) -> View | None:
    """Return the effect as it would be of an exposure without chance in it; None where its chance isn't known."""
    if (
        not indicator(estimand.exposure).counts
        or estimand.moderator
        or estimand.design != "within authorities"
    ):
        return None
    sample = SampleParameters(estimand.outcomes[0].name, estimand.exposure)
    corrected = correct_for_noise(
        noisy_sample(authorities, sample), specification_for(sample, "two-way", False), n_draws=19
    )
    # Slopes grow by one over the reliability, and the true exposure's standard deviation is smaller by its root.
    scale = np.full(len(estimand.outcomes), corrected.reliability**-0.5)
    return View(main.estimates * scale, main.covariance * scale[:, None] * scale[None, :])


def _exposure_in_words(estimand: Estimand, is_within: bool) -> str:
    """Return how much more of the exposure is spoken of, as the opening of a sentence."""
    entry = indicator(estimand.exposure)
    told = f"exposure.{'within' if is_within else 'across'}{'.moderated' if estimand.moderator else ''}"
    moderator = {"moderator": indicator(estimand.moderator).phrase} if estimand.moderator else {}
    # The effect is the sum over the window: that of an exposure higher in each of its years.
    return WORDS.say(
        told, exposure=entry.phrase, amount=step_of(entry), n_running=len(estimand.window), **moderator
    )


def _facts(rows: WindowRows, estimand: Estimand, authorities: pd.DataFrame) -> OutcomeFacts:
    name = rows.question.outcome
    entry, of = indicator(name), estimand.outcome(name).of
    at_risk = None
    if of and entry.unit in ("percent", "per_10k"):
        last = authorities[authorities["year"] == rows.years.max()][of].dropna()
        at_risk = float(last.median()) if len(last) else None
    return OutcomeFacts(
        name=name,
        label=entry.label,
        # The effect is of one standard deviation of the exposure, which ``unit`` is in those of the outcome.
        natural=float(indicator(estimand.exposure).step / abs(rows.unit)),
        natural_unit=entry.difference_label,
        n_observations=len(rows.outcome),
        first_year=int(rows.years.min()),
        last_year=int(rows.years.max()),
        at_risk=at_risk,
        per=10_000.0 if entry.unit == "per_10k" else 100.0,
        level=_level(rows, authorities),
    )


def _level(rows: WindowRows, authorities: pd.DataFrame) -> float:
    """Return the mean of the outcome over the rows, in its own unit."""
    keys = ["authority_code", "year"]
    return float(
        rows.table[keys].merge(authorities[[*keys, rows.question.outcome]])[rows.question.outcome].mean()
    )


def measure_gate(estimand: Estimand) -> Gate:
    """Return whether the measures stand for what the claim says: a proxy doesn't."""
    return Gate("measure", estimand.standing != "proxy", estimand.standing_reason)


def overlap_gate(estimand: Estimand) -> Gate:
    """Return whether the association is free of arithmetic: declared by the claim, or the same count on both sides."""
    if estimand.overlap:
        return Gate("overlap", False, estimand.overlap)
    own = _numbers_behind(estimand.exposure)
    for outcome in estimand.outcomes:
        shared = sorted(own[0] & _numbers_behind(outcome.name)[0])
        if shared:
            return Gate(
                "overlap",
                False,
                WORDS.say(
                    "gate.overlap.shared",
                    shared=indicator(shared[0]).label,
                    outcome=indicator(outcome.name).label,
                ),
            )
    return Gate("overlap", True, WORDS.say("gate.overlap.apart"))


def _numbers_behind(name: str) -> tuple[set[str], set[str]]:
    """Return the indicators whose amount a rate is of, itself among them, and those that it is divided by."""
    entry = indicator(name)
    counts, inputs = entry.counts, entry.inputs
    over = {counts.numerator} if counts else set()
    if inputs:
        over |= set(inputs[:-1]) if entry.formula and entry.formula.denominator else set(inputs)
    under = (set(counts.denominator) if counts else set()) | (set(inputs) - over)
    return over | {name}, under


def _weaknesses(estimand: Estimand) -> tuple[str, ...]:
    weaknesses = [standing_weakness(estimand)]
    if estimand.simultaneous:
        weaknesses.append(estimand.simultaneous)
    if estimand.design == "across authorities":
        weaknesses.append(WORDS.say("weakness.across"))
    names = [estimand.exposure, *(outcome.name for outcome in estimand.outcomes)]
    if any(_numbers_behind(names[0])[1] & _numbers_behind(name)[1] for name in names[1:]):
        weaknesses.append(WORDS.say("weakness.same_denominator"))
    return tuple(filter(None, weaknesses))


def standing_weakness(estimand: Estimand) -> str:
    """Return what is lacking of a measure that stands for part of what is said; nothing of a direct one."""
    return "" if estimand.standing == "direct" else estimand.standing_reason
