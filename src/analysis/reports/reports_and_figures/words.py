"""What the report says where inspection reports and official figures meet. Nothing is an effect."""

from collections.abc import Mapping
from dataclasses import astuple

import pandas as pd

from analysis.claims.register import register
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.grades.downgrades import q_values
from analysis.estimators.topics.directors import NEW_MONTHS, OFFICIAL, SPOKEN_OF, by_grade
from analysis.findings.finding import Finding
from analysis.showing.numbers import of_100, step_of
from analysis.showing.words import paragraphs, words_of
from publishing.display import Answer, Prose

from .study import PAIRS, SAME_COLLECTOR, THREE_WORKERS, WAYS, WORKFORCE, ReportsAndFigures

WORDS = words_of(__package__)
PAIRS_RUN = "inspections"
"""The run that records findings on pairs of constructs."""
DISCOVERY_RATE = 0.05
TURNOVER = "turnover_percent"
TOLD = ("agency_percent", "caseload_cases_per_fte", TURNOVER)
"""The figures whose numbers stand in the answer: the largest, and those that the question names."""
_RATED = ("problems", "strengths")


def pairs_of_claims() -> tuple[tuple[str, str], ...]:
    """Return every claim of the register that a pair of constructs in reports bears on, with the finding's name."""
    return tuple(
        (claim.id, name)
        for claim in register().claims
        for run, _, name in (test.finding.rpartition("/") for test in claim.tests)
        if run == PAIRS_RUN and name.startswith(_RATED)
    )


def pair_in_words(name: str) -> str:
    """Return a finding on a pair of constructs as readers know it: ``turnover of workers and visits``."""
    rated, first, second = name.split("-")
    return WORDS.say(f"pair.{rated}", first=LABELS[first].lower(), second=LABELS[second].lower())


def best_of(name: str, recorded: Mapping[str, Finding]) -> tuple[Finding, bool]:
    """Return the finding on a pair with the coder's errors corrected and True; as coded and False where there is none.

    Raises KeyError where neither is recorded.
    """
    corrected = recorded.get(f"{name}-corrected")
    return (corrected, True) if corrected else (recorded[name], False)


def reports_and_figures_described(study: ReportsAndFigures, recorded: Mapping[str, Finding]) -> Prose:
    """Say how many reports and inspections there are, and which years have the figure on changes of worker."""
    inspections, three_workers = study.inspections, indicator(THREE_WORKERS)
    return WORDS.prose(
        "described",
        n_reports=max((finding.n_observations for finding in recorded.values()), default=0),
        n_inspections=len(inspections),
        n_with_figures=int(inspections["turnover_percent"].notna().sum()),
        three_workers=three_workers.phrase,
        n_waves=max(slope.n_periods for slope in study.workers.values()),
        first_wave=three_workers.years[0],
        last_wave=three_workers.years[1],
    )


def reports_and_figures_answer(study: ReportsAndFigures) -> Answer:
    """Answer whether grades follow the workforce, between authorities and within them, and whether changes of worker do."""
    return Answer(
        answer=paragraphs(
            [
                WORDS.say("answer.grades", finding=grades_finding(study)),
                WORDS.say(
                    "answer.numbers",
                    as_it_was=study.good_of_100(TOLD[0], "between").as_it_was,
                    told=[_of_100(study, name) for name in TOLD],
                ),
                _workers(study),
            ]
        ),
        certainty=_certainty(study),
        not_shown=WORDS.say("answer.not_shown"),
    )


def _of_100(study: ReportsAndFigures, name: str) -> str:
    """Say how many of 100 inspections end well with a figure higher, each way of comparing, and where nothing is clear."""
    odds = study.split_odds()
    unclear = [way for way in WAYS if odds[name, way][1] >= DISCOVERY_RATE]
    unsure = "both" if len(unclear) == len(WAYS) else unclear[0] if unclear else ""
    return WORDS.say(
        "answer.number",
        figure=indicator(name).phrase,
        step=step_of(indicator(name)),
        is_first=name == TOLD[0],
        unclear=WORDS.say(f"number.unclear.{unsure}") if unsure else "",
        **{way: of_100(astuple(study.good_of_100(name, way)), False) for way in WAYS},
    )


def grades_finding(study: ReportsAndFigures) -> str:
    """Return what grades do with each figure, between authorities and within them, after allowing for all comparisons."""
    known = [(way, names) for way, names in _by_clear_way(study).items() if names]
    return "; ".join(
        WORDS.say(
            f"answer.finding.{way}", figures=[indicator(name).phrase for name in names], is_first=place == 0
        )
        for place, (way, names) in enumerate(known)
    )


def grades_title(study: ReportsAndFigures) -> str:
    """Return what grades do with the figures that show most, in a line: those clear both ways, if any are."""
    way, names = next((way, names) for way, names in _by_clear_way(study).items() if names)
    figures = [WORDS.say(f"caption.figure.{name}") for name in names]
    return WORDS.say(f"caption.finding.{way}", figures=figures)


def _by_clear_way(study: ReportsAndFigures) -> dict[str, list[str]]:
    """Return the figures by where they go with worse grades: ``both`` ways, one of WAYS, ``better`` or ``unclear``."""
    odds = study.split_odds()
    groups: dict[str, list[str]] = {way: [] for way in ("both", *WAYS, "better", "unclear")}
    for name in TOLD + tuple(name for name in WORKFORCE if name not in TOLD):
        clear = {way: odds[name, way][0].estimate > 1 for way in WAYS if odds[name, way][1] < DISCOVERY_RATE}
        if not clear:
            groups["unclear"].append(name)
        elif not all(clear.values()):
            groups["better"].append(name)
        else:
            groups["both" if len(clear) == len(WAYS) else next(iter(clear))].append(name)
    return groups


def _apart(study: ReportsAndFigures) -> str:
    """Say of figures that are clear in one way only whether the two ways differ: one clear and one not is no difference."""
    groups = _by_clear_way(study)
    one_way = [name for way in WAYS for name in groups[way]]
    if not one_way:
        return ""
    told: dict[str, list[str]] = {"differing": [], "unsure": []}
    for name in one_way:
        told["differing" if study.between_by_within(name).excludes(1) else "unsure"].append(
            indicator(name).phrase
        )
    return WORDS.say(
        "certainty.apart",
        parts=[
            WORDS.say(f"certainty.apart.{way}", figures=figures) for way, figures in told.items() if figures
        ],
    )


def _on(exposure: str) -> str:
    """Return the name of the finding on changes of worker and a workforce figure."""
    return next(name for name, pair in PAIRS.items() if pair == (THREE_WORKERS, exposure))


def _workers(study: ReportsAndFigures) -> str:
    """Say by how much more children have many workers where turnover is higher, and with which other figures clearly so."""
    turnover, outcome = study.workers[_on(TURNOVER)], indicator(THREE_WORKERS)
    higher = [name for name in WORKFORCE if name != TURNOVER and study.workers[_on(name)].conf_low > 0]
    figures = [indicator(name).phrase for name in higher]
    return WORDS.say(
        "answer.workers",
        figure=indicator(TURNOVER).phrase,
        step=step_of(indicator(TURNOVER)),
        outcome=outcome.phrase,
        change=[value * indicator(TURNOVER).step for value in turnover.in_outcome_units],
        unit=outcome.difference_label,
        is_clear=turnover.excludes(),
        others=WORDS.say("answer.workers.others", figures=figures)
        if figures
        else WORDS.say("answer.workers.alone"),
    )


def inspections_of_each(study: ReportsAndFigures) -> "pd.Series[int]":
    """Return how many inspections each authority has in the model of turnover, on which the slope within it rests."""
    known = study.inspections.dropna(subset=[TURNOVER, "deprivation_decile"])
    return known.groupby("panel_code").size()


def _certainty(study: ReportsAndFigures) -> str:
    each = inspections_of_each(study)
    told = [
        WORDS.say(
            "certainty",
            n_inspections=study.alone[TURNOVER].fitted.n_observations,
            n_authorities=study.alone[TURNOVER].fitted.n_groups,
            median=float(each.median()),
            fewest=int(each.min()),
            most=int(each.max()),
            n_single=int((each == 1).sum()),
            n_tests=len(study.split_odds()),
            apart=_apart(study),
        ),
        WORDS.say(
            "certainty.downgrades",
            n_events=max(study.downgrades.values(), key=lambda hazard: hazard.n_periods).n_events,
            kept=[indicator(name).phrase for name in downgraded(study)[1]],
            n_asked=len(study.downgrades),
        ),
    ]
    told.append(
        WORDS.say(
            "certainty.counted",
            n_waves=max(slope.n_periods for slope in study.workers.values()),
            n_pairs=len(study.workers),
        )
    )
    alone = {name: study.same_collector[_on(name)].excludes() for name in WORKFORCE}
    told.append(
        WORDS.say(
            "certainty.workers" if any(alone.values()) else "certainty.workers.none",
            first=SAME_COLLECTOR[0],
            last=SAME_COLLECTOR[1],
            clear=[indicator(name).phrase for name, is_clear in alone.items() if is_clear],
            unclear=[indicator(name).phrase for name, is_clear in alone.items() if not is_clear],
        )
    )
    return " ".join(told)


def grades_result(study: ReportsAndFigures) -> Prose:
    """Say whether turnover and caseload together go with worse grades than each alone."""
    product = next(finding for finding in study.grade_findings() if finding.name.endswith("times-caseload"))
    return WORDS.prose(
        "grades.product.clear" if product.is_clear else "grades.product",
        odds_ratio=product.with_limits,
        **({"way": "worse" if product.estimate > 1 else "better"} if product.is_clear else {}),
    )


def downgraded(study: ReportsAndFigures) -> tuple[list[str], list[str]]:
    """Return the figures with which downgrades clearly go, each asked alone, and those left after allowing for all."""
    by_name = q_values(study.downgrades)
    alone = [name for name, hazard in study.downgrades.items() if hazard.excludes(1)]
    return alone, [name for name in alone if by_name[name] < DISCOVERY_RATE]


def downgrades_result(study: ReportsAndFigures) -> Prose:
    """Say how often authorities were downgraded, and which workforce figures of the September before go with it."""
    largest = max(study.downgrades.values(), key=lambda hazard: hazard.n_periods)
    by_name = q_values(study.downgrades)
    alone, kept = downgraded(study)

    figures = [
        WORDS.say(
            "downgrades.figure",
            figure=indicator(name).phrase,
            p_value=study.downgrades[name].p_value,
            q_value=by_name[name],
        )
        for name in alone
    ]
    rest = [name for name in study.downgrades if name not in alone]
    return Prose(
        WORDS.say(
            "downgrades",
            n_events=largest.n_events,
            n_periods=largest.n_periods,
            n_authorities=largest.n_authorities,
            clear=WORDS.say(
                "downgrades.alone",
                figures=figures,
                n_asked=len(study.downgrades),
                kept=[indicator(name).phrase for name in kept],
            )
            if alone
            else "",
            rest=WORDS.say("downgrades.unclear", figures=[indicator(name).phrase for name in rest])
            if rest
            else "",
        ).strip()
    )


def problems_result(recorded: Mapping[str, Finding]) -> Prose:
    """Say which of the pairs that claims are about occur together, the coder's errors corrected where they can be."""
    pairs = pairs_of_claims()
    known = [pair for pair in pairs if pair[1] in recorded]
    best = {name: best_of(name, recorded) for _, name in known}
    together = [
        (claim, name) for claim, name in known if best[name][0].is_clear and best[name][0].estimate > 1
    ]
    text = WORDS.say(
        "problems",
        n_pairs=len(known),
        n_together=len(together),
        together=[
            WORDS.say("problems.pair", claim=claim, pair=pair_in_words(name)) for claim, name in together
        ],
    )
    missing = sorted(claim for claim, name in pairs if name not in recorded)
    return Prose(f"{text} {WORDS.say('problems.missing', claims=missing)}" if missing else text)


def workers_result(study: ReportsAndFigures) -> Prose:
    """Say what the share of children with many workers does with stability and pace."""
    clear: list[str] = []
    unclear: list[str] = []
    for name, slope in study.workers.items():
        outcome, exposure = PAIRS[name]
        if exposure == THREE_WORKERS:
            (clear if slope.excludes() else unclear).append(indicator(outcome).phrase)
    return WORDS.prose("workers.share" if clear else "workers.share.none", clear=clear, unclear=unclear)


def directors_result(study: ReportsAndFigures) -> Prose:
    """Say whether inspections with a new director ended otherwise than others, and what reports and figures then say."""
    rows, estimates = study.directors.rows, study.directors.estimates
    judged, turnover = estimates["inadequate"], estimates[OFFICIAL[0]]
    new, others = (rows.loc[rows["new_director"] == is_new, "inadequate"].dropna() for is_new in (1, 0))
    return WORDS.prose(
        "directors",
        n_months=NEW_MONTHS,
        way=("more" if judged.estimate > 0 else "less") if judged.excludes() else "",
        n_new=len(new),
        n_new_inadequate=int((new > 0).sum()),
        new_share=(new > 0).mean(),
        n_others=len(others),
        n_other_inadequate=int((others > 0).sum()),
        other_share=(others > 0).mean(),
        change=judged.with_limits,
        told=[
            _spoken_of_new_directors(study),
            WORDS.say("directors.turnover", is_clear=turnover.excludes(), change=turnover.with_limits),
            WORDS.say("directors.order"),
        ],
    )


def _spoken_of_new_directors(study: ReportsAndFigures) -> str:
    estimates = study.directors.estimates
    means = study.directors.rows.groupby("new_director")[list(SPOKEN_OF)].mean()
    clear = [name for name in SPOKEN_OF if estimates[name].excludes()]
    if not clear:
        return WORDS.say("directors.topics.none")
    return WORDS.say(
        "directors.topics",
        topics=[
            WORDS.say(
                "directors.topic",
                topic=WORDS.say(f"directors.topic.{name}"),
                is_more=estimates[name].estimate > 0,
                new=means.loc[1.0, name],
                others=means.loc[0.0, name],
                change=estimates[name].with_limits,
            )
            for name in clear
        ],
        by_grade=[
            WORDS.say(f"directors.topic.{name}") for name in clear if estimates[by_grade(name)].excludes()
        ],
    )
