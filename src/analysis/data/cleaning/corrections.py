"""Source errors, mended from a table with reasons; a correction that no longer fits the source is refused."""

import pandas as pd

from analysis.errors import DataError

KEY = ["source", "authority_code", "year", "indicator"]


def _refuse_stale(joined: pd.DataFrame) -> None:
    published = pd.to_numeric(joined["published_value"], errors="coerce")
    same_value = (published == joined["value_source"]) | (published.isna() & joined["value_source"].isna())
    stale = joined[~(same_value & (joined["published_marker"] == joined["marker_source"].fillna("")))]
    if len(stale):
        row = stale.iloc[0].fillna("")
        raise DataError(
            f"corrections.csv: {row['source']}, {row['authority_code']}, {row['year']}, {row['indicator']}: the "
            f"publisher now has '{row['value_source']}{row['marker_source']}', not "
            f"'{row['published_value']}{row['published_marker']}'; delete the correction or renew it"
        )


def correct(figures: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """Return ``figures`` (source, authority_code, year, indicator, value, marker) with the errors mended.

    Raises DataError where a correction's published value or marker is no longer what the publisher has, so that a
    mended source is noticed.
    """
    corrections = corrections[corrections["source"].isin(figures["source"].unique())]
    if corrections.empty:
        return figures
    joined = corrections.merge(
        figures.reset_index(), on=KEY, how="left", suffixes=("", "_source"), validate="1:1"
    )
    _refuse_stale(joined)
    mended = figures.copy()
    rows = joined["index"].astype("int64").to_numpy()
    mended.loc[rows, "value"] = pd.to_numeric(joined["value"], errors="coerce").to_numpy()
    mended.loc[rows, "marker"] = joined["marker"].to_numpy()
    return mended
