"""Estimators for authority × year panels: a frame and a frozen specification in, a frozen result out."""

from .estimators import Estimate, estimate
from .family import benjamini_hochberg, family_frame
from .lags import lag_lead
from .specification import ESTIMATORS, Specification

__all__ = [
    "ESTIMATORS",
    "Estimate",
    "Specification",
    "benjamini_hochberg",
    "estimate",
    "family_frame",
    "lag_lead",
]
