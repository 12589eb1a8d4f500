"""Measure the specification curve against the same specifications one by one in statsmodels and pyfixest.

    python benchmarks/bench_curve.py [SPECIFICATIONS]

The other libraries get frames that are ready and fit a sample of the
specifications, once each and without a bootstrap; our time is of everything, from the panel on. Ratios are of processor
time, which other work on the machine moves less; ours is the sum of two threads.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import resource
import sys
import time
import warnings

import numpy as np
import pandas as pd

from analysis.models import estimate
from analysis.models.curve import fit_curve
from analysis.models.curve_axes import Axes, SampleChoice, expand, frame_of
from analysis.models.sample import estimation_sample
from analysis.store import load_panel

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


def by_dummies(rows: pd.DataFrame, asked) -> float:
    import statsmodels.api as sm

    keys = ["entity", "time"] if asked.estimator == "two-way" else ["time"]
    design = pd.get_dummies(rows[keys].astype("category"), drop_first=True, dtype=float)
    names = ["exposure", *(f"control_{i}" for i in range(len(asked.controls)))]
    design = sm.add_constant(pd.concat([rows[names], design], axis=1))
    groups = pd.factorize(rows["cluster"])[0]
    model = sm.WLS(rows["outcome"], design, weights=rows["weight"])
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}).params["exposure"]


def by_pyfixest(rows: pd.DataFrame, asked) -> float:
    import pyfixest

    names = ["exposure", *(f"control_{i}" for i in range(len(asked.controls)))]
    effects = "entity + time" if asked.estimator == "two-way" else "time"
    formula = f"outcome ~ {' + '.join(names)} | {effects}"
    fitted = pyfixest.feols(
        formula, rows, vcov={"CRV1": "cluster"}, weights="weight", copy_data=False, store_data=False
    )
    return fitted.coef()["exposure"]


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    warnings.simplefilter("ignore")
    panel = load_panel().authorities
    specifications = expand(AXES)
    chosen = np.random.default_rng(0).permutation(len(specifications))[:wanted]
    specifications = [specifications[place] for place in sorted(chosen)]
    whole, whole_cpu, curve = timed(lambda: fit_curve(panel, specifications, 999))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    plain, plain_cpu, _ = timed(lambda: fit_curve(panel, specifications, 1))
    few = specifications[:: len(specifications) // 40]
    samples = [estimation_sample(frame_of(panel, asked), asked.specification).rows for asked in few]
    frames = [frame_of(panel, asked) for asked in few]
    by_dummies(samples[0], few[0]), by_pyfixest(samples[0], few[0])
    scale = len(specifications) / len(few)
    others = {
        "statsmodels with dummies": timed(
            lambda: [by_dummies(*pair) for pair in zip(samples, few, strict=True)]
        )[0],
        "pyfixest": timed(lambda: [by_pyfixest(*pair) for pair in zip(samples, few, strict=True)])[1],
        "estimate(), frames ready": timed(
            lambda: [estimate(frame, asked.specification) for frame, asked in zip(frames, few, strict=True)]
        )[1],
    }
    print(
        f"{len(specifications):,} specifications, {len(curve.failures)} failed; peak memory {memory:.2f} GB"
    )
    print(
        f"{'curve with 999 draws and joint tests':40} {whole:8.1f} s wall, {whole_cpu:.1f} s processor; under 15 s promised"
    )
    print(f"{'curve with 1 draw':40} {plain:8.1f} s wall, {plain_cpu:.1f} s processor")
    for name, seconds in others.items():
        total = seconds * scale
        print(f"{name + ', no draws':40} {total:8.1f} s processor, {total / plain_cpu:6.1f} × ours with 1 draw, "
              f"{total / whole_cpu:5.1f} × ours with 999")  # fmt: skip


if __name__ == "__main__":
    main()
