"""A family of recorded relationships: one frame with q values, and how each estimate fares when asked otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.data.definitions.indicators import dictionary, indicator, share_a_count
from analysis.errors import RequestError
from analysis.estimators.diagnostics.power import detectable_effect
from analysis.estimators.pairs.relationship import SMALLEST_OF_INTEREST
from analysis.estimators.resampling.family import FAMILY_COLUMNS, benjamini_hochberg


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    estimate = values["main"]["estimate"]
    specification = estimate["specification"]
    row = {name: specification.get(name, estimate.get(name)) for name in FAMILY_COLUMNS}
    # What a step of the exposure goes with, in the outcome's own units.
    unit = estimate["outcome_sd"] if specification["standardised"] else estimate["exposure_sd"]
    steps = unit * indicator(specification["exposure"]).step / estimate["exposure_sd"]
    natural = {f"natural_{name}": steps * estimate[name] for name in ("estimate", "conf_low", "conf_high")}
    standard = unit / estimate["outcome_sd"]
    return {
        **row,
        **natural,
        "strength_sd": standard * abs(estimate["estimate"]),
        "reach_sd": standard * max(abs(estimate["conf_low"]), abs(estimate["conf_high"])),
        "detectable": steps * detectable_effect(estimate["standard_error"], estimate["n_clusters"] - 1),
        "step": indicator(specification["exposure"]).step,
        "smallest": SMALLEST_OF_INTEREST * estimate["outcome_sd"] * steps / unit,
        "outcome_mean": estimate["outcome_mean"],
    }


def _place(row: Mapping[str, Any]) -> tuple[int, int]:
    order = list(dictionary())
    return order.index(row["exposure"]), order.index(row["outcome"])


def family_of(results: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row a recorded relationship with the columns of FAMILY_COLUMNS; q values are over all of them.

    Beside them stand ``step``, what so much more of the exposure goes with in the outcome's units (``natural_estimate`` and
    its limits), the ``smallest`` of it that matters and the smallest that would be found four times in five
    (``detectable``); the size of the association and the strongest that its interval allows in standard deviations of both
    (``strength_sd``, ``reach_sd``), and ``outcome_mean``. Rows stand in the order of the dictionary, by exposure and then
    by outcome. ``results`` are what ``read_results`` returns for notebooks that recorded a Relationship; raises
    RequestError, by run, for one that recorded
    anything else.
    """
    for result in results:
        main = result["values"].get("main")
        if not isinstance(main, Mapping) or not isinstance(main.get("estimate"), Mapping):
            raise RequestError(
                f"{result['name']}: recorded no relationship to gather; name a notebook that does (relationship)"
            )
    rows = sorted((_row(result["values"]) for result in results), key=_place)
    frame = pd.DataFrame(rows)
    return frame.assign(q_value=benjamini_hochberg(frame["p_value"].astype("float64")))


def _placebo(variant: Mapping[str, Any], main: Mapping[str, Any]) -> bool:
    return bool(variant["lag_years"] < main["lag_years"])


def _clear(estimate: Mapping[str, Any]) -> bool:
    return not estimate["conf_low"] <= 0 <= estimate["conf_high"]


def _stability(values: Mapping[str, Any]) -> dict[str, Any]:
    main = values["main"]
    others = [variant for variant in values["variants"][1:] if variant["estimate"]]
    sign = main["estimate"]["estimate"] > 0
    asked = [variant["estimate"] for variant in others if not _placebo(variant, main)]
    placebos = [variant["estimate"] for variant in others if _placebo(variant, main)]
    specification = main["estimate"]["specification"]
    return {
        "outcome": specification["outcome"],
        "exposure": specification["exposure"],
        "n_variants": len(asked),
        "n_same_sign": sum((entry["estimate"] > 0) == sign for entry in asked),
        "n_clear_same_sign": sum((entry["estimate"] > 0) == sign and _clear(entry) for entry in asked),
        "placebo_clear": any(_clear(entry) for entry in placebos),
    }


def stability_of(results: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return for each recorded relationship how the other ways of asking compare with the one asked for.

    Columns outcome, exposure, n_variants (the placebo left out), n_same_sign, n_clear_same_sign (same sign and an
    interval without zero), placebo_clear (the exposure counted after the outcome shows an interval without zero).
    """
    return pd.DataFrame([_stability(result["values"]) for result in results])


def with_doubts(family: pd.DataFrame, stability: pd.DataFrame | None) -> pd.DataFrame:
    """Return ``family`` with what speaks against a pair that survives, in three columns of true and false.

    ``order_open``: its outcome is also associated with the measure a year later; ``is_arithmetic``: both count the same
    stock; ``is_doubtful``: either. Without ``stability`` no order is known to be open.
    """
    pairs = list(zip(family["exposure"], family["outcome"], strict=True))
    open_ = set()
    if stability is not None:
        clear = stability[stability["placebo_clear"]]
        open_ = set(zip(clear["exposure"], clear["outcome"], strict=True))
    marked = family.assign(
        order_open=[pair in open_ for pair in pairs], is_arithmetic=[share_a_count(*pair) for pair in pairs]
    )
    return marked.assign(is_doubtful=marked["order_open"] | marked["is_arithmetic"])


def ruled_out_and_open(family: pd.DataFrame, discovery_rate: float) -> tuple[int, int]:
    """Return of how many pairs that don't survive one that matters is ruled out, and of how many figures can't tell."""
    others = family[~(family["q_value"] < discovery_rate)]
    n_ruled_out = int((others["reach_sd"] < SMALLEST_OF_INTEREST).sum())
    return n_ruled_out, len(others) - n_ruled_out


def summary_facts(family: pd.DataFrame, discovery_rate: float) -> dict[str, Any]:
    """Return the family as JSON values with how many pairs stand at ``discovery_rate``."""
    return {
        "n_pairs": len(family),
        "n_p_below_0_05": int((family["p_value"] < 0.05).sum()),
        "n_q_below_rate": int((family["q_value"] < discovery_rate).sum()),
        "discovery_rate": discovery_rate,
        "pairs": family.astype("object").where(family.notna(), None).to_dict("records"),
    }
