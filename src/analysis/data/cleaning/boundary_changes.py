"""Authorities through boundary changes and joint returns, by the tables beside this module."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis.data.definitions.indicators import dictionary

JOINT_MARKER = "joint"
"""Marker of a count that was returned for several authorities together and can't be divided."""


def _expanded(rows: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    expanded = rows.assign(authority_code=members.str.split("+")).explode("authority_code", ignore_index=True)
    shared = {name for name, entry in dictionary().items() if entry.joint}
    is_count = ~expanded["indicator"].isin(shared)
    expanded.loc[is_count, "marker"] = JOINT_MARKER
    expanded.loc[is_count, "value"] = np.nan
    return expanded


def expand_joint_returns(figures: pd.DataFrame, joint_returns: pd.DataFrame) -> pd.DataFrame:
    """Return ``figures`` with each joint return given to every authority that it stands for.

    A rate of a joint return holds for each member (indicators with ``joint: true``); a count doesn't, and becomes
    missing with the marker ``joint``. A member's own row, withheld because of the joint return, gives way.
    """
    parts = []
    for row in joint_returns.itertuples(index=False):
        is_joint = (
            (figures["source"] == row.source)
            & (figures["authority_code"] == row.published_code)
            & figures["year"].between(row.first_year, row.last_year)
        )
        if is_joint.any():
            parts.append(
                _expanded(figures[is_joint], pd.Series(row.member_codes, index=figures.index[is_joint]))
            )
            figures = figures[~is_joint]
    if not parts:
        return figures
    key = ["authority_code", "year", "indicator"]
    joint = pd.concat(parts, ignore_index=True).astype({"authority_code": "str"})
    own = figures.merge(joint[key], on=key, how="left", indicator=True)
    kept = figures[(own["_merge"] == "left_only").to_numpy()]
    return pd.concat([kept, joint], ignore_index=True)


def newest_code(changes: pd.DataFrame) -> dict[str, str]:
    """Return the newest code of every authority that only changed its code: one predecessor, the whole of it."""
    predecessors_of = changes.groupby("successor_code")["predecessor_code"].nunique()
    successors_of = changes.groupby("predecessor_code")["successor_code"].nunique()
    recoded = changes[
        (changes["share"] == "whole")
        & changes["successor_code"].map(predecessors_of).eq(1)
        & changes["predecessor_code"].map(successors_of).eq(1)
    ]
    newest = dict(zip(recoded["predecessor_code"], recoded["successor_code"], strict=True))
    for old in newest:
        while newest[old] in newest:
            newest[old] = newest[newest[old]]
    return newest


def use_newest_codes(figures: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return ``figures`` with each recoded authority under its newest code in every year."""
    return figures.assign(authority_code=figures["authority_code"].replace(newest_code(changes)))


def add_mergers(figures: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return ``figures`` with the earlier counts of authorities that were formed from several whole ones.

    A successor's count is the sum of its predecessors' where each was published in that year and all of each went
    over; where a predecessor went over in part, or one count is missing, nothing is added. Rates are never summed.
    """
    whole = changes.groupby("successor_code").filter(
        lambda group: (group["share"] == "whole").all() and len(group) > 1
    )
    members = whole[["predecessor_code", "successor_code"]]
    counts = figures[figures["indicator"].isin(count_indicators())]
    summed = sum_members(counts, members.set_axis(["authority_code", "area_code"], axis=1))
    key = ["authority_code", "year", "indicator"]
    known = pd.MultiIndex.from_frame(figures.loc[figures["value"].notna(), key])
    new = summed[~pd.MultiIndex.from_frame(summed[key]).isin(known)]
    if new.empty:
        return figures
    replaced = pd.MultiIndex.from_frame(figures[key]).isin(pd.MultiIndex.from_frame(new[key]))
    return pd.concat([figures[~replaced], new], ignore_index=True)


def sum_members(figures: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Sum counts over the members of areas (columns authority_code, area_code) where every member has one."""
    n_members = members.groupby("area_code")["authority_code"].nunique()
    joined = figures.merge(members, on="authority_code")
    key = ["source", "area_code", "year", "indicator"]
    summed = joined.groupby(key, as_index=False).agg(value=("value", "sum"), n=("value", "count"))
    complete = summed[summed["n"] == summed["area_code"].map(n_members)]
    return complete.drop(columns="n").rename(columns={"area_code": "authority_code"}).assign(marker="")


def count_indicators() -> frozenset[str]:
    """Return the indicators that are counts or sums of money, which add up over areas."""
    additive = {
        "fte", "headcount", "children", "episodes", "cases", "referrals", "plans", "assessments", "enquiries", "conferences",
        "days", "gbp",
    }  # fmt: skip
    return frozenset(
        name for name, entry in dictionary().items() if entry.unit in additive and not entry.is_derived
    )


def clusters(codes: pd.Series, changes: pd.DataFrame, joint_returns: pd.DataFrame) -> pd.Series:
    """Return for each code the cluster of its errors: authorities tied by a joint return or a boundary change.

    A joint return gives two authorities one figure, and a successor goes on with its predecessor's staff: neither is
    independent of the other. A cluster is named by the smallest of its codes.
    """
    returns = [code.split("+") for code in joint_returns["member_codes"]]
    pairs = [(first, other) for first, *others in returns for other in others]
    pairs += list(zip(changes["predecessor_code"], changes["successor_code"], strict=True))
    names = sorted({*codes, *(code for pair in pairs for code in pair)})
    position = {name: index for index, name in enumerate(names)}
    rows, columns = ([position[pair[side]] for pair in pairs] for side in (0, 1))
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(len(names), len(names)))
    labels = connected_components(graph, directed=False)[1]
    # `names` is sorted, so the first name with a label is the smallest of its cluster.
    first = pd.Series(names).groupby(labels).first()
    return codes.map(dict(zip(names, first.loc[labels], strict=True)))
