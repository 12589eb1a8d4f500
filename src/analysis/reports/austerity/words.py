"""What the report on spend says: what fell and what grew, what goes with it, and what grades follow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

import pandas as pd

from analysis.claims.judging import JudgedClaim
from analysis.claims.register import published_estimates
from analysis.claims.telling import seen_outcomes
from analysis.data.cleaning.spending import PREVENTION
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.data.definitions.reach import financial_year
from analysis.errors import DataError
from analysis.estimators.grades.judgements import JudgementModel
from analysis.estimators.grades.spend import BASE_YEAR
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.resampling.family import benjamini_hochberg
from analysis.findings.interval import IntervalEstimate
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Front, Prose

from .context import BETWEEN, WITHIN, WithContext
from .study import (
    DEEPER_PERCENTAGE_POINTS,
    OUTCOMES,
    PER_POUNDS,
    WEBB_LAST_YEAR,
    WEBB_PRICE_YEAR,
    Austerity,
    AusterityParameters,
    per_pounds,
)

WORDS = words_of(__package__)
TOTAL = "children_services_gbp"
DISCOVERY_RATE = 0.05
WEBB_PREVENTION, WEBB_DEPRIVATION = "webb-2022-prevention", "webb-2022-deprivation"
"""What Webb, Bennett and Bywaters (2022) printed, in the register of published estimates."""
_MUCH_OF_THE_FALL = 1 / 3
"""A share of the fall that one year's change of the return may account for, from which on it is said."""
_PARTS = ("looked_after_gbp", "safeguarding_gbp", "prevention_gbp")
"""The lines that the answer says have grown or fallen; together most of all spend."""
_INSIDE_PREVENTION = ("early_years_gbp", "young_people_gbp", "family_support_gbp")


def prevention_lines() -> list[str]:
    """Return the lines that prevention is made of, as a sentence has them."""
    return [lower_first(indicator(name).label) for name in PREVENTION]


def austerity_question(parameters: AusterityParameters) -> Front:
    """Ask what became of spend, and what goes with it."""
    return Front(
        title=WORDS.say("question.title"),
        question=WORDS.say("question", spend=lower_first(indicator(parameters.spend).label)),
    )


@dataclass(frozen=True)
class LineChange:
    """England's £ per child on one line of spend, in its first year since BASE_YEAR, its lowest and its last."""

    first_year: int
    lowest_year: int
    last_year: int
    first: float
    lowest: float
    last: float

    @property
    def share(self) -> float:
        """The change from the first year to the last, as a share of the first."""
        return self.last / self.first - 1


def line_change(study: Austerity, name: str) -> LineChange | None:
    """Return what became of a line of spend; None where fewer than two years have it."""
    spend = study.per_child_since_base
    known = spend[name].dropna().sort_index() if name in spend else pd.Series(dtype=float)
    if len(known) < 2:
        return None
    years = (int(known.index[0]), int(known.idxmin()), int(known.index[-1]))
    return LineChange(*years, *(float(known[year]) for year in years))


def austerity_answer(study: Austerity, judged: Sequence[JudgedClaim] = ()) -> Answer:
    """Answer what fell and what grew, whether staff follow the money, and whether grades do.

    Where one of the claims ``judged`` is on the same figures two years running, what was found of it is told too. Raises
    DataError where the register lacks the published odds ratio that ours stands beside.
    """
    return Answer(
        answer=paragraphs([_total(study), _staff(study, judged), _deeper(study), _grades(study)]),
        certainty=_certainty(study),
        not_shown=WORDS.say("not_shown", first_workforce_year=_first_workforce_year()),
    )


def _first_workforce_year() -> int | None:
    return indicator("turnover_percent").comparable_from


def _total(study: Austerity) -> str:
    total = line_change(study, TOTAL)
    if total is None or total.first_year != BASE_YEAR:
        return WORDS.say("cuts.none", first_year=financial_year(BASE_YEAR))
    way = "rose" if total.lowest_year == total.first_year else "fell"
    if way == "fell" and total.lowest_year != total.last_year:
        way = "fell-then-rose"
    grown, fallen = _lines(study, _PARTS)
    return WORDS.say(
        f"cuts.{way}",
        parts=WORDS.say("cuts.parts", grown=grown, fallen=fallen) if grown or fallen else "",
        **({"broken": _break(study)} if way != "rose" else {}),
        first=total.first,
        lowest=total.lowest,
        last=total.last,
        first_year=financial_year(total.first_year),
        lowest_year=financial_year(total.lowest_year),
        last_year=financial_year(total.last_year),
        share_to_lowest=abs(total.lowest / total.first - 1),
        share_to_last=abs(total.share),
        is_more=total.share > 0,
        price_year=financial_year(study.parameters.price_year),
    )


def _lines(study: Austerity, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return lines of spend with their change, those that grew and those that fell."""
    grown: list[str] = []
    fallen: list[str] = []
    for name in names:
        change = line_change(study, name)
        if change is None:
            continue
        text = WORDS.say(
            "cuts.part",
            line=WORDS.say(f"cuts.line.{name}"),
            first=change.first,
            last=change.last,
            share=abs(change.share),
            is_more=change.share > 0,
            first_year=financial_year(change.first_year),
        )
        (grown if change.share > 0 else fallen).append(text)
    return grown, fallen


def _at_lag(study: Austerity, lag: int) -> list[tuple[Indicator, Estimate, float]]:
    """Return the outcomes that have an estimate at a lag, with it and its q value over the outcomes of that lag."""
    known = [(name, estimate) for name in OUTCOMES if (estimate := study.lags[name, lag])]
    if not known:
        return []
    q_values = benjamini_hochberg([estimate.p_value for _, estimate in known])
    return [
        (indicator(name), estimate, float(q)) for (name, estimate), q in zip(known, q_values, strict=True)
    ]


def money_came_after(study: Austerity) -> list[str]:
    """Return the outcomes that were clearly higher in the year before more was spent, as sentences name them."""
    before = _at_lag(study, -1)
    return [outcome.phrase for outcome, estimate, q in before if q < DISCOVERY_RATE and estimate.estimate > 0]


def _staff(study: Austerity, judged: Sequence[JudgedClaim]) -> str:
    after = _at_lag(study, 1)
    if not after:
        return WORDS.say("staff.none")
    followed = [(outcome, estimate) for outcome, estimate, q in after if q < DISCOVERY_RATE]
    others = [estimate for _, estimate, q in after if q >= DISCOVERY_RATE]
    reaches = [max(abs(value) for value in estimate.in_standard_deviations[1:]) for estimate in others]
    is_ruled_out = all(reach < SMALLEST_OF_INTEREST for reach in reaches)
    verdict = "followed" if followed else "ruled_out" if is_ruled_out else "undecided"
    turnover = next((row for row in after if row[0].id == "turnover_percent"), after[0])
    before = money_came_after(study)
    return WORDS.say(
        f"staff.{verdict}",
        effects=[
            WORDS.say(
                "staff.effect",
                outcome=outcome.phrase,
                change=per_pounds(estimate),
                unit=outcome.difference_label,
            )
            for outcome, estimate in followed
        ],
        pounds=PER_POUNDS,
        outcome=turnover[0].phrase,
        change=per_pounds(turnover[1]),
        unit=turnover[0].difference_label,
        running=_two_years_running(study, turnover[0].id, judged),
        before=WORDS.say("staff.before", outcomes=before) if before else "",
    )


def _two_years_running(study: Austerity, name: str, judged: Sequence[JudgedClaim]) -> str:
    """Say what a claim found of an outcome where more was spent in its own year and the year before; nothing without one."""
    spend = study.parameters.spend
    for claim in judged:
        estimand = claim.claim.estimand
        if estimand and estimand.exposure == spend and estimand.acts_over_two_years:
            for seen in seen_outcomes(claim):
                if seen.facts.name == name and indicator(spend).step == PER_POUNDS:
                    return WORDS.say(
                        "staff.running", pounds=PER_POUNDS, change=seen.change, unit=seen.facts.natural_unit
                    )
    return ""


def published_converted(study: Austerity) -> tuple[float, float, float]:
    """Return the printed odds ratio of prevention for £100 of the prices used here; it was for £100 of WEBB_PRICE_YEAR."""
    middle, low, high = (value ** (1 / study.published_pounds) for value in published_odds(WEBB_PREVENTION))
    return middle, low, high


def prevention_finding(study: Austerity) -> str:
    """Return what grades do with spending on prevention, between authorities and within one, as a sentence begins.

    What is clear between authorities is never said without what the local economy and the parties held constant leave of it.
    """
    between, within = (_way_of(study.split.fitted.term(term)) for term in (BETWEEN, WITHIN))
    if between == within == "undecided":
        return WORDS.say("grades.finding.neither")
    held = _with_more_held(study) if between != "undecided" else ""
    return WORDS.say(f"grades.finding.{between}", held=held, within=WORDS.say(f"grades.within.{within}"))


def _with_more_held(study: Austerity) -> str:
    """Say what is left of an association between authorities with more held constant; where it is gone, with how little."""
    economy, both = (held_up(study, name) for name in ("economy", "economy-and-council"))
    way = "gone" if "gone" in (economy, both) else both
    return WORDS.say(
        f"grades.held.{way}",
        what=WORDS.say(f"grades.held.{'economy' if economy == 'gone' else 'economy-and-council'}"),
        first_year=study.held("economy-and-council").split.first_year,
    )


def held_up(study: Austerity, name: str) -> str:
    """Return whether what is clear between authorities is ``still`` so with more held constant, or ``gone``.

    ``never`` where it wasn't clear before: of ``economy`` on all inspections, else on those of which seats are known.
    """
    before = study.split if name == "economy" else study.held("same-years").split
    was, is_now = (_way_of(model.fitted.term(BETWEEN)) for model in (before, study.held(name).split))
    return "never" if was == "undecided" else "still" if is_now == was else "gone"


def _way_of(odds: IntervalEstimate) -> str:
    return "undecided" if not odds.excludes(1) else "higher" if odds.estimate > 1 else "lower"


def _grades(study: Austerity) -> str:
    return WORDS.say(
        "grades.answer",
        finding=prevention_finding(study),
        between=astuple(study.good_of_100[BETWEEN]),
        within=astuple(study.good_of_100[WITHIN]),
        pounds=PER_POUNDS,
    )


def _deeper(study: Austerity) -> str:
    """Say how grades go with the fall in all spend: with how many of 100 good where it was deeper."""
    return WORDS.say(
        "deeper.answer",
        finding=WORDS.say(f"deeper.finding.{_way_of_fall(study)}"),
        deeper=astuple(study.good_of_100_deeper),
        points=DEEPER_PERCENTAGE_POINTS,
        first_year=financial_year(BASE_YEAR),
    )


def _way_of_fall(study: Austerity) -> str:
    """Return which way grades clearly went where spend had fallen further: the other way than where it was higher."""
    way = _way_of(study.change_model.fitted.term("change"))
    return {"higher": "lower", "lower": "higher"}.get(way, way)


def _certainty(study: Austerity) -> str:
    after = _at_lag(study, 1)
    missing = missing_years(study)
    n_rows = sorted({estimate.n_observations for _, estimate, _ in after}) or [0]
    both = study.held("economy-and-council")
    told = [
        _fall_of_first_year(study),
        _fall_of_prevention(study),
        WORDS.say("certainty.missing", years=[financial_year(year) for year in missing]) if missing else "",
        WORDS.say(
            "certainty.staff",
            n_outcomes=len(after),
            rows=WORDS.say(
                "certainty.rows" if len(n_rows) > 1 else "certainty.rows.same",
                fewest=n_rows[0],
                most=n_rows[-1],
            ),
            turnover=_rows_on_turnover(after),
            n_followed=sum(q < DISCOVERY_RATE for _, _, q in after),
        ),
        WORDS.say(
            "certainty.grades",
            n_inspections=study.split.fitted.n_observations,
            n_authorities=study.split.fitted.n_groups,
            is_apart=study.split.fitted.contrast(BETWEEN, WITHIN).excludes(1),
            context=WORDS.say(
                "certainty.context",
                both=astuple(both.good_of_100[BETWEEN]),
                n_inspections=both.split.fitted.n_observations,
                first_year=both.split.first_year,
                graded=_graded_since(study, both),
            ),
            n_change=study.change_model.fitted.n_observations,
        ),
    ]
    return " ".join(text for text in told if text)


def _rows_on_turnover(after: Sequence[tuple[Indicator, Estimate, float]]) -> str:
    """Say how many rows the estimate on turnover has, which the answer tells; nothing without one."""
    for outcome, estimate, _ in after:
        if outcome.id == "turnover_percent":
            return WORDS.say(
                "certainty.turnover", n_rows=estimate.n_observations, n_authorities=estimate.n_entities
            )
    return ""


def _share_of_first_year(study: Austerity) -> float | None:
    """Return how much of the fall of spend came in its first year, when the return changed; None where little did."""
    total = line_change(study, TOTAL)
    if total is None or total.first_year != BASE_YEAR or not total.lowest < total.first:
        return None
    second = study.per_child_since_base[TOTAL].get(BASE_YEAR + 1)
    if second is None or pd.isna(second):
        return None
    share = float((total.first - second) / (total.first - total.lowest))
    return share if share >= _MUCH_OF_THE_FALL else None


def _break(study: Austerity) -> str:
    """Say beside the fall how much of it came in the year in which what is counted changed; nothing where little did."""
    share = _share_of_first_year(study)
    next_year = financial_year(BASE_YEAR + 1)
    return "" if share is None else WORDS.say("cuts.broken", share=share, next_year=next_year)


def _fall_of_first_year(study: Austerity) -> str:
    """Say that how much of the fall was cuts can't be told, and how far spend fell after its first year, if much came then.

    Nothing is said where spend never fell.
    """
    total = line_change(study, TOTAL)
    if total is None or total.first_year != BASE_YEAR or not total.lowest < total.first:
        return ""
    if _share_of_first_year(study) is None:
        return WORDS.say("certainty.fall")
    if total.lowest_year <= BASE_YEAR + 1:
        return WORDS.say("certainty.first_year", after="")
    after = WORDS.say(
        "certainty.first_year.after",
        next_year=financial_year(BASE_YEAR + 1),
        share_after=1 - total.lowest / study.per_child_since_base[TOTAL][BASE_YEAR + 1],
        lowest_year=financial_year(total.lowest_year),
    )
    return WORDS.say("certainty.first_year", after=after)


_FIRST_CHANGE_OF_PREVENTION = 2014
"""The financial year, by its end, from which on other early years lines are part of prevention."""


def _fall_of_prevention(study: Austerity) -> str:
    """Say that prevention's fall may not all be cuts where its years span a change of what was counted, else nothing."""
    prevention = line_change(study, "prevention_gbp")
    if prevention is None or prevention.share >= 0:
        return ""
    if not prevention.first_year < _FIRST_CHANGE_OF_PREVENTION <= prevention.last_year:
        return ""
    return WORDS.say("certainty.prevention")


def _graded_since(study: Austerity, held: WithContext) -> str:
    """Say whether the inspections of which seats are known are better graded than all, whatever is held."""
    since, every = (shares[BETWEEN].as_it_was for shares in (held.good_of_100, study.good_of_100))
    if round(since) == round(every):
        return WORDS.say("certainty.graded.alike")
    way = "better" if since > every else "worse"
    return WORDS.say(f"certainty.graded.{way}", since=since, every=every)


def missing_years(study: Austerity) -> list[int]:
    """Return the years since the base year, up to the last, for which there is no spend by line."""
    known = set(study.per_child_since_base.index)
    return [year for year in range(min(known), max(known)) if year not in known] if known else []


def austerity_described(study: Austerity) -> Prose:
    """Say which years and authorities there are, in which prices, and what is missing."""
    years = [int(year) for year in study.national.index]
    graded = study.inspections
    missing = [financial_year(year) for year in missing_years(study)]
    return WORDS.prose(
        "described",
        missing=WORDS.say("described.missing", years=missing) if missing else "",
        n_authorities=study.spending["authority_code"].nunique(),
        first_year=financial_year(years[0]),
        last_year=financial_year(years[-1]),
        price_year=financial_year(study.parameters.price_year),
        prevention=prevention_lines(),
        n_inspections=len(graded),
        first_inspection=graded["year"].min(),
        last_inspection=graded["year"].max(),
    )


def cuts_result(study: Austerity) -> Prose:
    """Say what became of the lines inside prevention, of all spend in £ billion, and how far authorities differ."""
    total = line_change(study, TOTAL)
    if total is None or total.first_year != BASE_YEAR:
        return WORDS.prose("cuts.none", first_year=financial_year(BASE_YEAR))
    changed = study.spending[study.spending["year"] == total.lowest_year]["change_percent"].dropna()
    tenth, ninetieth = changed.quantile([0.1, 0.9])
    grown, fallen = _lines(study, _INSIDE_PREVENTION)
    billions = study.national[TOTAL] / 1e9
    told = [
        WORDS.say("cuts.inside", grown=grown, fallen=fallen) if grown or fallen else "",
        WORDS.say(
            "cuts.total",
            first_billion=billions[total.first_year],
            last_billion=billions[total.last_year],
            first_year=financial_year(total.first_year),
            last_year=financial_year(total.last_year),
        ),
        WORDS.say(
            "cuts.spread",
            lowest_year=financial_year(total.lowest_year),
            n_authorities=len(changed),
            tenth=_change(tenth / 100),
            ninetieth=_change(ninetieth / 100),
        )
        if len(changed)
        else "",
    ]
    return Prose(" ".join(text for text in told if text))


def _change(share: float) -> str:
    return WORDS.say("change.more" if share > 0 else "change.less", share=abs(share))


def lags_result(study: Austerity) -> Prose:
    """Say which outcomes go with spend of the year before, of the same year, and with spend that comes after."""
    lags = {1: "after", 0: "same", -1: "before", -2: "long-before"}
    items = "\n".join(_clear_at(study, lag, name) for lag, name in lags.items())
    first = money_came_after(study)
    told = [
        WORDS.say("lags", pounds=PER_POUNDS, n_tests=len(OUTCOMES)),
        items,
        WORDS.say("lags.order", outcomes=first) if first else "",
    ]
    return Prose("\n\n".join(text for text in told if text))


def _clear_at(study: Austerity, lag: int, name: str) -> str:
    effects = [
        WORDS.say(
            "staff.effect", outcome=outcome.phrase, change=per_pounds(estimate), unit=outcome.difference_label
        )
        for outcome, estimate, q in _at_lag(study, lag)
        if q < DISCOVERY_RATE
    ]
    alone = [
        WORDS.say("lags.alone.outcome", outcome=outcome.phrase, is_higher=estimate.estimate > 0)
        for outcome, estimate, q in _at_lag(study, lag)
        if lag == 1 and estimate.excludes() and q >= DISCOVERY_RATE
    ]
    return WORDS.say(
        f"lags.{name}" if effects else f"lags.{name}.none",
        effects=effects,
        alone=WORDS.say("lags.alone", outcomes=alone) if alone else "",
    )


def grades_result(study: Austerity) -> Prose:
    """Say how grades go with spend and deprivation in other models, with the change in all spend, and after deep cuts."""
    early, every, care_held, ordinal = study.models
    outstanding = next(finding for finding in study.own if finding.name == "outstanding-among-deepest-cuts")
    change = study.change_model.fitted.term("change")
    safeguarding = every.fitted.term("safeguarding")
    random_years = study.random_years.term("prevention").with_limits
    return WORDS.prose(
        "grades",
        prices=financial_year(study.parameters.price_year),
        published_prices=financial_year(WEBB_PRICE_YEAR),
        published=published_odds(WEBB_PREVENTION),
        converted=published_converted(study),
        together=_odds(every, "prevention"),
        early=_odds(early, "prevention"),
        random_years=random_years,
        random_years_published=[value**study.published_pounds for value in random_years],
        n_inspections=every.fitted.n_observations,
        safeguarding=WORDS.say(
            f"grades.safeguarding.{'clear' if safeguarding.excludes(1) else 'unclear'}",
            odds=safeguarding.with_limits,
        ),
        early_deprivation=_odds(early, "deprivation_decile"),
        published_deprivation=published_odds(WEBB_DEPRIVATION),
        deprivation=_odds(every, "deprivation_decile"),
        last_early_year=WEBB_LAST_YEAR,
        care_held=_odds(care_held, "prevention"),
        worse=_odds(ordinal, "prevention"),
        change=WORDS.say(
            f"grades.change.{_way_of(change)}",
            odds=change.with_limits,
            sd=study.change_sd,
            n_inspections=study.change_model.fitted.n_observations,
        ),
        outstanding_percent=outstanding.estimate,
        outstanding_low=outstanding.conf_low,
        outstanding_high=outstanding.conf_high,
        n_deepest=outstanding.n_observations,
    )


def context_result(study: Austerity) -> Prose:
    """Say what holding the local economy and the council's parties constant does to grades and to staff."""
    economy, same, both = (study.held(name) for name in ("economy", "same-years", "economy-and-council"))
    return WORDS.prose(
        "context",
        pounds=PER_POUNDS,
        economy_between=astuple(economy.good_of_100[BETWEEN]),
        same_between=astuple(same.good_of_100[BETWEEN]),
        both_between=astuple(both.good_of_100[BETWEEN]),
        first_year=both.split.first_year,
        n_inspections=both.split.fitted.n_observations,
        economy=WORDS.say(f"context.economy.{held_up(study, 'economy')}"),
        both=WORDS.say(f"context.both.{held_up(study, 'economy-and-council')}"),
        staff=WORDS.say(
            "context.staff",
            n_outcomes=len(both.after),
            n_economy=n_clearly_changed(economy.after),
            n_both=n_clearly_changed(both.after),
        ),
    )


def n_clearly_changed(estimates: Mapping[str, Estimate | None]) -> int:
    """Return how many outcomes clearly changed, once as many tests are allowed for."""
    known = [estimate for estimate in estimates.values() if estimate]
    if not known:
        return 0
    return int((benjamini_hochberg([estimate.p_value for estimate in known]) < DISCOVERY_RATE).sum())


def _odds(model: JudgementModel, term: str) -> tuple[float, float, float]:
    return model.fitted.term(term).with_limits


def published_odds(name: str) -> tuple[float, float, float]:
    """Return a published estimate as printed, with its interval; raises DataError where the register lacks a part."""
    published = published_estimates()[name]
    numbers = (published.estimate, published.conf_low, published.conf_high)
    middle, low, high = numbers
    if middle is None or low is None or high is None:
        raise DataError(
            f"{name}: give its estimate, conf_low and conf_high; the report sets ours beside them"
        )
    return middle, low, high


def load_result(study: Austerity, panel: pd.DataFrame) -> Prose:
    """Say how caseload, staff and enquiries changed, as means of authorities that have their first and last year."""
    return WORDS.prose(
        "load",
        changes=[_mean_changed(panel, name) for name in ("caseload_cases_per_fte", "social_workers_fte")],
        need=_mean_changed(panel, "section_47_enquiries_per_10k"),
    )


def first_and_last(panel: pd.DataFrame, name: str) -> tuple[int, int, pd.DataFrame]:
    """Return an indicator's first comparable year, its last, and the authorities that have both, a column a year."""
    known = panel.dropna(subset=[name])
    first = max(int(known["year"].min()), indicator(name).comparable_from or 0)
    last = int(known["year"].max())
    wide = known.pivot(index="authority_code", columns="year", values=name)
    return first, last, wide.reindex(columns=[first, last]).dropna()


def _mean_changed(panel: pd.DataFrame, name: str) -> str:
    entry = indicator(name)
    first, last, both = first_and_last(panel, name)
    return WORDS.say(
        "load.change",
        indicator=entry.phrase,
        unit=entry.unit_label,
        first=both[first].mean(),
        last=both[last].mean(),
        first_year=first,
        last_year=last,
        digits=0 if both[first].mean() >= 100 else 1,
    )


def austerity_limits(study: Austerity) -> Prose:
    """Say what spend can't show."""
    return WORDS.prose("limits", first_workforce_year=_first_workforce_year())
