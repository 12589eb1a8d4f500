"""What the differences between authorities consist of, against moments worked out by hand and truths that were planted."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f as fisher

from analysis.errors import DataError, RequestError
from analysis.estimators.components import chance_variance, components

AUTHORITIES, YEARS, WORKERS = 150, 9, 200


def made(level_sd, change_sd, workers=WORKERS, seed=1):
    """Turnover of authorities whose levels, changes and chance have known sizes, in percentage points."""
    generator = np.random.default_rng(seed)
    level = generator.normal(15, level_sd, (AUTHORITIES, 1))
    year = generator.normal(0, 5, (1, YEARS))
    rate = np.clip(level + year + generator.normal(0, change_sd, (AUTHORITIES, YEARS)), 1, 60)
    leavers = generator.binomial(workers, rate / 100)
    places = pd.MultiIndex.from_product(
        [[f"E{n:08}" for n in range(AUTHORITIES)], range(2017, 2017 + YEARS)],
        names=["authority_code", "year"],
    )
    frame = pd.DataFrame({"leavers_fte": leavers.ravel().astype(float)}, index=places).reset_index()
    return frame.assign(
        social_workers_fte=float(workers), turnover_percent=100 * frame["leavers_fte"] / workers
    )


def test_shares_are_the_moments_and_the_interval_nearly_the_exact_one():
    frame = made(3.0, 3.0)
    parts = components(frame, "turnover_percent", (2017, 2025))
    own = frame["turnover_percent"] - frame.groupby("year")["turnover_percent"].transform("mean")
    by = own.groupby(frame["authority_code"])
    between, within = YEARS * by.mean().var(), by.var().mean()
    lasting = (between - within) / (between + (YEARS - 1) * within)
    assert parts.lasting.estimate == pytest.approx(lasting)
    whole = (between - within) / YEARS + within
    assert parts.total_sd == pytest.approx(np.sqrt(whole))
    share = frame["turnover_percent"] / 100
    chance = (1e4 * share * (1 - share) / (WORKERS - 1)).mean()
    assert parts.chance.estimate == pytest.approx(chance / whole)
    assert parts.lasting.estimate + parts.chance.estimate + parts.changing.estimate == pytest.approx(1.0)
    # The exact limits of a balanced design with normal levels (Searle, Casella and McCulloch 1992).
    ratio, freedom = between / within, (AUTHORITIES - 1, AUTHORITIES * (YEARS - 1))
    exact = [
        (ratio / quantile - 1) / (ratio / quantile - 1 + YEARS)
        for quantile in (fisher.ppf(0.975, *freedom), fisher.ppf(0.025, *freedom))
    ]
    assert (parts.lasting.conf_low, parts.lasting.conf_high) == pytest.approx(exact, abs=0.03)
    assert (parts.n_rows, parts.n_authorities, parts.n_counted) == (1350, 150, 1350)


@pytest.mark.parametrize(
    ("level_sd", "change_sd", "largest"),
    [(6.0, 0.0, "lasting"), (0.0, 0.0, "chance"), (0.0, 6.0, "changing")],
)
def test_the_part_that_was_planted_is_found(level_sd, change_sd, largest):
    parts = components(made(level_sd, change_sd), "turnover_percent", (2017, 2025))
    shares = {name: getattr(parts, name) for name in ("lasting", "chance", "changing")}
    assert max(shares, key=lambda name: shares[name].estimate) == largest
    assert shares[largest].conf_low > 0.7
    assert all(0 <= share.conf_low <= share.conf_high <= 1 for share in shares.values())


def test_rows_without_counts_stay_in_and_chance_is_unknown_without_any():
    frame = made(3.0, 3.0)
    some = frame.assign(leavers_fte=frame["leavers_fte"].where(frame.index % 5 > 0))
    parts = components(some, "turnover_percent", (2017, 2025))
    assert (parts.n_rows, parts.n_counted) == (1350, 1080)
    absence = components(
        frame.assign(absence_percent=frame["turnover_percent"]), "absence_percent", (2017, 2025)
    )
    assert absence.chance is None and absence.changing is None
    assert absence.lasting == parts.lasting


def test_chance_of_a_rate_is_that_of_its_events():
    frame = pd.DataFrame(
        {"authority_code": ["E1", "E2"], "year": 2025, "cases_held_cases": [300.0, 150.0],
         "case_holders_fte": [20.0, 0.0]}
    )  # fmt: skip
    variance = chance_variance(frame, "caseload_cases_per_fte")
    assert variance[0] == pytest.approx(300 / 20**2) and np.isnan(variance[1])


def test_too_little_to_split_is_refused():
    frame = made(3.0, 3.0)
    with pytest.raises(DataError, match="cannot be split"):
        components(frame, "turnover_percent", (2025, 2025))
    with pytest.raises(DataError, match="cannot be split"):
        components(frame[frame["authority_code"] < "E00000010"], "turnover_percent", (2017, 2025))
    with pytest.raises(RequestError, match="turnover"):
        components(frame, "turnover", (2017, 2025))
