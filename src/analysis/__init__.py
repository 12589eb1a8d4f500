"""Turnover, caseload, money and drift in children's plans, from English official figures."""

__version__ = "0.1.0"
