"""The eight constructs of the codebook, its four codes, and the version of the coder."""

CODER_VERSION = "3.0"
CONSTRUCTS = ("turnover", "leadership", "caseload", "drift", "oversight", "plans", "visits", "resources")
ABSENT, PROBLEM, STRENGTH, MIXED = "0", "-", "+", "~"
CODES = (ABSENT, PROBLEM, STRENGTH, MIXED)
POLARITIES = (PROBLEM, STRENGTH, MIXED)
# The constructs whose problems are frequent enough for F1 of `-` to be held to a target.
PROBLEM_CONSTRUCTS = ("turnover", "caseload", "drift", "oversight", "plans", "visits")

LABELS = {
    "turnover": "Turnover of workers",
    "leadership": "Change of leaders",
    "caseload": "Caseload",
    "drift": "Drift and delay",
    "oversight": "Oversight",
    "plans": "Written plans",
    "visits": "Visits",
    "resources": "Money",
}
"""The constructs as readers see them, in the order of the codebook."""
