"""What the report says where inspection reports and official figures meet. Nothing is an effect."""

from collections.abc import Iterable, Mapping

from analysis.claims.register import register
from analysis.data.definitions.indicators import indicator
from analysis.data.definitions.inspection_reports import LABELS
from analysis.estimators.regression.estimate import Estimate
from analysis.estimators.topics.directors import NEW_MONTHS, OFFICIAL, SPOKEN_OF, by_grade
from analysis.findings.finding import Finding
from analysis.showing.numbers import step_of
from analysis.showing.words import words_of
from publishing.display import Answer, Prose

from .study import PAIRS, SAME_COLLECTOR, THREE_WORKERS, WORKFORCE, ReportsAndFigures

WORDS = words_of(__package__)
PAIRS_RUN = "inspections"
"""The run that records findings on pairs of constructs."""
FOCUS = ("caseload_cases_per_fte", "turnover_percent")
"""The figures that the question names; the others stand under how sure it is."""
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
        n_waves=max(one.n_periods for one in study.workers.values()),
        first_wave=three_workers.years[0],
        last_wave=three_workers.years[1],
    )


def reports_and_figures_answer(study: ReportsAndFigures) -> Answer:
    """Answer whether grades follow caseload and turnover, and whether children change workers more with turnover."""
    return Answer(
        answer=" ".join(
            [
                _grades(study, {name: _of(study, name) for name in FOCUS}, "answer.grades", with_step=True),
                _grades(study, {name: _of(study, name, "within") for name in FOCUS}, "answer.grades.within"),
                *_workers(study, FOCUS),
            ]
        ),
        certainty=_certainty(study),
        not_shown=WORDS.say("answer.not_shown"),
    )


def _of(study: ReportsAndFigures, name: str, way: str = "") -> Finding:
    short = f"worse-grade-on-{name.split('_')[0]}" + (f"-{way}" if way else "")
    named = {
        finding.name: finding
        for finding in [*study.grade_findings(), *study.split_findings(), *study.crossed_findings()]
    }
    return named[short]


def _grades(
    study: ReportsAndFigures, findings: Mapping[str, Finding], sentence: str, *, with_step: bool = False
) -> str:
    """Return what grades do with each figure: those of one direction together, then those that can't be told."""
    groups: dict[str, list[str]] = {"worse": [], "better": [], "unclear": []}
    for name, finding in findings.items():
        is_worse = finding.estimate > finding.null
        groups["unclear" if not finding.is_clear else "worse" if is_worse else "better"].append(name)
    told = {
        way: WORDS.say(
            f"answer.{way}",
            figures=[indicator(name).phrase for name in names],
            numbers=[
                WORDS.say(
                    "answer.numbers.step" if with_step else "answer.numbers",
                    step=step_of(indicator(name)),
                    odds_ratio=study.per_step(name, findings[name]),
                )
                for name in names
            ],
        )
        for way, names in groups.items()
        if names
    }
    unclear = told.pop("unclear", "")
    return WORDS.say(sentence if told else f"{sentence}.none", ways=list(told.values()), unclear=unclear)


def _on(exposure: str) -> str:
    """Return the name of the finding on changes of worker and a workforce figure."""
    return next(name for name, pair in PAIRS.items() if pair == (THREE_WORKERS, exposure))


def _workers(study: ReportsAndFigures, exposures: Iterable[str]) -> list[str]:
    """Return what the share of children with many workers does with figures: those clear together, then the others."""
    groups: dict[str, list[str]] = {"answer.workers": [], "answer.workers.unclear": []}
    for name in exposures:
        is_clear = study.workers[_on(name)].excludes()
        groups["answer.workers" if is_clear else "answer.workers.unclear"].append(name)
    outcome = indicator(THREE_WORKERS)
    return [
        WORDS.say(
            sentence,
            outcome=outcome.phrase,
            numbers=[_number_on(study.workers[_on(name)], name) for name in names],
        )
        for sentence, names in groups.items()
        if names
    ]


def _number_on(one: Estimate, exposure: str) -> str:
    """Return what a step of the exposure within an authority goes with, in percentage points."""
    entry = indicator(exposure)
    return WORDS.say(
        "answer.workers.number",
        exposure=entry.phrase,
        step=step_of(entry),
        change=[value * entry.step for value in one.in_outcome_units],
        unit=indicator(THREE_WORKERS).difference_label,
    )


def _certainty(study: ReportsAndFigures) -> str:
    others = {name: _of(study, name) for name in WORKFORCE if name not in FOCUS}
    told = [
        WORDS.say(
            "certainty",
            n_inspections=study.alone[FOCUS[0]].fitted.n_observations,
            n_authorities=study.alone[FOCUS[0]].fitted.n_groups,
        ),
        _grades(study, others, "certainty.others"),
    ]
    told += [
        WORDS.say(
            "certainty.crossed",
            figure=indicator(name).phrase,
            odds_ratio=study.per_step(name, _of(study, name, "crossed")),
            is_clear=_of(study, name, "crossed").is_clear,
        )
        for name in FOCUS
        if _of(study, name, "crossed").is_clear != _of(study, name).is_clear
    ]
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
    """Say whether turnover and caseload together go with worse grades than each alone, and what authorities' means add."""
    product = next(finding for finding in study.grade_findings() if finding.name.endswith("times-caseload"))
    return WORDS.prose(
        "grades.product.clear" if product.is_clear else "grades.product",
        odds_ratio=product.with_limits,
        way="worse" if product.estimate > 1 else "better",
    )


def downgrades_result(study: ReportsAndFigures) -> Prose:
    """Say how often authorities were downgraded, and which workforce figures of the September before go with it."""
    largest = max(study.downgrades.values(), key=lambda one: one.n_periods)
    told: dict[bool, list[str]] = {True: [], False: []}
    for name, one in study.downgrades.items():
        told[one.excludes(1)].append(
            WORDS.say(
                "downgrades.figure",
                figure=indicator(name).phrase,
                unit="point" if indicator(name).unit == "percent" else "case",
                hazard=one.with_limits,
            )
        )
    counts = {
        "n_events": largest.n_events,
        "n_periods": largest.n_periods,
        "n_authorities": largest.n_authorities,
    }
    if not told[True]:
        return WORDS.prose("downgrades.none", unclear=told[False], **counts)
    return WORDS.prose("downgrades", clear=told[True], unclear=told[False], **counts)


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
    """Say what the share of children with many workers does with agency work and vacancies, and with stability and pace."""
    clear: list[str] = []
    unclear: list[str] = []
    for name, one in study.workers.items():
        outcome, exposure = PAIRS[name]
        if exposure == THREE_WORKERS:
            (clear if one.excludes() else unclear).append(indicator(outcome).phrase)
    told = _workers(study, [name for name in WORKFORCE if name not in FOCUS])
    told.append(WORDS.say("workers.share" if clear else "workers.share.none", clear=clear, unclear=unclear))
    return Prose(" ".join(told))


def directors_result(study: ReportsAndFigures) -> Prose:
    """Say whether inspections with a new director ended otherwise than others, and what reports and figures then say."""
    rows, estimates = study.directors.rows, study.directors.estimates
    judged, turnover = estimates["inadequate"], estimates[OFFICIAL[0]]
    new, others = (rows.loc[rows["new_director"] == one, "inadequate"].dropna() for one in (1, 0))
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
