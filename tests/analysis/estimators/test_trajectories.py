"""Levels and changes of authorities: planted truths, a balanced panel's least squares, and what can't be told."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, RequestError
from analysis.estimators.trajectories import trajectories

YEARS = (2017, 2025)
SEEDS = range(3)


def planted(seed, n=150, level_sd=4.0, change_sd=0.6, noise_sd=2.0):
    rng = np.random.default_rng(seed)
    level, change = level_sd * rng.normal(size=n), change_sd * rng.normal(size=n)
    years = np.arange(YEARS[0], YEARS[1] + 1)
    code = np.repeat([f"E{place:08d}" for place in range(n)], len(years))
    year = np.tile(years, n)
    place = np.repeat(np.arange(n), len(years))
    y = (
        15
        + 0.5 * (year % 3)
        + level[place]
        + change[place] * (year - 2021)
        + noise_sd * rng.normal(size=len(year))
    )
    truth = pd.DataFrame(
        {"level": level - level.mean(), "change": change - change.mean()}, index=code[:: len(years)]
    )
    return pd.DataFrame({"authority_code": code, "year": year, "y": y}), truth


@pytest.fixture(scope="module")
def fitted():
    """Levels and changes of each of the seeds' panels, which take more than a second each."""
    return [trajectories(planted(seed)[0], "y", YEARS) for seed in SEEDS]


def test_planted_spreads_are_found_and_intervals_cover_each_authoritys_truth(fitted):
    by_seed = []
    for seed, own in zip(SEEDS, fitted, strict=True):
        _, truth = planted(seed)
        each = own.authorities
        held = [
            ((each[f"{part}_low"] <= truth[part]) & (truth[part] <= each[f"{part}_high"])).mean()
            for part in ("level", "change")
        ]
        by_seed.append([own.level_sd, own.change_sd, own.noise_sd, *held])
    level_sd, change_sd, noise_sd, *held = np.mean(by_seed, axis=0)
    assert (level_sd, change_sd, noise_sd) == pytest.approx((4.0, 0.6, 2.0), rel=0.1)
    assert held == pytest.approx([0.95, 0.95], abs=0.03)


def test_lines_are_least_squares_drawn_towards_the_others(fitted):
    """With balanced years each level and change is the authority's own line, less, by the same share for all."""
    panel, _ = planted(SEEDS[0])
    own = fitted[0].authorities
    less = panel.assign(y=panel["y"] - panel.groupby("year")["y"].transform("mean"), t=panel["year"] - 2021)
    lines = {code: np.polyfit(rows["t"], rows["y"], 1)[::-1] for code, rows in less.groupby("authority_code")}
    alone = pd.DataFrame.from_dict(lines, orient="index", columns=["level", "change"])
    for part in ("level", "change"):
        share = own[part] / alone[part]
        assert np.corrcoef(own[part], alone[part])[0, 1] > 0.99
        assert 0.5 < share.median() < 1


def test_authorities_are_grouped_by_what_their_intervals_tell(fitted):
    _, truth = planted(SEEDS[1])
    paths = fitted[1]
    groups = paths.groups()
    assert groups.to_numpy().sum() == 150 and groups.shape == (3, 3)
    rising = paths.authorities.query("is_change == 'rising'").index
    assert (truth.loc[rising, "change"] > 0).mean() > 0.95
    assert (paths.authorities["n_years"] == 9).all() and paths.n_observations == 1350


def test_without_change_hardly_anything_moves():
    paths = trajectories(planted(9, change_sd=0.0)[0], "y", YEARS)
    assert paths.groups()[["rising", "falling"]].to_numpy().sum() <= 8


def test_what_cannot_be_told_is_said():
    panel, _ = planted(10, n=25)
    with pytest.raises(DataError, match="0 authorities have 4 years of figures from 2017 to 2019"):
        trajectories(panel, "y", (2017, 2019))
    with pytest.raises(RequestError, match="the first, 2025, is after"):
        trajectories(panel, "y", (2025, 2017))
    with pytest.raises(RequestError, match="unknown column 'x'"):
        trajectories(panel, "x", YEARS)
    with pytest.raises(DataError, match="the same value"):
        trajectories(panel.assign(y=panel["year"].astype(float)), "y", YEARS)
