"""Numbers as published studies print them, and whether a number made anew comes out to the last printed digit.

The numbers stand in ``printed.csv``; those that claims cite already are taken from the register's literature.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import pandas as pd

from analysis.claims.register import LITERATURE, published_estimates
from analysis.errors import DataError
from analysis.files.csv_files import read_table
from analysis.findings.interval import IntervalEstimate

KEY = ("study", "model", "term", "quantity")
RATIOS = ("odds_ratio", "spread_ratio", "hazard_ratio", "difference")
"""What an estimate of a study may be; the limits of its interval and its error are quantities beside it."""
WEBB = "webb_2022"
BACH_MORTENSEN = "bach_mortensen_2022"
MARITIM = "maritim_2026"
LEFT_A_FILE = (WEBB, BACH_MORTENSEN)
_CITED = {"prevention": "webb-2022-prevention", "deprivation": "webb-2022-deprivation"}


@dataclass(frozen=True)
class Printed:
    """One printed number, and the ``reproduced`` one where the authors' file could be had; ``text`` has the printed
    digits."""

    study: str
    model: str
    term: str
    quantity: str
    text: str
    reproduced: float | None = None

    @property
    def value(self) -> float:
        """The printed number."""
        return float(self.text)

    @property
    def agrees(self) -> bool:
        """Whether the reproduced number, rounded as the printed one is, is the printed one."""
        digits = len(self.text.partition(".")[2])
        return self.reproduced is not None and f"{self.reproduced:.{digits}f}" == f"{self.value:.{digits}f}"


@cache
def printed_numbers() -> tuple[Printed, ...]:
    """Return every printed number, study by study, without reproduced ones; raises DataError where one isn't a number."""
    printed = [*_of_the_register()]
    for row in read_table(
        files(__package__).joinpath("printed.csv"), (*KEY, "printed"), KEY, (*KEY, "printed")
    ):
        text = row["printed"]
        try:
            float(text)
        except ValueError as error:
            raise DataError(
                f"printed.csv: {row['study']}, {row['model']}, {row['term']}: '{text}' is no number"
            ) from error
        printed.append(Printed(row["study"], row["model"], row["term"], row["quantity"], text))
    return tuple(printed)


def _of_the_register() -> list[Printed]:
    printed = []
    for term, name in _CITED.items():
        published = published_estimates()[name]
        for quantity, value in (
            ("odds_ratio", published.estimate),
            ("conf_low", published.conf_low),
            ("conf_high", published.conf_high),
        ):
            if value is None:
                raise DataError(
                    f"{LITERATURE}: {name}: give its estimate, conf_low and conf_high; it is reproduced"
                )
            printed.append(Printed(WEBB, "published", term, quantity, f"{value:g}"))
    return printed


def compared(reproduced: Mapping[str, pd.DataFrame]) -> tuple[Printed, ...]:
    """Return the printed numbers of studies whose file could be had, each with the one made anew.

    ``reproduced``: by study, columns model, term, quantity, value. Raises DataError where a printed number wasn't made anew.
    """
    compared = []
    for study, table in reproduced.items():
        values = table.set_index(["model", "term", "quantity"])["value"]
        for printed in printed_numbers():
            if printed.study != study:
                continue
            place = (printed.model, printed.term, printed.quantity)
            if place not in values.index:
                raise DataError(
                    f"{study}: {', '.join(place)} is printed and wasn't computed; run `plan-drift ingest {study}`"
                )
            compared.append(replace(printed, reproduced=float(values[place])))
    return tuple(compared)


def printed_interval(study: str, model: str, term: str) -> IntervalEstimate:
    """Return a printed estimate with the limits of its interval; raises DataError where one of the three isn't printed."""
    own = {
        printed.quantity: printed.value
        for printed in printed_numbers()
        if (printed.study, printed.model, printed.term) == (study, model, term)
    }
    return interval_of(own, f"{study}, {model}, {term}")


def recorded_interval(table: pd.DataFrame, model: str, term: str) -> IntervalEstimate:
    """Return an estimate with its limits from a table of results; raises DataError where one of the three isn't there."""
    rows = table[(table["model"] == model) & (table["term"] == term)]
    return interval_of(dict(zip(rows["quantity"], rows["value"], strict=True)), f"{model}, {term}")


def interval_of(own: Mapping[str, float], where: str) -> IntervalEstimate:
    """Return the estimate among quantities, whichever of RATIOS it is, with its limits."""
    try:
        (estimate,) = (value for name, value in own.items() if name in RATIOS)
        return IntervalEstimate(estimate=estimate, conf_low=own["conf_low"], conf_high=own["conf_high"])
    except (KeyError, ValueError) as error:
        raise DataError(f"{where}: no estimate with both limits of its interval") from error
