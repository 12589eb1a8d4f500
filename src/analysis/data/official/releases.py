"""One release after another: which years are new, which an earlier release alone has, and what is refused.

A release is data: its name, its years and where its files came from follow from the files and from what is recorded of the
release before.
"""

import re
from calendar import month_abbr, month_name
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.definitions.indicators import dictionary
from analysis.data.definitions.reach import CENSUSES, PRICES, financial_year
from analysis.errors import DataError, listed
from analysis.files.data_package import read_package
from analysis.files.writing import sha256

from .layouts import columns_of
from .official_files import edition

_MONTHS = dict(zip(month_abbr, month_name, strict=True))
_MONTH = re.compile(rf"(?<![A-Za-z])({'|'.join(month_abbr[1:])})(\d{{2}})(?!\d)")
_TO_YEAR = re.compile(r"_to_(\d{4})\.")
KEY = ["indicator", "authority_code", "year"]
Spans = Mapping[str, Sequence[int]]
"""First and last year by indicator."""


@dataclass(frozen=True)
class Wishes:
    """What a user asks of an ingest: the release's name, to take an ``older`` release than is in place, a last year that
    stands apart (``gap``).
    """

    release: str = ""
    older: bool = False
    gap: bool = False


@dataclass(frozen=True)
class Before:
    """What is recorded of the release in place: its description, and its figures as text where its table is as ``ingest``
    made it.
    """

    resource: Mapping[str, Any]
    figures: pd.DataFrame | None

    @property
    def years(self) -> Spans:
        """First and last year of each indicator."""
        years: Spans = self.resource.get("years", {})
        return years


def before(raw: Path, source: str, name: str, of_figures: bool) -> Before:
    """Return what ``raw`` records of a publication's table, the file ``name``, with its figures where it is one of figures;
    empty where there is none.
    """
    resource, path = read_package(raw).get(source, {}), raw / name
    if not of_figures or not path.is_file() or resource.get("hash") != f"sha256:{sha256(path)}":
        return Before(resource, None)
    return Before(resource, pd.read_csv(path, dtype=str, keep_default_na=False).astype({"year": "int64"}))


def spans_of(figures: pd.DataFrame) -> dict[str, list[int]]:
    """Return the first and the last year of each indicator, by name."""
    spans = figures.groupby("indicator", sort=True)["year"].agg(["min", "max"])
    return {str(name): [int(first), int(last)] for name, first, last in spans.itertuples()}


def check_order(figures: pd.DataFrame, source: str, in_place: Before, wishes: Wishes) -> None:
    """Raise DataError where a file is of an older release than the one in place, has a year that its name can't have, or
    ends before the year in its name.

    ``figures``: long figures with ``file``.
    """
    for file, years in figures.groupby("file", sort=True)["year"]:
        promised = _TO_YEAR.search(str(file))
        if promised and years.max() < int(promised[1]):
            raise DataError(
                f"{file}: ends with {years.max()}, before {promised[1]} of its name; is it whole?"
            )
    for name, rows in figures.groupby("indicator", sort=True):
        last = rows.loc[rows["year"].idxmax()]
        year, file = int(last["year"]), str(last["file"])
        if not wishes.older and str(name) in in_place.years and year < in_place.years[str(name)][1]:
            raise DataError(
                f"{file}: {name} ends with {year}, where the release in place has {in_place.years[str(name)][1]}; "
                f"get the newer file, or `plan-drift ingest {source} --older` takes the older release"
            )
        latest = _year_of(edition(file))
        if latest and year > latest + 1:
            raise DataError(
                f"{file} row {last['row']}: {name}: column 'year': {year} lies beyond {latest}, the year in its name; "
                "is it mistyped?"
            )


def _year_of(named: str) -> int | None:
    """The year in which an edition ends: 2025 of ``2025`` and of ``2024-25``, 2024 of ``2024-11-19``."""
    if not named:
        return None
    year, _, rest = named.partition("-")
    return int(year) + (rest == f"{(int(year) + 1) % 100:02}")


def kept(figures: pd.DataFrame, in_place: Before, columns: Sequence[str]) -> pd.DataFrame:
    """Return the rows of the release in place of years that a new release, which goes on later, has no more of an indicator.

    Years before the indicator's first by the dictionary aren't kept: they have another definition.
    """
    earlier = in_place.figures
    if earlier is None:
        return pd.DataFrame(columns=list(columns))
    ends = earlier["indicator"].map({name: last for name, (_, last) in spans_of(figures).items()})
    defined = earlier["indicator"].map({name: entry.first_year for name, entry in dictionary().items()})
    of_year = ["indicator", "year"]
    known = pd.MultiIndex.from_frame(figures[of_year].drop_duplicates())
    is_gone = ~pd.MultiIndex.from_frame(earlier[of_year]).isin(known)
    rows = earlier[is_gone & (earlier["year"] < ends) & (earlier["year"] >= defined)]
    return rows[list(columns)]


def kept_sources(rows: pd.DataFrame, source: str, in_place: Before) -> list[dict[str, Any]]:
    """Return the recorded official files that kept ``rows`` came from, each with the years that are kept of it."""
    earlier = []
    for file in in_place.resource.get("sources", []):
        names = {entry.indicator for entry in columns_of(source, file["file"])}
        first, last = file.get("years", (0, 9999))
        own = rows.loc[rows["indicator"].isin(names) & rows["year"].between(first, last), "year"]
        if len(own):
            earlier.append({**file, "years": [int(own.min()), int(own.max())], "kept": True})
    return earlier


def news(figures: pd.DataFrame, source: str, in_place: Before) -> list[str]:
    """Return a note on each year that is new and on figures that were revised; none for the first release."""
    if not in_place.years:
        return []
    added: dict[tuple[int, int], int] = {}
    for name, (first, last) in spans_of(figures).items():
        start = in_place.years[name][1] + 1 if name in in_place.years else first
        if start <= last:
            added[start, last] = added.get((start, last), 0) + 1
    notes = [
        f"{source}: {span_told(first, last)} {'is' if first == last else 'are'} new: "
        f"{number} indicator{'s' if number != 1 else ''}"
        for (first, last), number in sorted(added.items())
    ]
    revised = number_revised(figures, in_place.figures)
    if revised:
        notes.append(f"{source}: {revised:,} figure{'s' if revised != 1 else ''} of earlier years revised")
    return notes


def number_revised(figures: pd.DataFrame, earlier: pd.DataFrame | None) -> int:
    """Return how many cells of both releases, by ``KEY``, hold another number now, or are withheld in one of them."""
    if earlier is None:
        return 0
    now, then = (frame.set_index(KEY)["value"] for frame in (figures, earlier))
    both = now.index.intersection(then.index)
    new, old = (
        pd.to_numeric(values.reindex(both).replace("", None)).astype("float64") for values in (now, then)
    )
    return int((~np.isclose(new, old, rtol=0, atol=1e-9, equal_nan=True)).sum())


def notes_on_kept(rows: pd.DataFrame, source: str, sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a note on years that the new release has no more, and that stay from an earlier one."""
    if rows.empty:
        return []
    years = listed(str(year) for year in sorted(set(rows["year"])))
    files = listed(str(file["file"]) for file in sources) or "the table in place"
    return [f"{source}: {years}: not in the new release, kept from {files} ({len(rows):,} figures)"]


def release_told(figures: pd.DataFrame) -> str:
    """Return the years that a publication's figures hold, as readers know them: ``2013 to 2025``, ``2008-09 to 2024-25``."""
    references = {dictionary()[name].reference for name in figures["indicator"].unique()}
    told = financial_year if references == {"financial_year"} else str
    return span_told(int(figures["year"].min()), int(figures["year"].max()), told)


def span_told(first: int, last: int, told: Any = str) -> str:
    """Return two years as words have them, or one where they are the same."""
    return str(told(first)) if first == last else f"{told(first)} to {told(last)}"


def editions_told(names: Iterable[str]) -> str:
    """Return what the names of files say of their release, years or months (``April 2023`` of ``…_Apr23_…``); the names
    themselves where they say nothing.
    """
    names = list(names)
    said = [edition(name) for name in names if edition(name)]
    said += [f"{_MONTHS[month]} 20{year}" for name in names for month, year in _MONTH.findall(name)]
    return listed(dict.fromkeys(said)) or listed(names)


def beyond_the_panel(source: str, resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a note where a table's figures go on after the last year of a census, which lists a year's authorities."""
    censuses = [resources[name] for name in CENSUSES if name in resources]
    last = max((span[1] for census in censuses for span in census.get("years", {}).values()), default=None)
    own = [span[1] for name, span in resources[source].get("years", {}).items() if name in dictionary()]
    if last is None or not own or max(own) <= last:
        return []
    return [
        f"{source}: {max(own)} stays out of the panel until a census ({' or '.join(CENSUSES)}) has that year"
    ]


def check_prices(years: Mapping[str, Sequence[int]]) -> None:
    """Raise DataError where spend reaches a financial year without prices; ``years``: spans of all tables by indicator."""
    if PRICES not in years:
        return
    last_price = years[PRICES][1]
    real = [entry.formula for entry in dictionary().values() if entry.formula and entry.formula.is_real]
    for formula in real:
        for name in (formula.numerator, *formula.plus, *formula.less):
            last = years.get(name, (0, 0))[1]
            if last > last_price + 1:
                raise DataError(
                    f"{name}: {financial_year(last)} has no prices: those in place end with {last_price}, {last - 1} is "
                    "needed; get newer prices (`plan-drift fetch prices`) and ingest them too"
                )
