"""Codes for sentences of inspection reports: eight constructs, each absent, problem, strength or mixed.

:func:`code_sentences` codes texts; ``training`` makes the artefact it reads; ``accuracy.json`` says how good it is.
"""

from .coding import code_sentences, main_code
from .constructs import CODER_VERSION, CODES

__all__ = ["CODER_VERSION", "CODES", "code_sentences", "main_code"]
