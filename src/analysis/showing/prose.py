"""Sentences with computed numbers, for notebooks: what was asked, of which rows, and what came out.

Words follow one rule, written here before any result: an association is named where its interval leaves out zero; where it
doesn't, the sentence says how large an association either way the interval still allows. Nothing is called an effect.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from analysis.estimators.pairs.relationship import Relationship
from analysis.estimators.regression.estimate import Estimate
from publishing.display import Front, Prose

_MINUS = "\u2212"


def number(value: float | None, decimals: int = 2) -> str:
    """Return a number for readers: a true minus sign, thousands separated, a dash where there is none."""
    if value is None or value != value:
        return "–"
    text = f"{value:,.{decimals}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", _MINUS)


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """Return an interval in words: ``0.03 to 0.21``."""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def p_value(value: float | None) -> str:
    """Return a p or q value: three decimals, ``<0.001`` below that."""
    if value is None or value != value:
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def with_unit(value: float | None, entry: Indicator, decimals: int = 1) -> str:
    """Return a value of an indicator with its unit: ``11.8%``, ``15.2 cases per FTE worker``."""
    gap = "" if entry.unit_label == "%" else " "
    return f"{number(value, decimals)}{gap}{entry.unit_label}"


def probability(name: str, value: float | None) -> str:
    """Return a p or q value as a sentence has it: ``p = 0.086``, ``q < 0.001``."""
    text = p_value(value)
    return f"{name} < {text[1:]}" if text.startswith("<") else f"{name} = {text}"


def decimals_for(spread: float) -> int:
    """Return how many decimals suit numbers whose standard deviation is ``spread``."""
    return 0 if spread >= 50 else 1 if spread >= 0.5 else 2 if spread >= 0.05 else 3


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" and {words[-1]}" if words else "none"


def _lag(parameters: SampleParameters) -> str:
    if parameters.lag_years == 0:
        return ""
    when = "earlier" if parameters.lag_years > 0 else "later"
    years = abs(parameters.lag_years)
    return f", taken {years} year{'s' if years > 1 else ''} {when}"


def _met(parameters: SampleParameters) -> str:
    if parameters.alignment == "same label":
        return "the two are merged on the year's label"
    return "each outcome meets the newest figure that was counted no later than the outcome"


def question(parameters: SampleParameters) -> Front:
    """Ask the question of a pair in words."""
    exposure, outcome = indicator(parameters.exposure), indicator(parameters.outcome)
    return Front(
        title=f"{exposure.label} and {lower_first(outcome.label)}",
        question=f"Where and when **{lower_first(exposure.label)}** was higher, was **{lower_first(outcome.label)}** "
        f"higher or lower?",
    )


def definitions(parameters: SampleParameters) -> Prose:
    """Define exposure, outcome and controls, each with its unit and which way is better for children."""
    names = (parameters.exposure, parameters.outcome, *parameters.controls)
    entries = [indicator(name) for name in names]
    lines = [
        f"- *{entry.label}* ({entry.unit_label}): {entry.definition}. {_polarity(entry)}" for entry in entries
    ]
    return Prose("\n".join(lines))


def _polarity(entry: Indicator) -> str:
    words = {
        "low": "Lower is better.",
        "high": "Higher is better.",
        "none": "Neither direction is better.",
    }
    return words[entry.polarity]


def sample_described(parameters: SampleParameters, rows: pd.DataFrame) -> Prose:
    """Describe the rows that a model is given: years, authorities, how years meet, what is left out."""
    exposure, outcome = indicator(parameters.exposure), indicator(parameters.outcome)
    both = rows.dropna(subset=[parameters.outcome, parameters.exposure])
    left_out = "Isles of Scilly and City of London are left out, where every rate is a few people. "
    parts = [
        f"{both['authority_code'].nunique()} authorities and {both['year'].nunique()} years ({both['year'].min()} to "
        f"{both['year'].max()}), {len(both):,} authority-years with both figures, of {len(rows):,}. ",
        f"The outcome is of the {outcome.reference_label}, the exposure of {exposure.reference_label}"
        f"{_lag(parameters)}; {_met(parameters)}. ",
        "" if parameters.include_very_small else left_out,
        _earlier_definitions(exposure, parameters),
        _controls(parameters.controls),
    ]
    return Prose("".join(parts).strip())


def _earlier_definitions(exposure: Indicator, parameters: SampleParameters) -> str:
    if exposure.comparable_from is None:
        return ""
    kept = "are kept, as asked" if parameters.include_earlier_definitions else "stay out"
    return f"Figures before {exposure.comparable_from} have another definition and {kept}. "


def _controls(controls: Sequence[str]) -> str:
    if not controls:
        return "Nothing else is held constant but what the estimator takes out."
    return f"Held constant: {listed([lower_first(indicator(name).label) for name in controls])}."


def natural_estimate(estimate: Estimate) -> tuple[float, float, float]:
    """Return estimate and interval in units of the outcome per unit of the exposure."""
    scale = estimate.outcome_sd / estimate.exposure_sd if estimate.specification.standardised else 1.0
    return tuple(scale * value for value in (estimate.estimate, estimate.conf_low, estimate.conf_high))


def standardised_estimate(estimate: Estimate) -> tuple[float, float, float]:
    """Return estimate and interval in standard deviations of the outcome per standard deviation of the exposure."""
    scale = 1.0 if estimate.specification.standardised else estimate.exposure_sd / estimate.outcome_sd
    return tuple(scale * value for value in (estimate.estimate, estimate.conf_low, estimate.conf_high))


def _direction(estimate: Estimate, outcome: Indicator) -> str:
    if estimate.conf_low <= 0 <= estimate.conf_high:
        return "no clear association: the interval holds zero"
    way = "higher" if estimate.estimate > 0 else "lower"
    good = {
        ("low", "higher"): "worse",
        ("low", "lower"): "better",
        ("high", "higher"): "better",
        ("high", "lower"): "worse",
    }
    verdict = good.get((outcome.polarity, way))
    return f"an association: more of the exposure goes with {way} values" + (
        f", which is {verdict}" if verdict else ""
    )


def relationship_result(result: Relationship) -> Prose:
    """Say what the estimate asked for shows, in natural and in standard units, with interval and counts."""
    found = result.main.estimate
    exposure, outcome = (indicator(getattr(found.specification, name)) for name in ("exposure", "outcome"))
    step = found.exposure_sd
    natural = [value * step for value in natural_estimate(found)]
    standard = standardised_estimate(found)
    places = decimals_for(abs(natural[2] - natural[1]) / 4)
    return Prose(
        f"The estimate shows **{_direction(found, outcome)}**. "
        f"{exposure.label} higher by one standard deviation ({number(step, decimals_for(step))} "
        f"{exposure.difference_label}) goes with "
        f"{lower_first(outcome.label)} different by **{number(natural[0], places)}** {outcome.difference_label} "
        f"(95% interval {interval(natural[1], natural[2], places)}), where authorities' mean is "
        f"{number(found.outcome_mean, 1)}. In standard deviations of the outcome that is {number(standard[0])} "
        f"({interval(standard[1], standard[2])}), {probability('p', found.p_value)}, from {found.n_observations:,} "
        f"authority-years, {found.n_entities} authorities and {found.n_clusters} clusters.\n\n"
        f"{_agreement(result)}"
    )


def _agreement(result: Relationship) -> str:
    estimates = result.estimates
    sign = result.main.estimate.estimate > 0
    same = sum((entry.estimate > 0) == sign for entry in estimates)
    clear = sum(not entry.conf_low <= 0 <= entry.conf_high for entry in estimates)
    failed = [f"{variant.label}: {variant.failure}." for variant in result.variants if variant.failure]
    text = f"Of {len(estimates)} ways to ask, {same} give an estimate of the same sign and {clear} an interval without zero."
    return " ".join([text, *failed])


def relationship_limits(result: Relationship) -> Prose:
    """Say what the estimate can't show: cause, children, and what was too imprecise to be seen."""
    found = result.main.estimate
    reach = max(abs(value) for value in standardised_estimate(found)[1:])
    return Prose(
        f"- An association across authorities and years is not an effect: what changes an authority's workforce may "
        f"change its outcomes too, and a year of bad outcomes may drive staff away.\n"
        f"- An authority is not a child: nothing here says that a child whose social worker left fared otherwise.\n"
        f"- Rates of small authorities are noisy, which draws estimates towards zero.\n"
        f"- The interval still allows an association as strong as {number(reach)} standard deviations.\n"
        f"- Errors are clustered by authority; the rule is: {found.small_sample_rule}.\n"
        f"- {found.n_dropped_incomplete:,} rows were left out because a figure was missing or withheld, and "
        f"{found.n_dropped_singletons} because an authority had one row alone."
    )


def family_described(results: Sequence[Mapping[str, object]], family: pd.DataFrame) -> Prose:
    """Say how many pairs there are, over which exposures and outcomes, and how many rows stand behind them."""
    exposures = listed([lower_first(indicator(name).label) for name in dict.fromkeys(family["exposure"])])
    outcomes = family["outcome"].nunique()
    n = family["n_observations"]
    return Prose(
        f"{len(results)} pairs: {exposures}, each with {outcomes} outcomes for children. An estimate rests on "
        f"{n.min():,} to {n.max():,} authority-years of {family['n_entities'].min()} to {family['n_entities'].max()} "
        "authorities."
    )


def family_result(family: pd.DataFrame, discovery_rate: float = 0.05) -> Prose:
    """Say what a family of estimates shows: how many there are, how many stand after the correction, and which."""
    found = family[family["q_value"] < discovery_rate].sort_values("q_value")
    by_chance = (family["p_value"] < 0.05).sum()
    lines = [_family_line(row) for row in found.to_dict("records")]
    head = (
        f"{len(family)} pairs of exposure and outcome were asked about. {by_chance} have p < 0.05 taken alone, where "
        f"chance would give about {len(family) * 0.05:.0f}; {len(found)} stand at a false discovery rate of "
        f"{discovery_rate:.0%} (q < {discovery_rate:g}).\n\n"
    )
    return Prose(head + ("\n".join(lines) if lines else "No pair stands."))


def _family_line(row: Mapping[str, object]) -> str:
    exposure, outcome = indicator(str(row["exposure"])), indicator(str(row["outcome"]))
    way = "higher" if row["estimate"] > 0 else "lower"
    return (
        f"- {exposure.label} and {lower_first(outcome.label)}: more of the one goes with {way} values of the other, "
        f"{number(row['estimate'])} standard deviations ({interval(row['conf_low'], row['conf_high'])}), "
        f"{probability('q', row['q_value'])}."
    )
