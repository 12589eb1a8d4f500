"""Estimators for authority × year panels: a frame and a frozen specification in, a frozen result out."""

from analysis.estimators.regression.estimate import Estimate, estimate
from analysis.estimators.regression.specification import ESTIMATORS, Specification
from analysis.estimators.resampling.family import benjamini_hochberg

__all__ = [
    "ESTIMATORS",
    "Estimate",
    "Specification",
    "benjamini_hochberg",
    "estimate",
]
