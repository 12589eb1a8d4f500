"""How far the figures in place reach. A release is data: the last year of an indicator, and the year whose prices spend is
given in, follow from the tables of ``data/raw`` as ``ingest`` described them, and stand nowhere else.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from analysis.errors import DataError, RequestError
from analysis.files.data_package import NAME, read_package
from analysis.paths import HOME_VARIABLE, current_project

PRICES = "cpi_annual_rate_percent"
"""The column of the table of prices, by which its years are recorded."""
Latest = Literal["latest"]
"""In the place of a year: the last one of which there are figures."""
CENSUSES = ("children_in_need", "social_work_workforce")
"""An authority is in the panel of a year if one of these censuses, which every authority returns, lists it."""
FIRST_YEAR = 2010
"""The first year of the panel, a definition: that of the first children in need census by authority that is read."""


@dataclass(frozen=True, eq=False)
class Reach:
    """The last year of each published indicator, and the financial year (by its end) whose prices real amounts are in: the
    latest of which nine months have a price index. None, and nothing, where no figures are in place. One is equal to itself
    alone, so that what follows from it can be kept by it.
    """

    last_years: Mapping[str, int] = field(default_factory=dict)
    price_year: int | None = None
    last_year: int = FIRST_YEAR
    """The last year that a census lists authorities of, and so the panel's."""

    @property
    def prices(self) -> str:
        """The prices of real amounts in words: ``2024-25 prices``."""
        return f"{financial_year(self.price_year)} prices" if self.price_year else "constant prices"


_NOTHING = Reach()


def financial_year(year: int) -> str:
    """Return a financial year by the year in which it ends as readers know it: ``2010-11``."""
    return f"{year - 1}-{year % 100:02}"


def reach() -> Reach:
    """Return how far the current project's figures reach; nothing where there is no project or no figure yet.

    Raises DataError where the data package is damaged.
    """
    folder = _folder(os.environ.get(HOME_VARIABLE))
    if folder is None:
        return _NOTHING
    try:
        state = os.stat(f"{folder}/{NAME}")
    except OSError:
        return _NOTHING
    return _reach_of(folder, state.st_mtime_ns, state.st_size)


def real_price_year() -> int:
    """Return the financial year, by its end, whose prices real amounts are in; raises DataError where there are none."""
    year = reach().price_year
    if year is None:
        raise DataError(f"{NAME}: records no prices; run `plan-drift ingest prices`")
    return year


@cache
def _folder(named: str | None) -> str | None:
    """The folder of the tables of the project that ``named`` is the home of; kept, since it is asked for very often."""
    try:
        return str(current_project().raw)
    except RequestError:
        return None


@cache
def _reach_of(folder: str, changed_ns: int, size: int) -> Reach:
    """``changed_ns`` and ``size`` make a data package that was written anew another one."""
    last_years: dict[str, int] = {}
    listed = [FIRST_YEAR]
    for name, resource in read_package(Path(folder)).items():
        ends = {indicator: last for indicator, (_, last) in resource.get("years", {}).items()}
        last_years |= ends
        listed += ends.values() if name in CENSUSES else ()
    price = last_years.pop(PRICES, None)
    return Reach(last_years, price + 1 if price else None, max(listed))


def panel_years(first_year: int = FIRST_YEAR, last_year: int | Latest = "latest") -> tuple[int, int]:
    """Return a first and a last year; unless given, those of the panel, whose last follows the figures in place."""
    return first_year, reach().last_year if last_year == "latest" else last_year
