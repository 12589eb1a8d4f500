"""Models of grades that others published, fitted to the files that they left: the printed numbers, made again.

Each takes the authors' file as a frame and returns a long table of results: ``model``, ``term`` (a term, a group, or
WHOLE for a number of the whole model), ``quantity`` and ``value``. Which model the authors fitted is what their own
scripts say; nothing of a file's rows is in the table.

Webb, Bennett and Bywaters (2022): good or outstanding on preventative and safeguarding spend in £100 a child and the
decile of deprivation, random intercepts of authority and year crossed, by Laplace's approximation; spend is that of
the file, without a lag of ours. Beside it the same with preventative spend split into an authority's mean and the
deviation from it.

Bach-Mortensen, Goodair and Barlow (2022), Table 4: cumulative logit of the latest judgement with an indicator of each
region but one; the first two models have a term of scale, the third a nominal one. A term of scale makes slopes hold
where it is nil, so the first two stand here once more with that term less its mean, where they hold for the average
authority.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.data.definitions.checks import check_columns

from .crossed_logistic import CrossedLogistic, CrossedLogisticSpecification, crossed_logistic
from .cumulative import Cumulative, CumulativeSpecification, cumulative
from .multilevel import TermEstimate
from .mundlak import between_name, within_between, within_name

KEY = ("model", "term", "quantity")
COLUMNS = (*KEY, "value")
WHOLE = "model"
SIGNIFICANT = 6
"""Digits of a value that are kept: more than anybody printed, fewer than an optimiser leaves open."""

_Row = tuple[str, str, str, float]

WEBB_TERMS = {
    "prevention": "exp_ehfs_perchild",
    "safeguarding": "exp_sg_perchild",
    "deprivation": "imd_decile",
}
_HUNDREDS = ("prevention", "safeguarding")
_WEBB_GROUPS = {"authority": "UTLA18CD", "year": "year"}

GRADES = ("Inadequate", "Requires improvement to be good", "Good", "Outstanding")
BACH_TERMS = {
    "for_profit": "profit",
    "deprivation": "imd",
    "female": "female",
    "children_in_care": "n",
    "white": "white",
    "under_18": "under18",
}


@dataclass(frozen=True)
class _Judgement:
    """One model of Table 4: the judgement's column, and which of BACH_TERMS stand where."""

    column: str
    terms: tuple[str, ...]
    scale: tuple[str, ...] = ()
    nominal: tuple[str, ...] = ()


BACH_MODELS = {
    "overall": _Judgement(
        "over", ("for_profit", "deprivation", "female", "children_in_care"), scale=("white",)
    ),
    "leadership": _Judgement(
        "lead", ("for_profit", "female", "children_in_care", "white", "under_18"), scale=("deprivation",)
    ),
    "protection": _Judgement(
        "safe", ("for_profit", "deprivation", "female", "white", "under_18"), nominal=("children_in_care",)
    ),
    "care": _Judgement(
        "exper", ("for_profit", "deprivation", "female", "children_in_care", "white", "under_18")
    ),
}


def webb_2022(file: pd.DataFrame) -> pd.DataFrame:
    """Return results of Webb, Bennett and Bywaters (2022) from their file of 374 inspections.

    Models: ``intercepts`` alone, ``published``, ``within_between``. Odds ratios are for £100 a child and for one
    decile. Raises DataError for a missing column, or a model that can't be had.
    """
    check_columns(
        file.columns, [*WEBB_TERMS.values(), *_WEBB_GROUPS.values(), "good_or_outstanding"], "data.csv"
    )
    rows = pd.DataFrame({name: file[column].astype(float) for name, column in WEBB_TERMS.items()})
    rows[list(_HUNDREDS)] /= 100
    rows = rows.assign(
        good=file["good_or_outstanding"].astype(int),
        **{name: file[column] for name, column in _WEBB_GROUPS.items()},
    )
    split = within_between(rows, ["prevention"], "authority")
    parts = (within_name("prevention"), between_name("prevention"), "safeguarding", "deprivation")
    terms = {"intercepts": (), "published": tuple(WEBB_TERMS), "within_between": parts}

    def results() -> Iterator[_Row]:
        for model, names in terms.items():
            asked = CrossedLogisticSpecification("good", names, tuple(_WEBB_GROUPS))
            fitted = crossed_logistic(split, asked)
            yield from _terms(model, fitted.terms, names)
            yield from ((model, group, "sd", sd) for group, sd in fitted.group_sds.items())
            yield from _of_model(model, fitted)

    return _table(results())


def bach_mortensen_2022(file: pd.DataFrame) -> pd.DataFrame:
    """Return results of Bach-Mortensen, Goodair and Barlow (2022), Table 4, from their file of 148 authorities.

    Models: those of BACH_MODELS, and ``overall_at_mean`` and ``leadership_at_mean``, whose term of scale is less its mean.
    Raises DataError for a missing column, or a model that can't be had.
    """
    columns = [judgement.column for judgement in BACH_MODELS.values()]
    check_columns(file.columns, [*BACH_TERMS.values(), *columns, "region"], "ladata_submitted.csv")
    rows = pd.DataFrame(
        {name: pd.to_numeric(file[column], errors="coerce") for name, column in BACH_TERMS.items()}
    )
    regions = pd.get_dummies(file["region"].astype(str), dtype=float).iloc[:, 1:]
    rows = pd.concat([rows, regions], axis=1).assign(
        **{
            name: pd.Categorical(file[judgement.column], GRADES, ordered=True)
            for name, judgement in BACH_MODELS.items()
        }
    )

    def results() -> Iterator[_Row]:
        for name, judgement in BACH_MODELS.items():
            yield from _bach(name, name, judgement, rows, tuple(regions))
            if judgement.scale:
                used = rows.dropna(subset=[name, *judgement.terms, *judgement.scale])
                centred = rows.assign(**{term: rows[term] - used[term].mean() for term in judgement.scale})
                yield from _bach(f"{name}_at_mean", name, judgement, centred, tuple(regions))

    return _table(results())


def _bach(
    model: str, outcome: str, judgement: _Judgement, rows: pd.DataFrame, regions: tuple[str, ...]
) -> Iterator[_Row]:
    asked = CumulativeSpecification(outcome, (*judgement.terms, *regions), judgement.scale, judgement.nominal)
    fitted = cumulative(rows, asked)
    yield from _terms(model, fitted.terms, judgement.terms)
    yield from _terms(model, fitted.scale_terms, judgement.scale, "spread_ratio")
    yield from _of_model(model, fitted)


def _terms(
    model: str, terms: Iterable[TermEstimate], names: Collection[str], ratio: str = "odds_ratio"
) -> Iterator[_Row]:
    """Yield each named term's ratio, its limits, and the ratio's standard error by the delta method."""
    for term in terms:
        if term.term in names:
            yield model, term.term, ratio, term.estimate
            yield model, term.term, "standard_error", term.estimate * term.standard_error
            yield model, term.term, "conf_low", term.conf_low
            yield model, term.term, "conf_high", term.conf_high


def _of_model(model: str, fitted: CrossedLogistic | Cumulative) -> Iterator[_Row]:
    yield model, WHOLE, "observations", float(fitted.n_observations)
    yield model, WHOLE, "log_likelihood", fitted.log_likelihood
    yield model, WHOLE, "aic", fitted.aic
    yield model, WHOLE, "bic", fitted.bic


def _table(rows: Iterable[_Row]) -> pd.DataFrame:
    """Return results as text of ``SIGNIFICANT`` digits, in the order in which they were made."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(value=[f"{value:.{SIGNIFICANT}g}" for value in table["value"]])


PUBLISHED_MODELS: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "webb_2022": webb_2022,
    "bach_mortensen_2022": bach_mortensen_2022,
}
"""By publication whose file the authors left: from that file to the results."""
