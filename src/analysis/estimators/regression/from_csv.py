"""One regression on any CSV: ``plan-drift fit``, for a panel of one's own or a comparison with other software."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, RequestError, nearest

from .estimate import Coefficient, FittedRegression, fit_regression
from .sample import Sample, variable_names
from .scores import cluster_scores, design_of, slope_of
from .small_sample import small_sample_factor
from .specification import Estimator, Specification

#: Cells that stand for no value: what pandas, R, Stata and spreadsheets write. Publishers' markers are not among
#: them: a withheld value must be made missing knowingly.
MISSING = frozenset(
    {"", ".", "NA", "N/A", "#N/A", "NaN", "nan", "-nan", "<NA>", "NULL", "null", "None", "n/a"}
)
_TRUTH = {"true": 1.0, "false": 0.0}

_NUMBERS = ("estimate", "standard_error", "t_statistic", "p_value", "conf_low", "conf_high")
_DONE = {
    "pooled": "ordinary least squares with a constant and no effects",
    "two-way": "least squares with a fixed effect for each {entity} and each {time}",
    "first-differences": (
        "least squares on differences between consecutive years of {time} (later less earlier by exactly 1; a "
        "gap gives no difference), with a fixed effect for each year and so no separate constant"
    ),
}


def _text(path: Path) -> str:
    """Return the file's text: UTF-8 with or without a byte order mark, or UTF-16 with one."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise RequestError(f"{path}: a folder, not a CSV file") from None
    except FileNotFoundError:
        siblings = [entry.name for entry in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        raise RequestError(f"{path}: no such file{nearest(path.name, siblings)}") from None
    except OSError as error:
        raise RequestError(f"{path}: can't be read ({error.strerror})") from None
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        name = encoding.removesuffix("-sig").upper()
        raise DataError(f"{path}: line {line} is not {name}; save the file as UTF-8") from None


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows with the line on which each ends; empty lines are passed over."""
    text = _text(path)
    if "\0" in text:
        raise DataError(
            f"{path}: line {text.count(chr(10), 0, text.index(chr(0))) + 1} has a NUL; not a CSV file"
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: {error}; is the file cut short?") from None
    if not rows:
        raise DataError(f"{path}: empty")
    header = [name.strip() for name in rows[0][1]]
    if len(rows) == 1:
        raise DataError(f"{path}: no rows below the header")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise DataError(
                f"{path}: line {line} has {len(row)} fields where the header has {len(header)}; is it cut short?"
            )
    if text[-1] not in "\r\n" and text.rpartition("\n")[2].strip():
        raise DataError(
            f"{path}: line {rows[-1][0]}, the last, isn't ended, so that its last number may be cut short; end it with "
            "a line break if it is whole"
        )
    return header, rows[1:]


def _position(header: list[str], column: str, path: Path) -> int:
    places = [place for place, name in enumerate(header) if name == column.strip()]
    if len(places) == 1:
        return places[0]
    if places:
        raise DataError(f"{path}: {len(places)} columns are named '{column}'")
    hint = nearest(column, header) or ("; its columns: " + ", ".join(header) if len(header) <= 12 else "")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        hint = f"; the header is one field, '{header[0]}': separate fields by commas"
    raise RequestError(f"{path}: no column '{column}'{hint}")


def _number(cell: str) -> float:
    if cell in MISSING:
        return np.nan
    if (
        "_" in cell or not cell.isascii()
    ):  # Python reads 1_000 and digits of other scripts; other software doesn't
        raise ValueError(cell)
    return _TRUTH[cell.lower()] if cell.lower() in _TRUTH else float(cell)


def _numeric(cells: list[str], lines: list[int], column: str, path: Path) -> np.ndarray:
    values = np.empty(len(cells))
    for place, cell in enumerate(cells):
        try:
            values[place] = _number(cell)
        except ValueError:
            hint = "; leave the cell empty where there is no value" if len(cell) < 3 else ""
            raise DataError(
                f"{path}: line {lines[place]}, {column}: '{cell}' is not a number{hint}"
            ) from None
    return values


def _key(cells: list[str]) -> np.ndarray:
    """Return identifiers: numbers where all of them are (so that 2017 and 2017.0 are one year), else text."""
    try:
        return np.array([_number(cell) for cell in cells])
    except ValueError:
        return np.array([None if cell in MISSING else cell for cell in cells], dtype=object)


def read_panel(path: str | Path, variables: Sequence[str], keys: Sequence[str]) -> pd.DataFrame:
    """Read columns of a CSV: ``variables`` as numbers, ``keys`` as numbers where all are and else as text.

    Raises RequestError for a file or column that isn't there, DataError with line and value for what can't be read.
    """
    path = Path(path)
    header, rows = _cells(path)
    lines = [line for line, _ in rows]
    columns = {}
    for column in dict.fromkeys([*variables, *keys]):
        place = _position(header, column, path)
        cells = [row[place].strip() for _, row in rows]
        columns[column] = _numeric(cells, lines, column, path) if column in variables else _key(cells)
    return pd.DataFrame(columns)


def _without_single_rows(frame: pd.DataFrame, specification: Specification) -> tuple[pd.DataFrame, int]:
    """Drop entities with one complete row, whatever the estimator, so that all are asked of the same entities."""
    names = [*variable_names(specification).values(), specification.entity, specification.time]
    complete = frame[[*dict.fromkeys([*names, specification.cluster])]].notna().all(axis=1)
    sizes = frame[complete].groupby(specification.entity)[specification.entity].transform("size")
    alone = sizes.index[sizes == 1]
    return frame.drop(index=alone), len(alone)


def _factors(fitted: FittedRegression) -> dict[str, float]:
    """Return by name of each rule the factor by which it multiplies the uncorrected variance; ours is first."""
    rows, specification = fitted.sample.rows, fitted.specification
    n, clusters, slopes = len(rows), fitted.correction.n_clusters, len(specification.regressors)
    counted = fitted.correction.n_parameters
    periods = rows["time"].nunique()
    every = {
        "pooled": slopes + 1,
        "two-way": slopes + rows["entity"].nunique() + periods - 1,
        "first-differences": slopes + periods,
    }[specification.estimator]
    group = clusters / (clusters - 1)
    rules = {
        "CR1, effects within clusters not counted (fixest, pyfixest, Stata reghdfe)": (group, n - 1, counted)
    }
    if specification.estimator == "two-way":
        rules["CR1, all effects counted (dummies in statsmodels or Stata regress, areg)"] = (
            group,
            n - 1,
            every,
        )
        rules["CR1, slopes only counted (linearmodels with group_debias and count_effects=False)"] = (
            group, n - 1, slopes,
        )  # fmt: skip
    rules["N/(N − K), all effects counted, clusters not (linearmodels by default)"] = (1.0, n, every)
    factors = {name: g * top / (n - k) for name, (g, top, k) in rules.items() if n > k}
    return {**factors, "CR0, no correction": 1.0}


def _other_differences(sample: Sample, specification: Specification) -> dict[str, Any]:
    """Return the estimate from differences without year effects, which some software means by the name."""
    rows, weights = sample.rows, sample.rows["weight"].to_numpy()
    controls = [name for name in variable_names(specification) if name.startswith("control")]
    variables = [rows[name].to_numpy() for name in ("outcome", *controls, "exposure")]
    clusters, labels = pd.factorize(rows["cluster"], sort=True)
    constant, definitions = np.ones((len(rows), 1)), {}
    for name, effects in (
        ("no year effects, a constant (R's plm)", constant),
        ("no year effects, no constant (linearmodels FirstDifferenceOLS)", constant[:, :0]),
    ):
        factor = small_sample_factor(len(rows), len(labels), effects.shape[1] + len(variables) - 1)
        design = design_of(variables, effects, weights, clusters, np.asarray(labels), factor)
        slope, error = slope_of(cluster_scores(design))
        definitions[name] = {"estimate": slope, "standard_error": error}
    return definitions


def _with_every_error(slope: Coefficient, factors: dict[str, float]) -> dict[str, Any]:
    """Return a slope's numbers, and its standard error under each of the rules whose ``factors`` are given, ours first."""
    uncorrected = slope.standard_error / np.sqrt(next(iter(factors.values())))
    by_rule = {rule: float(uncorrected * np.sqrt(factor)) for rule, factor in factors.items()}
    return {**{name: getattr(slope, name) for name in _NUMBERS}, "standard_error_by_rule": by_rule}


def _description(asked: Specification) -> str:
    done = _DONE[asked.estimator].format(entity=asked.entity, time=asked.time)
    single = f"an {asked.entity}" + (f" or {asked.time}" if asked.estimator == "two-way" else "")
    weighted = f"; rows weighted by {asked.weights} (analytic weights)" if asked.weights else ""
    if asked.weights and asked.estimator == "first-differences":
        weighted += ", a difference by 1/(1/earlier + 1/later)"
    return (
        f"{done}{weighted}; rows where every named column is present, less those of {single} left with one row; "
        f"errors clustered by {asked.cluster}"
    )


def _report(fitted: FittedRegression, n_alone: int) -> dict[str, Any]:
    asked, plain, factors = fitted.specification, fitted.estimate().as_dict(), _factors(fitted)
    exposure, *controls = (
        _with_every_error(fitted.coefficient(place), factors) for place in range(len(asked.regressors))
    )
    result = {name: plain[name] for name in (
        *_NUMBERS, "n_observations", "n_entities", "n_clusters", "n_periods", "n_dropped_incomplete",
        "n_dropped_singletons", "small_sample_rule",
    )}  # fmt: skip
    result["n_dropped_singletons"] += n_alone
    result |= exposure
    result["controls"] = dict(zip(asked.controls, controls, strict=True))
    if asked.estimator == "first-differences":
        result["other_definitions"] = _other_differences(fitted.sample, asked)
    result["specification"] = {name: plain["specification"][name] for name in (
        "outcome", "exposure", "controls", "estimator", "entity", "time", "cluster", "weights", "confidence_level",
    )}  # fmt: skip
    result["specification"]["description"] = _description(asked)
    return result


def fit_frame(frame: pd.DataFrame, specification: Specification) -> dict[str, Any]:
    """Estimate ``specification`` on ``frame`` as ``plan-drift fit`` does; returns JSON values.

    Entities with one complete row are dropped and counted for every estimator. ``standard_error_by_rule`` has the
    clustered error under the corrections that other software uses, the one reported first; ``controls`` has the same of
    every control by its column; ``other_definitions`` (first differences only) has the estimate without year effects.
    """
    kept, n_alone = _without_single_rows(frame, specification)
    if n_alone and kept.empty:
        kept, n_alone = frame, 0  # the refusal should count the rows that were given
    return _report(fit_regression(kept, specification), n_alone)


def fit_csv(
    path: str | Path,
    outcome: str,
    exposure: str,
    controls: Sequence[str] = (),
    entity: str = "authority_code",
    time: str = "year",
    cluster: str | None = None,
    estimator: Estimator = "two-way",
    weights: str | None = None,
) -> dict[str, Any]:
    """Regress ``outcome`` on ``exposure`` and ``controls`` over the rows of a CSV panel; returns JSON values.

    ``cluster`` defaults to the entity. ``weights`` names a column of analytic weights: a row's error is taken to have a
    variance in inverse proportion to them, and they must be above zero wherever the rest of a row is present.
    See ``fit_frame`` for what is returned; raises RequestError or DataError, one line each, for what can't be asked or
    answered.
    """
    if entity == time:
        raise RequestError(f"entity and time are the same column '{entity}'")
    specification = Specification(
        outcome=outcome,
        exposure=exposure,
        controls=tuple(controls),
        estimator=estimator,
        entity=entity,
        time=time,
        cluster=cluster or entity,
        weights=weights,
    )
    variables = (outcome, *specification.regressors, *filter(None, [weights]))
    frame = read_panel(path, variables, (entity, time, specification.cluster))
    return fit_frame(frame, specification)
