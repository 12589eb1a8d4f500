"""Fitting the whole coder, layers and network, to both halves of the reports or to one."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.inspections.coder.model import Coder, network_bytes, network_from
from analysis.inspections.coder.text import normalise

from .dataset import fingerprint
from .fitting import Corpus, fit
from .learning import fit_network, lessons
from .taught import Taught, half_of, read_taught


@dataclass(frozen=True)
class Material:
    """All that is learnt from: hand-coded ``frame`` and its ``corpus``, ``sentences`` (a row each: report, page, text), and
    what teachers said of some of them, ``taught``.
    """

    frame: pd.DataFrame
    corpus: Corpus
    sentences: pd.DataFrame
    taught: Taught


def material(frame: pd.DataFrame, sentences: pd.DataFrame) -> Material:
    """Return the material; ``sentences`` gain ``normalised``, ``half`` and ``place``, theirs in ``taught`` or -1.

    A sentence that stands in several places counts once, where it stands first.
    """
    taught = read_taught()
    places = {key: place for place, key in enumerate(taught.sha256_16)}
    keys = sentences["text"].map(fingerprint)
    place = keys.map(lambda key: places.get(key, -1)).where(~keys.duplicated(), -1)
    known = sentences.assign(
        normalised=[normalise(text) for text in sentences["text"]],
        half=[half_of(report) for report in sentences["report"]],
        place=place.astype(int),
    )
    return Material(frame, Corpus.of(frame), known, taught)


def fit_coder(material: Material, half: int | None = None) -> Coder:
    """Return the coder that learns from the reports of a half and from its teacher alone, or from both.

    The network is as it will be read, its weights rounded.
    """
    corpus, sentences = material.corpus, material.sentences
    rows = np.arange(len(corpus.groups))
    if half is not None:
        rows = rows[[half_of(report) == half for report in corpus.groups]]
        sentences = sentences[sentences["half"] == half]
    coded = sentences[sentences["place"] >= 0]
    said = material.taught.probabilities if half is None else material.taught.probabilities[[half]]
    read = lessons(
        [corpus.readings[row].text for row in rows],
        corpus.codes[rows],
        coded["normalised"].tolist(),
        said[:, coded["place"].to_numpy()].mean(axis=0),
    )
    network = fit_network(read, sentences["normalised"].tolist())
    return replace(fit(corpus, rows), network=network_from(network_bytes(network)))
