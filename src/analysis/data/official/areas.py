"""Areas as publications name them (ONS code, LA number, name) turned into ONS codes, by
`cleaning/authorities.csv`.

An authority begins and ends on a 1 April: ``first_year`` and ``last_year`` are the calendar years of those
days, empty where it began before 2009 or goes on. A moment after 1 April (mid-year, September) belongs to it
from its first year to the year before its last; a moment or period before (January, 31 March, a financial
year named by its end) from the year after its first to its last.

A DfE number that went on through a recode (Buckinghamshire 825, North Yorkshire 815, Somerset 933, Barnsley
370, Sheffield 373, Gateshead 390, Northumberland 929) stands for the code that was valid in the year. A
number or a name without a year stands for the latest code.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.data.cleaning.tables import authorities
from analysis.data.definitions.authorities import by_official_name
from analysis.data.definitions.indicators import dictionary
from analysis.errors import DataError, nearest
from analysis.files.csv_files import read_table

_AFTER_1_APRIL = ("april", "may", "september", "mid_year", "calendar_year")


@cache
def _spans() -> pd.DataFrame:
    known = authorities().set_index("authority_code")
    first = pd.to_numeric(known["first_year"]).fillna(0).astype("int64")
    return pd.DataFrame(
        {"first": first, "last": pd.to_numeric(known["last_year"]).fillna(9999).astype("int64")}
    )


@cache
def _regions() -> pd.DataFrame:
    columns = ("la_number", "authority_code", "name")
    path = files(__package__).joinpath("regions.csv")
    return pd.DataFrame(read_table(path, columns, columns[:1], columns, columns[:1]), dtype="str")


def existed(codes: pd.Series, years: pd.Series, references: pd.Series) -> pd.Series:
    """Return whether each authority existed in the year at the reference (an indicator's ``reference``).

    Codes of nations, regions and joint returns exist always.
    """
    known = codes.isin(_spans().index)
    first = codes.map(_spans()["first"]).fillna(0)
    last = codes.map(_spans()["last"]).fillna(9999)
    after = references.isin(_AFTER_1_APRIL)
    return ~known | ((years >= first + ~after) & (years <= last - after))


def references(indicators: pd.Series) -> pd.Series:
    """Return the reference of each indicator, such as ``march``."""
    return indicators.map({name: entry.reference for name, entry in dictionary().items()})


def codes_of_numbers(
    numbers: pd.Series, years: pd.Series, indicators: pd.Series, file: str, column: str = "LA Number"
) -> pd.Series:
    """Return the ONS code of each LA number in its year; missing where no authority of that number existed
    then.

    Numbers 970 to 990 are the interactive tool's England and regions. Raises DataError for a number in
    neither table.
    """
    table = pd.concat([authorities(), _regions()], ignore_index=True)
    unknown = ~numbers.isin(table["la_number"])
    if unknown.any():
        row = numbers.index[unknown.to_numpy().argmax()]
        raise DataError(f"{file} row {row}: column '{column}': '{numbers[row]}' is no authority's number")
    asked = pd.DataFrame(
        {"la_number": numbers, "year": years, "reference": references(indicators)}
    ).reset_index(names="row")
    pairs = asked.merge(table[["la_number", "authority_code"]], on="la_number")
    valid = pairs[existed(pairs["authority_code"], pairs["year"], pairs["reference"])]
    return valid.drop_duplicates("row").set_index("row")["authority_code"].reindex(numbers.index)


def latest_codes_of_numbers(numbers: pd.Series, file: str, column: str) -> pd.Series:
    """Return the latest ONS code of each LA number; raises DataError naming file, row and column for an
    unknown one.
    """
    return _looked_up(numbers, "la_number", file, column)


@cache
def _latest(key: str) -> pd.Series:
    table = authorities()
    table = table.assign(last=table["last_year"].replace("", "9999")).sort_values("last")
    return table.drop_duplicates(key, keep="last").set_index(key)["authority_code"]


def _looked_up(names: pd.Series, key: str, file: str, column: str) -> pd.Series:
    codes = names.map(_latest(key))
    if codes.isna().any():
        row = names.index[codes.isna().to_numpy().argmax()]
        hint = nearest(names[row], _latest(key).index)
        raise DataError(f"{file} row {row}: column '{column}': '{names[row]}' is no authority{hint}")
    return codes


def check_all_present(codes: Iterable[str], file: str) -> None:
    """Raise DataError where one of today's authorities is not among ``codes``, the areas that a file gave."""
    today = authorities().query("last_year == ''")
    absent = today[~today["authority_code"].isin(list(codes))]
    if len(absent):
        raise DataError(f"{file}: no row of '{absent['name'].iloc[0]}'; is the file whole?")


def codes_of_names(names: pd.Series) -> pd.Series:
    """Return the latest ONS code of each upper-tier authority's name, missing for other areas."""
    authority_of = {name: by_official_name(name) for name in names.unique()}
    return names.map({name: authority.code for name, authority in authority_of.items() if authority})
