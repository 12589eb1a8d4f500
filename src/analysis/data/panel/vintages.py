"""The panel with figures as they were published earlier: how far results rest on what was revised since."""

import pandas as pd

from analysis.data.cleaning import tables
from analysis.data.cleaning.boundary_changes import use_newest_codes
from analysis.data.cleaning.rates import apply_formula, derived_indicators
from analysis.data.definitions.indicators import dictionary
from analysis.errors import DataError, unknown

from .panel import KEY, Panel, clean_figures

_NO_PRICES = pd.Series(dtype=float)


def releases(vintage_figures: pd.DataFrame) -> list[str]:
    """Return the releases of ``vintage_figures`` in order: the year of a census (2022), or year and month (2024-11)."""
    return sorted(vintage_figures["release"].unique())


def figures_by_release(vintage_figures: pd.DataFrame) -> pd.Series:
    """Return how many figures of the release in use each earlier one had otherwise, by release in order."""
    return vintage_figures.groupby("release", sort=True).size()


class EarlierPanels:
    """A panel's authorities as each earlier release had them: built when a release is first asked for, once for all claims.

    ``vintage_figures`` as ``panel_of_vintage`` takes them.
    """

    def __init__(self, panel: Panel, vintage_figures: pd.DataFrame) -> None:
        self._panel, self._figures = panel, vintage_figures
        self._built: dict[str, pd.DataFrame] = {}
        self.releases = releases(vintage_figures)

    def of(self, release: str) -> pd.DataFrame:
        """Return the authorities of a release; raises as ``panel_of_vintage`` does."""
        if release not in self._built:
            self._built[release] = panel_of_vintage(self._panel, self._figures, release)
        return self._built[release]


def panel_of_vintage(panel: Panel, vintage_figures: pd.DataFrame, release: str) -> pd.DataFrame:
    """Return the panel's authorities with the figures that were revised put back as published with ``release``.

    ``vintage_figures`` has release, authority_code, year, indicator, value (NaN: withheld) and marker, only figures that
    differ from the panel's (``figures.read_vintages``), of any publication. They are cleaned as the panel's own: newest
    codes, joint returns given to their members. Rates that the project computes from them are computed anew in their rows.
    What a release hadn't (later years), and errors of the source that the project mends, stay as the panel has them.
    Raises RequestError for a release without figures, DataError where money is among them: its real amounts would need
    prices.
    """
    known = releases(vintage_figures)
    if release not in known:
        raise unknown("release", release, known)
    asked = vintage_figures[vintage_figures["release"] == release].drop(columns="release")
    sources = asked["indicator"].map({name: entry.source for name, entry in dictionary().items()})
    cleaned = _without_mended(clean_figures(asked.assign(source=sources)))
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
    mended = use_newest_codes(tables.corrections(), tables.authority_changes())
    key = ["source", *KEY, "indicator"]
    return cleaned[~pd.MultiIndex.from_frame(cleaned[key]).isin(pd.MultiIndex.from_frame(mended[key]))]


def _with_derived(frame: pd.DataFrame, touched: dict[str, pd.Series]) -> pd.DataFrame:
    """Compute rates anew in the rows where one of their counts was put back, within their years."""
    for entry in derived_indicators():
        of = [touched[name] for name in entry.inputs if name in touched]
        if not of or entry.id not in frame or entry.formula is None:
            continue
        if entry.formula.is_real:
            raise DataError(
                f"{entry.id}: can't be computed from figures of an earlier release without prices"
            )
        rows = pd.concat(of, axis=1).any(axis=1) & (frame["year"] >= entry.first_year)
        # Of the whole frame, for a denominator may be that of the year before; then of the rows that changed.
        frame.loc[rows, entry.id] = apply_formula(frame, entry.formula, _NO_PRICES)[rows]
    return frame
