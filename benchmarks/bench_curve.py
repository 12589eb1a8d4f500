"""Measure the specification curve against the same specifications one by one in statsmodels and pyfixest.

    python benchmarks/bench_curve.py [SPECIFICATIONS]

The other libraries get frames that are ready and fit forty of the specifications, once and without a
bootstrap, and their time is scaled up; ours is of everything, from the panel on. Ratios are of processor time of one core,
which other work on the machine moves less; the three are measured in turn, again and again, and medians compared.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import statistics
import sys
import time
import warnings

import numpy as np
import pandas as pd

from analysis.data.panel.store import load_panel
from analysis.estimators import estimate
from analysis.estimators.curve.axes import Axes, CurveSpecification, SampleChoice, expand, frame_of
from analysis.estimators.curve.curve import fit_curve
from analysis.estimators.regression.sample import estimation_sample
from analysis.estimators.resampling.parallel import using
from analysis.estimators.resampling.profiles import Profile

AXES = Axes(
    exposures=("turnover_percent", "turnover_headcount_percent", "churn_percent"),
    outcomes=("assessments_in_45_days_percent",),
    alignments=("preceding", "same label"),
    lag_years=(0, 1),
    controls=(
        (),
        ("referrals_per_10k",),
        ("children_services_real_gbp_per_child",),
        ("referrals_per_10k", "children_services_real_gbp_per_child"),
        ("agency_percent",),
        ("vacancy_percent", "absence_percent"),
    ),
    estimators=("two-way", "first-differences"),
    weights=("none", "child_population_children", "social_workers_fte"),
    samples=(
        SampleChoice(),
        SampleChoice("without 2020 and 2021", without_years=(2020, 2021)),
        SampleChoice("without London", without_regions=("Inner London", "Outer London")),
        SampleChoice("since 2018", (2018, 2025)),
    ),
    transformations=("none", "log exposure", "ranks", "winsorised"),
)


def timed(function) -> tuple[float, float, object]:
    """Return wall seconds, processor seconds (of all threads) and the result."""
    wall, processor = time.perf_counter(), time.process_time()
    result = function()
    return time.perf_counter() - wall, time.process_time() - processor, result


def by_dummies(rows: pd.DataFrame, asked: CurveSpecification) -> float:
    """Return the slope as a loop over statsmodels has it: a dummy for each effect, errors clustered."""
    import statsmodels.api as sm

    keys = ["entity", "time"] if asked.estimator == "two-way" else ["time"]
    design = pd.get_dummies(rows[keys].astype("category"), drop_first=True, dtype=float)
    names = ["exposure", *(f"control_{i}" for i in range(len(asked.controls)))]
    design = sm.add_constant(pd.concat([rows[names], design], axis=1))
    groups = pd.factorize(rows["cluster"])[0]
    model = sm.WLS(rows["outcome"], design, weights=rows["weight"])
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}).params["exposure"]


def by_pyfixest(rows: pd.DataFrame, asked: CurveSpecification) -> float:
    """Return the slope as a loop over pyfixest has it: effects absorbed, errors clustered."""
    import pyfixest

    names = ["exposure", *(f"control_{i}" for i in range(len(asked.controls)))]
    effects = "entity + time" if asked.estimator == "two-way" else "time"
    formula = f"outcome ~ {' + '.join(names)} | {effects}"
    fitted = pyfixest.feols(
        formula, rows, vcov={"CRV1": "cluster"}, weights="weight", copy_data=False, store_data=False
    )
    return fitted.coef()["exposure"]


SAMPLED, ROUNDS = 40, 3
CURVE = "curve with 999 draws and joint tests"
THREADS = Profile("threads", "two threads of this process", "threading", 2)


def chosen_specifications(wanted: int) -> list[CurveSpecification]:
    """Return so many of the specifications, picked at random and in their order."""
    specifications = expand(AXES)
    places = np.random.default_rng(0).permutation(len(specifications))[:wanted]
    return [specifications[place] for place in sorted(places)]


def by_profile(panel: pd.DataFrame, specifications: list[CurveSpecification]) -> dict[str, tuple]:
    """Return wall and processor seconds of the whole curve, draws included, under each profile of one machine."""
    seconds = {}
    for kind in ("local", THREADS, "processes"):
        with using(kind) as profile:
            seconds[profile.name] = timed(lambda: fit_curve(panel, specifications, 999))
    return seconds


def against_libraries(panel: pd.DataFrame, specifications: list[CurveSpecification]) -> dict[str, float]:
    """Return the median processor seconds that each takes for all specifications, without draws."""
    few = specifications[:: max(1, len(specifications) // SAMPLED)]
    frames = [frame_of(panel, asked) for asked in few]
    samples = [
        estimation_sample(frame, asked.specification).rows for frame, asked in zip(frames, few, strict=True)
    ]
    scale = len(specifications) / len(few)
    loops = {
        "curve with 1 draw": (1, lambda: fit_curve(panel, specifications, 1)),
        "statsmodels with dummies": (scale, lambda: [*map(by_dummies, samples, few)]),
        "pyfixest": (scale, lambda: [*map(by_pyfixest, samples, few)]),
        "estimate(), frames ready": (
            scale, lambda: [estimate(frame, asked.specification) for frame, asked in zip(frames, few, strict=True)]
        ),
    }  # fmt: skip
    by_dummies(samples[0], few[0]), by_pyfixest(samples[0], few[0])
    rounds = [{name: times * timed(loop)[1] for name, (times, loop) in loops.items()} for _ in range(ROUNDS)]
    return {name: statistics.median(each[name] for each in rounds) for name in loops}


def main() -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    panel = load_panel().authorities
    specifications = chosen_specifications(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
    fit_curve(panel, specifications[:50], 1)
    profiles = by_profile(panel, specifications)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    failed = len(profiles["local"][2].failures)
    print(
        f"{len(specifications):,} specifications, {failed} failed; peak memory {memory:.2f} GB, under 2 GB promised"
    )
    for name, (wall, processor, _) in profiles.items():
        print(
            f"{CURVE + ', ' + name:50} {wall:7.1f} s wall, {processor:6.1f} s of this process; under 15 s promised"
        )
    seconds = against_libraries(panel, specifications)
    ours = seconds.pop("curve with 1 draw")
    print(f"{'curve with 1 draw':50} {ours:7.1f} s processor")
    for name, theirs in seconds.items():
        print(f"{name + ', no draws':50} {theirs:7.1f} s processor, {theirs / ours:6.1f} × ours with 1 draw, "
              f"{theirs / profiles['local'][1]:5.1f} × ours with 999")  # fmt: skip


if __name__ == "__main__":
    main()
