"""The probability sample: sentences drawn with known chances from every measured sentence of the reports, coded by hand.

``sample.tsv`` points to each sentence (report, page, hash of its text) with its stratum and codes, and holds no text.
``strata.tsv`` says how many sentences a stratum holds and how many were drawn, at random without replacement, so that a
sentence's chance is the second over the first. Strata were made before coding, from what an earlier coder (1.0) said of
each sentence and from the framework (before or from 2018). The population is every sentence that ``measuring`` counts in
the reports from which labels may be taken. ``cross_fitted.tsv`` and ``sample_coded.tsv`` are what coders said that never
saw a label of the same report; ``cross_fitting`` makes them.
"""

import csv
from importlib import resources
from pathlib import Path

import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError

from .constructs import CODES

POINTER = ("report", "page", "sha256_16")
SAMPLE, STRATA, CODED, COUNTED = "sample.tsv", "strata.tsv", "sample_coded.tsv", "cross_fitted.tsv"


def table_path(name: str) -> Path:
    """Return where the package keeps one of its tables of the sample."""
    return Path(str(resources.files(__package__))) / name


def read_codes(path: Path) -> pd.DataFrame:
    """Return a TSV of sentences with eight codes as text, quotes being text.

    Raises DataError where a construct's column is missing or holds something that isn't a code.
    """
    frame = pd.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    for construct in CONSTRUCTS:
        if construct not in frame or not frame[construct].isin(CODES).all():
            raise DataError(
                f"{path}: column '{construct}' is missing or holds something else than {' '.join(CODES)}"
            )
    return frame


def hand_coded() -> pd.DataFrame:
    """Return the sample: pointer, stratum, eight hand codes, and ``chance``, a sentence's probability of being drawn."""
    strata = pd.read_csv(table_path(STRATA), sep="\t").set_index("stratum")
    sample = read_codes(table_path(SAMPLE))
    return sample.assign(chance=sample["stratum"].map(strata["drawn"] / strata["sentences"]))


def with_coder() -> pd.DataFrame:
    """Return the sample with what the coder said: hand codes, and ``CONSTRUCT_coded`` beside each.

    The coder of a sentence was trained on other reports. Raises DataError where the two tables tell of other sentences.
    """
    coded = read_codes(table_path(CODED)).rename(columns={name: f"{name}_coded" for name in CONSTRUCTS})
    sample = hand_coded()
    if not coded[list(POINTER)].equals(sample[list(POINTER)]):
        raise DataError(
            f"{CODED} codes other sentences than {SAMPLE} holds; run the training's cross_fitting anew"
        )
    return sample.merge(coded, on=list(POINTER), validate="one_to_one")


def population_counts() -> pd.DataFrame:
    """Return a row a report of the population: ``report``, ``sentences`` and ``CONSTRUCT_problem``, cross-fitted."""
    return pd.read_csv(table_path(COUNTED), sep="\t")
