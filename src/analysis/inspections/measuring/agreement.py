"""How far two coders agree: ``two_coders.csv`` holds counts of sentences by construct and the two codes, no sentence.

The coders worked apart but were trained alike, so their agreement is an upper bound on what strangers would reach.
``gold_and_own.csv`` has the same form: ``coder_a`` is the gold code, ``coder_b`` a code given as in the probability
sample, without sight of the first: 100 gold sentences read for this, and those that the sample happened to draw. It holds
the codes as first given: a second reading of the sample's codes on oversight, after gold ones had been read, isn't blind.
"""

from importlib.resources import files

import pandas as pd
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.constructs import ABSENT, CODES

from .measures import wilson

TABLE, OWN = "two_coders.csv", "gold_and_own.csv"


def counts(table: str = TABLE) -> pd.DataFrame:
    """Return the counts that the package ships: of the two coders, or ``OWN``."""
    with files(__package__).joinpath(table).open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype={"coder_a": str, "coder_b": str})


def agreement(counted: pd.DataFrame) -> pd.DataFrame:
    """Return by construct how often two coders agree: all ``sentences`` and kappa (Cohen 1960), and of the ``spoken``
    sentences, where either heard the construct, the ``same`` ones with Wilson's interval.
    """
    every = pd.MultiIndex.from_product([CONSTRUCTS, CODES, CODES])
    summed = (
        counted.groupby(["construct", "coder_a", "coder_b"])["sentences"].sum().reindex(every, fill_value=0)
    )
    tables = summed.to_numpy().reshape(len(CONSTRUCTS), len(CODES), len(CODES))
    absent, rows = CODES.index(ABSENT), []
    for construct, table in zip(CONSTRUCTS, tables, strict=True):
        unheard, total = table[absent, absent], table.sum()
        # Where every sentence has one code, chance explains all agreement and kappa has no value.
        varies = any((table.sum(axis=axis) > 0).sum() > 1 for axis in (0, 1))
        kappa = cohens_kappa(table, return_results=False) if varies else float("nan")
        same = table.trace() - unheard
        rows.append((construct, int(total), int(total - unheard), int(same), float(kappa)))
    by_construct = pd.DataFrame(rows, columns=["construct", "sentences", "spoken", "same", "kappa"])
    low, high = wilson(by_construct["same"].to_numpy(), by_construct["spoken"].to_numpy())
    return by_construct.assign(conf_low=low, conf_high=high)


def heard(counted: pd.DataFrame, construct: str) -> tuple[int, int]:
    """Return in how many sentences the first and the second coder heard a construct."""
    own = counted[counted["construct"] == construct]
    first, second = (
        int(own.loc[own[coder] != ABSENT, "sentences"].sum()) for coder in ("coder_a", "coder_b")
    )
    return first, second
