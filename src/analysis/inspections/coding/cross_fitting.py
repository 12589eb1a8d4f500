"""Code the population of sentences with coders that never saw the report: ``python -m ...cross_fitting --shared PATH``.

A coder knows the sentences that it was trained on too well: its errors on them are smaller than elsewhere, and a correction
that counts errors there would correct too little. So the reports are put into folds, each fold's reports are coded by a
coder trained on labels of all the others, hand-coded sample and rest of the report alike (cross-fitting, Chernozhukov and
others 2018; Egami and others 2023). Writes ``sample_coded.tsv`` and ``cross_fitted.tsv``.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from ...files import write_text
from ..measuring import is_of_the_authority, read_index, report_files, usable
from ..reading import read_reports
from .constructs import CONSTRUCTS, PROBLEM
from .dataset import fingerprint, reserved, training_frame
from .fitting import Corpus, fit
from .model import Coder, readings_of
from .sample import CODED, COUNTED, POINTER, hand_coded, table_path

FOLDS = 5
CHUNK = 1000


def population(shared: Path, jobs: int = 2) -> pd.DataFrame:
    """Return every measured sentence of the reports that aren't reserved: report, page, text, in order."""
    folder = shared / "data" / "ofsted"
    kept_back = reserved(shared)
    paths = [path for path in report_files(folder / "reports") if path.name not in kept_back]
    readings = usable(read_reports(paths, jobs, with_sentences=True), read_index(folder))
    rows = [
        (one.file, str(sentence.page), sentence.text)
        for one in readings
        for sentence in one.sentences
        if is_of_the_authority(sentence)
    ]
    return pd.DataFrame(rows, columns=["report", "page", "text"])


def folds_of(reports: np.ndarray) -> dict[str, int]:
    """Return each report's fold, the same for the same reports."""
    names = np.unique(reports)
    splits = GroupKFold(FOLDS, shuffle=True, random_state=0).split(names, groups=names)
    return {names[i]: fold for fold, (_, held) in enumerate(splits) for i in held}


def _coded(task: tuple[Coder, list[str]]) -> np.ndarray:
    coder, texts = task
    return coder.code(readings_of(texts))


def cross_fitted(sentences: pd.DataFrame, corpus: Corpus, jobs: int = 2) -> np.ndarray:
    """Return the codes of sentences, shape (sentences, 8), each by the coder trained on other folds' labels."""
    fold = folds_of(sentences["report"].to_numpy())
    own = pd.Series(corpus.groups).map(fold)  # reports with labels but no sentence here train every coder
    coders = [fit(corpus, np.flatnonzero((own != k).to_numpy())) for k in range(FOLDS)]
    codes = np.empty((len(sentences), len(CONSTRUCTS)), dtype=object)
    places = sentences.groupby(sentences["report"].map(fold).to_numpy()).indices
    chunks = [(k, rows[i : i + CHUNK]) for k, rows in places.items() for i in range(0, len(rows), CHUNK)]
    texts = sentences["text"].to_numpy()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        found = pool.map(_coded, [(coders[k], texts[rows].tolist()) for k, rows in chunks])
        for (_, rows), part in zip(chunks, found, strict=True):
            codes[rows] = part
    return codes


def _write(name: str, frame: pd.DataFrame) -> None:
    write_text(table_path(name), frame.to_csv(sep="\t", index=False, lineterminator="\n"))


@click.command()
@click.option(
    "--shared", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of gold and data."
)
def main(shared: Path) -> None:
    """Code every sentence of the population by a coder of other reports, and write what the package keeps of it."""
    sentences = population(shared)
    codes = pd.DataFrame(cross_fitted(sentences, Corpus.of(training_frame(shared))), columns=list(CONSTRUCTS))
    problems = (codes == PROBLEM).astype(int).add_suffix("_problem").groupby(sentences["report"]).sum()
    problems.insert(0, "sentences", sentences.groupby("report").size())
    _write(COUNTED, problems.reset_index())
    keys = sentences.assign(sha256_16=[fingerprint(text) for text in sentences["text"]])
    found = pd.concat([keys[list(POINTER)], codes], axis=1).drop_duplicates(list(POINTER))
    sample = hand_coded()[list(POINTER)]
    _write(CODED, sample.merge(found, on=list(POINTER), how="left", validate="one_to_one"))
    click.echo(f"{len(sentences):,} sentences of {len(problems)} reports, {len(sample):,} of them hand-coded")


if __name__ == "__main__":
    main()
