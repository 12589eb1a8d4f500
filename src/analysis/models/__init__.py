"""Estimators for authority × year panels: a frame and a frozen specification in, a frozen result out."""

from .estimators import Estimate, estimate
from .family import benjamini_hochberg, family_frame
from .specification import ESTIMATORS, Specification

__all__ = [
    "ESTIMATORS",
    "Estimate",
    "Specification",
    "benjamini_hochberg",
    "estimate",
    "family_frame",
]
