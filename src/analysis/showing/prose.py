"""Sentences that several reports share: the question asked of a pair, and the definitions of its measures.

Words follow one rule, written here before any result: an association is named where its interval leaves out zero; where it
doesn't, the sentence says how large an association either way the interval still allows. Nothing is called an effect.
"""

from analysis.data.cleaning.panel_rows import SampleParameters
from analysis.data.definitions.indicators import Indicator, indicator, lower_first
from publishing.display import Front, Prose

from .words import words_of


def question(parameters: SampleParameters) -> Front:
    """Ask the question of a pair in words."""
    words = words_of(__package__)
    exposure, outcome = indicator(parameters.exposure), indicator(parameters.outcome)
    return Front(
        title=words.say("question.title", exposure=exposure.label, outcome=lower_first(outcome.label)),
        question=words.say("question", exposure=exposure.phrase, outcome=outcome.phrase),
    )


def definitions(parameters: SampleParameters) -> Prose:
    """Define exposure, outcome and controls, each with its unit and which way is better for children."""
    names = (parameters.exposure, parameters.outcome, *parameters.controls)
    return Prose("\n".join(_definition(indicator(name)) for name in names))


def _definition(entry: Indicator) -> str:
    words = words_of(__package__)
    better = words.say(f"definition.{entry.polarity}")
    about = {"label": entry.label, "unit": entry.unit_label, "definition": entry.definition}
    return words.say("definition", better=better, **about)
