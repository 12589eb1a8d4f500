"""The panel: figures to authority × year, with national series, coverage and what is withheld beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from analysis.data.cleaning import tables
from analysis.data.cleaning.boundary_changes import (
    add_mergers,
    clusters,
    expand_joint_returns,
    use_newest_codes,
)
from analysis.data.cleaning.corrections import correct
from analysis.data.cleaning.lasting_areas import constant_areas, to_constant_areas
from analysis.data.cleaning.rates import add_derived, add_filled
from analysis.data.cleaning.spending import per_child_of_returns
from analysis.data.definitions.authorities import ENGLAND_CODE
from analysis.data.definitions.indicators import dictionary
from analysis.data.definitions.reach import CENSUSES, FIRST_YEAR
from analysis.errors import DataError

KEY = ["authority_code", "year"]
_NATIONAL = "E92|E12|E13"

Boundaries = Literal["as published", "constant areas"]


@dataclass(frozen=True)
class PanelParameters:
    """What a panel is built for: its years, to the last of a census unless ``last_year`` says so, and how boundary changes
    are met.

    ``as published`` keeps each authority from its first year to its last, recoded ones under their newest code.
    ``constant areas`` puts every authority that was divided or merged into one area that keeps its boundary, with
    counts summed and rates computed from them.
    """

    first_year: int = FIRST_YEAR
    last_year: int | None = None
    boundaries: Boundaries = "as published"


class PartialFrame(pd.DataFrame):  # type: ignore[misc]  # pandas has no types
    """A frame that lacks the columns of indicators that can't be used; asking for one raises DataError with the reason.

    ``unusable``: the reason in one line, by indicator.
    """

    _metadata = ("unusable",)

    @property
    def _constructor(self) -> type["PartialFrame"]:
        return PartialFrame

    def __getitem__(self, key: Any) -> Any:
        unusable = getattr(self, "unusable", None) or {}
        for name in (
            [key] if isinstance(key, str) else key if isinstance(key, list | tuple | pd.Index) else ()
        ):
            if isinstance(name, str) and name in unusable and name not in self.columns:
                raise DataError(unusable[name])
        return super().__getitem__(key)


@dataclass(frozen=True)
class Panel:
    """What is built from figures.

    ``authorities``: one row an authority and year, a column an indicator (float64, missing where there is no figure),
    with ``authority, region_code, region, cluster, joint_return, very_small``.
    ``series``: authority_code (England, regions), area, year, indicator, value; every year published.
    ``coverage``: indicator, year, n_authorities, n_present, n_withheld (a marker stands in place of a value).
    ``withheld``: authority_code, year, indicator, marker.
    ``unusable``: the reason in one line for each indicator that none of them holds, as a value lies outside its range.
    """

    authorities: pd.DataFrame
    series: pd.DataFrame
    coverage: pd.DataFrame
    withheld: pd.DataFrame
    unusable: Mapping[str, str] = field(default_factory=dict)


def without_unusable(panel: Panel, problems: Mapping[str, str]) -> Panel:
    """Return the panel without the indicators that have a problem (a line by indicator) and those computed from them.

    Asking the authorities' frame for one of them raises DataError with the line; every other indicator stays usable.
    """
    unusable = dict(problems)
    for name, entry in dictionary().items():
        # An indicator is defined after those that it reads, or reads published ones only.
        bad = next((input_name for input_name in entry.inputs if input_name in unusable), None)
        if name not in unusable and bad:
            unusable[name] = f"{name} is computed from {bad}: {unusable[bad]}"
    if not unusable:
        return panel
    frame = PartialFrame(panel.authorities.drop(columns=list(unusable), errors="ignore"))
    frame.unusable = unusable
    long = {
        part: getattr(panel, part)[lambda rows: ~rows["indicator"].isin(unusable)].reset_index(drop=True)
        for part in ("series", "coverage", "withheld")
    }
    return Panel(frame, **long, unusable=unusable)


def check_years(figures: pd.DataFrame) -> None:
    """Raise DataError where a census's figures (source, year) lie before the panel's first year.

    The panel would drop them without a word.
    """
    outside = figures["source"].isin(CENSUSES) & (figures["year"] < FIRST_YEAR)
    if outside.any():
        row = figures[outside].iloc[0]
        raise DataError(
            f"{row['source']}.csv: figures of {row['year']}, where the panel begins with {FIRST_YEAR}; "
            "set FIRST_YEAR in src/analysis/data/definitions/reach.py for them"
        )


def clean_figures(figures: pd.DataFrame, boundaries: Boundaries = "as published") -> pd.DataFrame:
    """Return authorities' own figures under newest codes, joint returns given to members, mergers summed.

    ``figures`` are those of all publications, source errors mended (source, authority_code, year, indicator, value,
    marker); England and regions are left out.
    """
    figures = figures[~figures["authority_code"].str.match(_NATIONAL)].reset_index(drop=True)
    changes, joint = tables.authority_changes(), tables.joint_returns()
    figures = use_newest_codes(figures, changes)
    if boundaries == "constant areas":
        figures = to_constant_areas(figures, changes, joint)
        # A joint return of a whole area is the area's own figure now; nothing is left to expand.
        joint = joint[~joint["published_code"].isin(constant_areas(changes)["area_code"])]
    return add_mergers(expand_joint_returns(figures, joint), changes)


def _wide(figures: pd.DataFrame) -> pd.DataFrame:
    wide = figures.pivot(index=KEY, columns="indicator", values="value").reset_index()
    published = [name for name, entry in dictionary().items() if not entry.is_derived]
    return wide.rename_axis(columns=None).reindex(columns=[*KEY, *published])


def _spread_fixed(wide: pd.DataFrame) -> pd.DataFrame:
    """Give every year of an authority the value of an indicator that is published once."""
    return wide.assign(**{name: wide.groupby("authority_code")[name].transform("max") for name in _fixed()})


def _fixed() -> list[str]:
    return [name for name, entry in dictionary().items() if entry.reference == "fixed"]


def _described(frame: pd.DataFrame) -> pd.DataFrame:
    """Add name, region, cluster and the marks of joint returns and very small authorities."""
    authorities = tables.authorities().set_index("authority_code")
    name_of = authorities["name"].to_dict()
    joint = tables.joint_returns()
    code = frame["authority_code"]
    first_member = code.str.partition("+")[0]
    members = joint.assign(authority_code=joint["member_codes"].str.split("+")).explode("authority_code")
    in_joint = pd.Series(False, index=frame.index)
    for row in members.itertuples(index=False):
        in_joint |= (code == row.authority_code) & frame["year"].between(row.first_year, row.last_year)
    about = {
        "authority": code.map(
            {area: " and ".join(name_of[member] for member in area.split("+")) for area in set(code)}
        ),
        "region_code": first_member.map(authorities["region_code"]),
        "region": first_member.map(authorities["region"]),
        "cluster": clusters(first_member, tables.authority_changes(), joint),
        "joint_return": in_joint,
        "very_small": code.isin(tables.very_small_authorities()["authority_code"]),
    }
    described = pd.concat([frame[KEY], pd.DataFrame(about), frame.drop(columns=KEY)], axis=1)
    return described.sort_values(KEY, ignore_index=True)


def _listed(figures: pd.DataFrame, parameters: PanelParameters) -> pd.DataFrame:
    """The keys of the panel: authorities that a census lists in a year."""
    listing = figures[figures["source"].isin(CENSUSES) & (figures["year"] >= parameters.first_year)]
    if parameters.last_year is not None:
        listing = listing[listing["year"] <= parameters.last_year]
    return listing[KEY].drop_duplicates()


def _coverage(panel: pd.DataFrame, withheld: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in dictionary() if name in panel]
    years = panel.groupby("year")
    present = (
        years[names]
        .count()
        .melt(var_name="indicator", value_name="n_present", ignore_index=False)
        .reset_index()
    )
    present["n_authorities"] = present["year"].map(years.size())
    marked = withheld.groupby(["indicator", "year"]).size().rename("n_withheld")
    joined = present.join(marked, on=["indicator", "year"]).fillna({"n_withheld": 0})
    # From an indicator's first year by its definition to the last of which there is a figure, or one is withheld.
    known = joined[(joined["n_present"] > 0) | (joined["n_withheld"] > 0)]
    ends = joined["indicator"].map(known.groupby("indicator")["year"].max())
    starts = joined["indicator"].map({name: entry.first_year for name, entry in dictionary().items()})
    is_fixed = joined["indicator"].isin(_fixed())
    reaches = is_fixed | joined["year"].between(starts, ends) & ~_unpublished(joined)
    columns = ["indicator", "year", "n_authorities", "n_present", "n_withheld"]
    return joined.loc[reaches, columns].astype({"n_withheld": "int64"}).reset_index(drop=True)


def _unpublished(joined: pd.DataFrame) -> pd.Series:
    """Return which rows (indicator, year) are of a year in which nothing was published."""
    skipped = {(name, year) for name, entry in dictionary().items() for year in entry.unpublished}
    return pd.Series(list(zip(joined["indicator"], joined["year"], strict=True)), joined.index).isin(skipped)


def _series(national: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in dictionary() if name in national]
    long = national.melt(KEY, names, var_name="indicator", value_name="value").dropna(subset="value")
    areas = tables.authorities().drop_duplicates("region_code").set_index("region_code")["region"].to_dict()
    long.insert(1, "area", long["authority_code"].map({ENGLAND_CODE: "England", **areas}))
    return long.sort_values(["indicator", *KEY], ignore_index=True)


def build_panel(
    figures: pd.DataFrame, annual_rates_percent: pd.Series, parameters: PanelParameters | None = None
) -> Panel:
    """Build the panel from figures (source, authority_code, year, indicator, value, marker) of all publications.

    ``annual_rates_percent`` is the annual change of consumer prices by calendar year. Raises DataError where a
    correction is stale or prices have a gap.
    """
    parameters = parameters or PanelParameters()
    figures = correct(figures, tables.corrections())
    cleaned = clean_figures(figures, parameters.boundaries)
    is_national = figures["authority_code"].str.match(_NATIONAL)
    keys = _listed(cleaned, parameters)
    whole = add_derived(add_filled(_spread_fixed(_wide(cleaned))), annual_rates_percent)
    panel = _described(keys.merge(whole, on=KEY, how="left", validate="1:1"))
    marked = cleaned[cleaned["marker"] != ""].merge(keys, on=KEY)
    withheld = marked[[*KEY, "indicator", "marker"]].sort_values(["indicator", *KEY], ignore_index=True)
    national = add_derived(add_filled(_wide(figures[is_national])), annual_rates_percent)
    region_of = tables.authorities().set_index("authority_code")["region_code"]
    national = per_child_of_returns(national, cleaned, region_of)
    return Panel(panel, _series(national), _coverage(panel, withheld), withheld)
