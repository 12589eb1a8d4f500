"""The four codes of the codebook, and the version of the coder."""

CODER_VERSION = "3.0"
ABSENT, PROBLEM, STRENGTH, MIXED = "0", "-", "+", "~"
CODES = (ABSENT, PROBLEM, STRENGTH, MIXED)
POLARITIES = (PROBLEM, STRENGTH, MIXED)
# The constructs whose problems are frequent enough for F1 of `-` to be held to a target.
PROBLEM_CONSTRUCTS = ("turnover", "caseload", "drift", "oversight", "plans", "visits")
