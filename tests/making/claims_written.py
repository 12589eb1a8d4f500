"""Registers of claims and recorded results made by hand, for tests of what is drawn from them."""

import yaml

from analysis.claims.register import read_register

LITERATURE = {"smith-2020": {"reference": "Smith (2020)", "design": "panel", "finding": "None."}}
RULE = {
    "clear": 0.975, "beyond": 0.5, "excluded": 0.95, "gate": 0.975, "lead_share": 0.5, "prior_spread": 1.0,
}  # fmt: skip
FIRST = {
    "false_discovery_rate": 0.05,
    "share_agreeing": 0.75,
    "smallest": {"standard deviations": 0.1, "odds ratio": 1.2},
}
OUTCOMES = ("assessments_in_45_days_percent", "reviews_on_time_percent")


def estimand(**changes):
    """Return the entry of an estimand that holds together, with ``changes``; what is None is left out."""
    entry = {
        "design": "within authorities",
        "exposure": "turnover_percent",
        "outcomes": {name: {"expected": "negative"} for name in OUTCOMES},
        "window": [0, 1],
        "window_reason": "A post stays empty for months.",
        "smallest": 0.1,
        "smallest_reason": "A tenth of what figures move by.",
        "standing": "direct",
        "standing_reason": "They are what the claim speaks of.",
        "population": "Authorities",
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not None}


def claim(**changes):
    """Return the entry of a claim that holds together, with ``changes``; what is None is left out."""
    entry = {
        "claim": "More of the one, more of the other.",
        "sources": [{"document": "A report", "place": "page 1"}],
        "hypothesis": {"exposure": "one", "outcome": "other", "expected": "more"},
        "estimand": estimand(),
        "tests": [
            {"finding": "pair/a/main", "expected": "positive"},
            {"finding": "pair/b/main", "expected": "positive"},
            {"finding": "pair/c/main", "expected": "negative"},
        ],
        "would_change": "Better figures.",
    }
    return {key: value for key, value in {**entry, **changes}.items() if value is not None}


def written(folder, rule=RULE, first=FIRST, **claims):
    """Write a register of ``claims`` in ``folder`` and return it as read."""
    (folder / "register").mkdir(exist_ok=True)
    for name, entry in claims.items():
        (folder / "register" / f"{name}.yml").write_text(yaml.safe_dump(entry, sort_keys=False))
    (folder / "rule.yml").write_text(yaml.safe_dump({"rule": rule, "first": first}))
    (folder / "literature.yml").write_text(yaml.safe_dump(LITERATURE))
    return read_register(folder)


def result(run_name, estimate, low, high, p_value, name="main"):
    """Return a run's results with one finding."""
    finding = {
        "name": name, "label": "other, on one", "scale": "standard deviations", "estimate": estimate, "conf_low": low,
        "conf_high": high, "p_value": p_value, "n_observations": 900, "n_clusters": 150, "n_specifications": None,
        "share_same_sign": None, "caution": "", "indicators": [],
    }  # fmt: skip
    return {"name": run_name, "notebook": "pair", "parameters": {}, "values": {"findings": [finding]}}


def view(estimates, error=0.02):
    """Return a recorded view of outcomes whose estimates are independent, all with the same error."""
    size = len(estimates)
    return {
        "estimates": list(estimates),
        "covariance": [[error**2 if row == column else 0.0 for column in range(size)] for row in range(size)],
    }


def evidence(name="X01", main=(0.3, 0.3), error=0.02, gates=(), views=None, **changes):
    """Return the entry that the run synthesis records on a claim: two outcomes, positive on the claimed side."""
    entry = {
        "claim": name, "unit": "standard deviations within authorities", "exposure": "Where turnover was 5 points higher",
        "outcomes": [
            {"name": outcome, "label": f"Label of {outcome}", "natural": 8.0, "natural_unit": "percentage points",
             "n_observations": 900, "first_year": 2018, "last_year": 2025, "at_risk": 500.0, "per": 100.0}
            for outcome in OUTCOMES[: len(main)]
        ],
        "views": {"main": view(main, error), **(views or {})},
        "gates": [
            {"name": gate, "holds": gate not in gates, "says": f"What says so of {gate}."} for gate in ("measure", "overlap")
        ],
        "weaknesses": [], "notes": [], "n_observations": 900, "n_authorities": 150, "n_clusters": 150,
        "first_year": 2018, "last_year": 2025, "lead_words": "With next year's exposure", "trends_words": "Less trends",
        "gate_names": {},
    }  # fmt: skip
    return {**entry, **changes}


def synthesis(*entries):
    """Return the results of the run synthesis with entries of ``evidence``."""
    values = {"claims": {entry["claim"]: entry for entry in entries}, "findings": []}
    return {"name": "synthesis", "notebook": "synthesis", "parameters": {}, "values": values}
