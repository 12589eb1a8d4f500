"""Statistical neighbours: the ten authorities most like each, nearest first, in the publisher's words of
closeness.
"""

import pandas as pd

from analysis.data.definitions.checks import check_keys
from analysis.errors import DataError, nearest

from .areas import check_all_present, latest_codes_of_numbers
from .official_files import read_csv
from .publications import Release

N_NEIGHBOURS = 10
CLOSENESS = ("Extremely close", "Very close", "Close", "Somewhat close", "Not close")
COLUMNS = ("authority_code", "rank", "neighbour_code", "closeness")
_NUMBER = "old_la_code"


def table(release: Release) -> pd.DataFrame:
    """Return ``authority_code, rank, neighbour_code, closeness``: ten rows an authority, latest codes."""
    (file,) = release.files.values()
    pairs = [(rank, f"SN_{rank}", f"SN_{rank}P") for rank in range(1, N_NEIGHBOURS + 1)]
    wide = read_csv(file, [_NUMBER, *(name for _, *names in pairs for name in names)])
    codes = latest_codes_of_numbers(wide[_NUMBER], file.name, _NUMBER)
    parts = [
        pd.DataFrame(
            {
                "authority_code": codes,
                "rank": rank,
                "neighbour_code": latest_codes_of_numbers(wide[neighbour], file.name, neighbour),
                "closeness": wide[closeness],
            }
        )
        for rank, neighbour, closeness in pairs
    ]
    neighbours = pd.concat(parts).sort_values(["authority_code", "rank"])
    check_all_present(codes, file.name)
    _check_words(neighbours["closeness"], file.name)
    check_keys(neighbours, ["authority_code", "rank"], file.name)
    check_keys(neighbours, ["authority_code", "neighbour_code"], file.name)
    return neighbours[list(COLUMNS)]


def _check_words(words: pd.Series, file: str) -> None:
    unknown = ~words.isin(CLOSENESS).to_numpy()
    if unknown.any():
        word, row = words.iloc[unknown.argmax()], words.index[unknown.argmax()]
        raise DataError(f"{file} row {row}: '{word}' is no word of closeness{nearest(word, CLOSENESS)}")
