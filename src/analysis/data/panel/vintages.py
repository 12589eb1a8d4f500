"""The panel with workforce figures as they were published earlier: how far results rest on what was revised since."""

import pandas as pd

from analysis.data.cleaning import tables
from analysis.data.cleaning.boundary_changes import use_newest_codes
from analysis.data.cleaning.rates import apply_formula, derived_indicators
from analysis.errors import unknown

from .panel import KEY, Panel, clean_figures

_SOURCE = "social_work_workforce"
_NO_PRICES = pd.Series(dtype=float)


def releases(vintage_figures: pd.DataFrame) -> list[int]:
    """Return the years of the censuses with which ``vintage_figures`` were published, in order."""
    return sorted(int(year) for year in vintage_figures["release"].unique())


def panel_of_vintage(panel: Panel, vintage_figures: pd.DataFrame, release: int) -> pd.DataFrame:
    """Return the panel's authorities with the workforce figures that were revised put back as published for ``release``.

    ``vintage_figures`` has release, authority_code, year, indicator, value (NaN: withheld) and marker, only figures that
    differ from the panel's (``figures.read_workforce_vintages``). They are cleaned as the panel's own: newest codes, joint
    returns given to their members. Rates that the project computes from them are computed anew in their rows. What a
    release hadn't (later years), and errors of the source that the project mends, stay as the panel has them. Raises
    RequestError for a release without figures.
    """
    known = releases(vintage_figures)
    if release not in known:
        raise unknown("release", str(release), map(str, known))
    asked = vintage_figures[vintage_figures["release"] == release].drop(columns="release")
    cleaned = _without_mended(clean_figures(asked.assign(source=_SOURCE)))
    frame = panel.authorities.copy()
    keys = pd.MultiIndex.from_frame(frame[KEY])
    touched: dict[str, pd.Series] = {}
    for name, rows in cleaned.groupby("indicator"):
        earlier = rows.set_index(KEY)["value"]
        is_revised = pd.Series(keys.isin(earlier.index), index=frame.index)
        if name in frame and is_revised.any():
            frame.loc[is_revised, name] = earlier.reindex(keys[is_revised]).to_numpy()
            touched[str(name)] = is_revised
    return _with_derived(frame, touched)


def _without_mended(cleaned: pd.DataFrame) -> pd.DataFrame:
    """Leave out the figures that corrections.csv mends: an error of the source is one in every release."""
    mended = tables.corrections()
    mended = use_newest_codes(mended[mended["source"] == _SOURCE], tables.authority_changes())
    key = [*KEY, "indicator"]
    return cleaned[~pd.MultiIndex.from_frame(cleaned[key]).isin(pd.MultiIndex.from_frame(mended[key]))]


def _with_derived(frame: pd.DataFrame, touched: dict[str, pd.Series]) -> pd.DataFrame:
    """Compute rates anew in the rows where one of their counts was put back, within their years."""
    for entry in derived_indicators():
        of = [touched[name] for name in entry.inputs if name in touched]
        if not of or entry.id not in frame or entry.formula is None:
            continue
        rows = pd.concat(of, axis=1).any(axis=1) & frame["year"].between(*entry.years)
        frame.loc[rows, entry.id] = apply_formula(frame[rows], entry.formula, _NO_PRICES)
    return frame
