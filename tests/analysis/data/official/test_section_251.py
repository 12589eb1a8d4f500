"""Spend of every year from 2008-09: no hole, totals that aren't counted with their parts, and what another source says."""

import numpy as np
import pandas as pd
import pytest

from tests.making import REPOSITORY

SECTION_251 = REPOSITORY / "data" / "raw" / "section_251.csv"


@pytest.fixture(scope="module")
def spend():
    return pd.read_csv(SECTION_251, dtype={"marker": "str"})


def test_every_year_has_spend_for_nearly_every_authority(spend):
    total = spend[spend["indicator"] == "children_services_gbp"].dropna(subset=["value"])
    by_year = total.groupby("year")["authority_code"].nunique()
    assert by_year.index.tolist() == list(range(2009, 2026))
    assert by_year.min() >= 149


def test_england_as_a_whole_spent_what_its_own_total_says_in_the_two_years_that_were_missing(spend):
    # The sums of line 33 (children's and young people's services less capital) over the releases' 152 authorities.
    total = spend[spend["indicator"] == "children_services_gbp"].groupby("year")["value"].sum() / 1e6
    assert total[2015] == pytest.approx(8933.0, abs=0.1)
    assert total[2016] == pytest.approx(9012.3, abs=0.1)


def test_lines_sum_to_less_than_the_total(spend):
    wide = spend.pivot_table(index=["authority_code", "year"], columns="indicator", values="value")
    parts = wide.drop(columns="children_services_gbp").loc[pd.IndexSlice[:, 2015:2016], :].sum(axis=1)
    whole = wide["children_services_gbp"].loc[pd.IndexSlice[:, 2015:2016]]
    other = whole - parts  # other children's and families' services, line 17
    assert (other > -10).all() and other.sum() / whole.sum() < 0.02


@pytest.mark.shared
def test_safeguarding_of_2015_16_is_what_the_interactive_tool_said_to_the_pound(spend, shared_data):
    tool = pd.read_parquet(shared_data / "vintages" / "lait_bds_long_0_2024-11-19.parquet")
    asked = (tool["Short Desc"] == "SafeguardingFinance") & (tool["Years"] == "2015-16 (OT)")
    published = pd.to_numeric(tool[asked]["Values"], errors="coerce").dropna()
    ours = spend.query("indicator == 'safeguarding_gbp' and year == 2016")["value"]
    assert len(ours) == 152
    # By value: the tool names authorities by number, and areas among them.
    nearest = np.abs(ours.to_numpy()[:, None] - published.to_numpy()[None, :]).min(axis=1)
    assert nearest.max() <= 1
