"""Specification curves: every defensible way to ask one question, and inference on all of them at once."""
