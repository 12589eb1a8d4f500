"""How well the labels that only train were coded: ``recoded.tsv``, what three coders gave to the same sentences.

``kind`` ``gold``: sentences with gold codes, put among the others without their codes and each read by one of the three,
of reports of which none had seen a gold sentence. ``kind`` ``own``: sentences that all three read apart. ``draw`` is as in
``labels.tsv``. The coders had read the same 221 gold sentences with their codes before: strangers would agree less.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.inspections.coder.drawn import read_codes

from .dataset import fingerprint
from .evaluation import headline, intervals
from .kept import kept_path

RECODED = "recoded.tsv"


def recoded(kind: str) -> pd.DataFrame:
    """Return the codes of a kind of sentence: draw, coder, hash of the text and eight codes."""
    table = read_codes(kept_path(RECODED))
    return table[table["kind"] == kind].reset_index(drop=True)


def against_gold(gold: pd.DataFrame) -> np.ndarray:
    """Return the coders' two headline measures against gold codes with 95% limits, shape (2, 3), drawn by report."""
    known = gold.assign(sha256_16=gold["text"].map(fingerprint)).drop_duplicates("sha256_16")
    both = recoded("gold").merge(known, on="sha256_16", suffixes=("", "_gold"), validate="many_to_one")
    truth = both[[f"{name}_gold" for name in CONSTRUCTS]].to_numpy(dtype=object)
    guess = both[list(CONSTRUCTS)].to_numpy(dtype=object)
    return intervals(truth, [guess], both["report"].to_numpy(), lambda a, b: list(headline(a, b)))


def among_coders() -> tuple[float, float]:
    """Return the two headline measures of one coder against another, averaged over the three pairs."""
    table = recoded("own").sort_values(["draw", "sha256_16"])
    codes = [rows[list(CONSTRUCTS)].to_numpy(dtype=object) for _, rows in table.groupby("coder")]
    first, second = np.mean([headline(*pair) for pair in combinations(codes, 2)], axis=0)
    return float(first), float(second)
