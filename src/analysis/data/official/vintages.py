"""The workforce census as it was published for earlier years: the figures of authorities that were revised since."""

import re

import numpy as np
import pandas as pd

from analysis.data.cleaning import tables
from analysis.data.cleaning.boundary_changes import use_newest_codes
from analysis.data.definitions import checks
from analysis.data.definitions.indicators import indicator
from analysis.errors import DataError

from .education_statistics import figures_of
from .layouts import columns_of
from .official_files import OfficialFile
from .publications import Publication, Release, publications

CENSUS = "social_work_workforce"
"""The publication whose earlier releases these are."""
COLUMNS = ("release", "authority_code", "year", "indicator", "value", "marker")
KEY = ("release", "indicator", "authority_code", "year")
_RATES = (
    "turnover_percent",
    "vacancy_percent",
    "agency_percent",
    "absence_percent",
    "caseload_cases_per_fte",
)
_AUTHORITY = r"E(?:0[6-9]|10)"
_COUNTED_WITH_ANOTHER = "z"
"""Marker in the row of an authority whose figures stand in another's: not applicable."""


def compared_indicators() -> tuple[str, ...]:
    """Return the rates that are compared over releases, and the counts that the dictionary names behind them."""
    behind = [of for name in _RATES if (of := indicator(name).counts)]
    counts = {name for of in behind for name in (of["numerator"], *of["denominator"])}
    return (*_RATES, *sorted(counts))


def _release_year(file: OfficialFile) -> int:
    found = re.search(r"_(\d{4})\.csv$", file.name)
    if not found:
        raise DataError(
            f"{file.name}: the name doesn't end in the year of its census, as in …_2017_to_2024.csv"
        )
    return int(found[1])


def _figures(file: OfficialFile, own: Publication) -> pd.DataFrame:
    """Authorities' figures of one release, whose layout is the census's of today or this publication's own."""
    publication = publications()[CENSUS] if columns_of(CENSUS, file.name) else own
    figures = figures_of(Release(publication, {file.name: file}), file.name)
    rows = figures["authority_code"].str.match(_AUTHORITY) & figures["indicator"].isin(compared_indicators())
    return _under_joint_codes(figures[rows])


def _under_joint_codes(figures: pd.DataFrame) -> pd.DataFrame:
    """Put a joint return that stands under one of its authorities under the codes joined, as later releases have it."""
    joint = tables.joint_returns()
    joint = joint[(joint["source"] == CENSUS) & joint["published_code"].str.contains("+", regex=False)]
    for row in joint.itertuples(index=False):
        is_member = figures["authority_code"].isin(row.member_codes.split("+"))
        is_member &= figures["year"].between(row.first_year, row.last_year)
        figures = figures[~(is_member & (figures["marker"] == _COUNTED_WITH_ANOTHER))]
        codes = figures["authority_code"].mask(is_member.reindex(figures.index), row.published_code)
        figures = figures.assign(authority_code=codes)
    return figures


def _numbers(figures: pd.DataFrame) -> pd.Series:
    """Values by newest code, year and indicator, however a release has coded authorities since."""
    coded = use_newest_codes(figures, tables.authority_changes())
    keys = pd.MultiIndex.from_frame(coded[["authority_code", "year", "indicator"]])
    return pd.Series(pd.to_numeric(figures["value"].replace("", None)).to_numpy(dtype=float), index=keys)


def revised(earlier: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``earlier`` whose value isn't that of ``current``, or that is withheld in one of them.

    Both are long figures of authorities (authority_code, year, indicator, value and marker as text). A change of the
    marker alone is none, nor is a figure that only ``current`` has.
    """
    then, now = _numbers(earlier), _numbers(current)
    same = np.isclose(then, now.reindex(then.index), rtol=0, atol=1e-9, equal_nan=True)
    return earlier[~same]


def table(release: Release) -> pd.DataFrame:
    """Return the figures of earlier releases that were revised since (``COLUMNS``, values as text), sorted by ``KEY``.

    The files' names end in the year of their census; the last is the current release, with which the others are compared.
    Raises DataError where a name ends otherwise, or a figure of a release is repeated or out of its range.
    """
    by_year = {_release_year(file): _figures(file, release.publication) for file in release.files.values()}
    current = by_year.pop(max(by_year))
    parts = [revised(figures, current).assign(release=year) for year, figures in by_year.items()]
    found = pd.concat(parts, ignore_index=True)
    typed = found.assign(value=pd.to_numeric(found["value"].replace("", None)).astype("float64"))
    where = f"{release.source}.csv"
    checks.check_keys(typed, KEY, where)
    checks.check_types(typed, where)
    checks.check_ranges(typed, where)
    return found.sort_values(list(KEY), kind="stable")[list(COLUMNS)]
