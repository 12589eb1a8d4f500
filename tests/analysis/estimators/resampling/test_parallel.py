"""Profiles: the same results to the bit wherever work is done, and one line where a profile can't be had."""

import json

import numpy as np
import pytest

from analysis.cli.main import main
from analysis.data.panel.store import load_panel
from analysis.errors import RequestError
from analysis.estimators.curve.axes import Axes, expand
from analysis.estimators.curve.curve import fit_curve
from analysis.estimators.resampling.parallel import mapped, using
from analysis.estimators.resampling.profiles import (
    PROFILE_VARIABLE,
    SCHEDULER_VARIABLE,
    profile,
    profile_names,
)

AXES = Axes(
    ("turnover_percent",), ("assessments_in_45_days_percent",), lag_years=(0, 1),
    controls=((), ("referrals_per_10k",), ("agency_percent",)),
    estimators=("two-way", "first-differences", "pooled"),
    effects=("entity and time", "entity and region by time"), weights=("none", "child_population_children"),
)  # fmt: skip


def _answer() -> str:
    curve = fit_curve(load_panel().authorities, expand(AXES), 49)
    numbers = [
        getattr(curve, name).tobytes().hex() for name in ("estimates", "standard_errors", "wild_p_values")
    ]
    return json.dumps([curve.as_dict(), numbers])


def test_a_cluster_and_processes_give_the_local_results_to_the_bit(monkeypatch):
    distributed = pytest.importorskip("distributed")
    expected = _answer()
    options = dict(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, host="127.0.0.1"
    )
    with distributed.LocalCluster(**options, protocol="tcp://") as cluster:
        monkeypatch.setenv(SCHEDULER_VARIABLE, cluster.scheduler_address)
        with using("dask"):
            assert _answer() == expected
    with using("processes"):
        assert _answer() == expected


def test_items_keep_their_order_however_they_are_cut():
    with using("processes"):
        assert mapped(np.negative, list(range(11))) == [-number for number in range(11)]
    assert mapped(np.negative, [1]) == [-1]
    assert mapped(np.negative, []) == []


def test_a_profile_comes_from_the_block_then_the_environment_then_the_table(monkeypatch):
    assert profile().name == profile_names()[0] == "local"
    monkeypatch.setenv(PROFILE_VARIABLE, "processes")
    assert profile().name == "processes"
    with using("local") as chosen:
        assert chosen.backend == "sequential"


def test_a_profile_that_cannot_be_had_is_refused_in_one_line(monkeypatch):
    with pytest.raises(RequestError, match="unknown profile 'proceses'; did you mean 'processes'"):
        profile("proceses")
    with pytest.raises(RequestError, match=f"profile 'dask': set {SCHEDULER_VARIABLE}"):
        profile("dask")
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://127.0.0.1:9")
    monkeypatch.setattr("analysis.estimators.resampling.parallel._SECONDS_TO_CONNECT", 0.3)
    with using("dask"), pytest.raises(RequestError, match=r"no scheduler at tcp://127.0.0.1:9"):
        mapped(np.negative, [1, 2])
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with using("dask"), pytest.raises(RequestError, match="install it with the extra 'cluster'"):
        mapped(np.negative, [1, 2])


def test_the_command_refuses_an_unknown_profile(capsys, monkeypatch):
    monkeypatch.delenv(PROFILE_VARIABLE, raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["run", "data", "--profile", "dsk"])
    assert ended.value.code == RequestError.exit_status
    assert "unknown profile 'dsk'; did you mean 'dask'" in capsys.readouterr().err
