"""Areas that keep their boundary: authorities that were divided or merged, taken together in every year."""

import pandas as pd

from analysis.data.definitions.indicators import dictionary

from .boundary_changes import clusters, count_indicators, newest_code

_KEY = ["source", "area_code", "year", "indicator"]


def constant_areas(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the members of every area that kept its boundary while authorities within it changed.

    Columns area_code (the codes of its newest authorities, joined by ``+``), authority_code, is_successor. Authorities
    that only changed their code are none: they keep their boundary as they are.
    """
    changes = changes[~changes["predecessor_code"].isin(newest_code(changes))]
    successors = set(changes["successor_code"])
    codes = pd.Series(sorted({*changes["predecessor_code"], *successors}), dtype="str")
    area = clusters(codes, changes, pd.DataFrame({"member_codes": []}, dtype="str"))
    members = pd.DataFrame({"authority_code": codes, "is_successor": codes.isin(successors)})
    newest = members[members["is_successor"]].groupby(area)["authority_code"].agg("+".join)
    return members.assign(area_code=area.map(newest))


def _whole_joint_returns(members: pd.DataFrame, joint_returns: pd.DataFrame) -> set[str]:
    """Joint returns that cover the whole of an area: their figures are the area's."""
    return set(joint_returns["published_code"]) & set(members["area_code"])


def _summed(figures: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Sum counts where all of an area's predecessors, or all of its successors, have one."""
    n_members = members.groupby(["area_code", "is_successor"])["authority_code"].nunique().rename("n_members")
    joined = figures[figures["indicator"].isin(count_indicators())].merge(members, on="authority_code")
    summed = joined.groupby([*_KEY, "is_successor"], as_index=False).agg(
        value=("value", "sum"), n=("value", "count")
    )
    joined = summed.join(n_members, on=["area_code", "is_successor"])
    complete = joined[joined["n"] == joined["n_members"]]
    return complete.drop_duplicates(_KEY)[[*_KEY, "value"]]


def _rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Published rates of areas, computed from their summed counts by the dictionary's ``counts``."""
    wide = counts.pivot(index=["source", "area_code", "year"], columns="indicator", values="value")
    parts = []
    for name, entry in dictionary().items():
        of = entry.counts
        if of is None or not {of.numerator, *of.denominator} <= set(wide):
            continue
        rate = of.scale * wide[of.numerator] / wide[list(of.denominator)].sum(axis=1, skipna=False)
        parts.append(rate.rename("value").dropna().reset_index().assign(indicator=name))
    return pd.concat(parts, ignore_index=True) if parts else counts.iloc[:0]


def to_constant_areas(
    figures: pd.DataFrame, changes: pd.DataFrame, joint_returns: pd.DataFrame
) -> pd.DataFrame:
    """Return ``figures`` with divided and merged authorities replaced by areas that keep their boundary.

    Counts are summed where every member has one; rates are computed from summed counts where the dictionary names the
    counts; a joint return of a whole area is taken as it is. What can't be had so is absent, never estimated.
    """
    members = constant_areas(changes)
    joint = _whole_joint_returns(members, joint_returns)
    returned = figures[figures["authority_code"].isin(joint)]
    counts = _summed(figures, members)
    made = (
        pd.concat([counts, _rates(counts)]).rename(columns={"area_code": "authority_code"}).assign(marker="")
    )
    kept = figures[~figures["authority_code"].isin([*members["authority_code"], *joint])]
    areas = pd.concat([returned, made], ignore_index=True)
    areas = areas.drop_duplicates(["source", "authority_code", "year", "indicator"])
    return pd.concat([kept, areas], ignore_index=True)
