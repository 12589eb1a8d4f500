"""Estimates as findings: the shape in which a notebook records what claims may rest on."""

from dataclasses import replace

from analysis.data.definitions.indicators import dictionary, lower_first
from analysis.estimators.curve.curve import Curve
from analysis.estimators.regression.inference import Effect
from analysis.findings.finding import Finding


def _label(column: str) -> str:
    entry = dictionary().get(column)
    return entry.label if entry else column


def finding_of(estimate: Effect, name: str, caution: str = "") -> Finding:
    """Return an estimate as a finding called ``name``, labelled by exposure and outcome."""
    asked = estimate.specification
    return Finding.of(
        estimate,
        name=name,
        label=f"{_label(asked.outcome)}, on {lower_first(_label(asked.exposure))}",
        scale="standard deviations" if asked.standardised else "outcome units",
        n_observations=estimate.n_observations,
        n_clusters=estimate.n_clusters,
        caution=caution,
        indicators=(asked.outcome, *asked.regressors),
    )


def with_curve(finding: Finding, curve: Curve) -> Finding:
    """Add to a finding how many specifications its curve fitted, and the share of them that agree with its sign."""
    agree = float(((curve.estimates > 0) == (finding.estimate > finding.null)).mean())
    return replace(finding, n_specifications=len(curve.specifications), share_same_sign=agree)
