"""The register as it is written down: claims with estimands, sources, tests and published estimates, read and checked.

Each claim is one file of the folder ``register``, called by its identifier; a claim of one's own is a file beside them.
"""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from analysis.errors import RequestError, unknown
from analysis.files.yaml_files import read_yaml

from .estimand import Design, Estimand, OutcomeOf, Rating, Standing
from .estimand import Expected as EstimandExpected
from .first_rule import Expected, FirstRule, more_than_half
from .rule import Rule

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Made = TypeVar("_Made", bound="DataclassInstance")

REGISTER, RULE, LITERATURE = "register", "rule.yml", "literature.yml"


@dataclass(frozen=True)
class Source:
    """Where a claim stands: the document, and the page, paragraph or part of it."""

    document: str
    place: str


@dataclass(frozen=True)
class Hypothesis:
    """What would have to hold across authorities for a claim to be supported, in words."""

    exposure: str
    outcome: str
    expected: str


@dataclass(frozen=True)
class DirectTest:
    """A recorded finding, ``run/finding``, and the direction that the claim expects of it.

    It is told beside a claim, and the first edition's rule judges by it.
    """

    finding: str
    expected: Expected

    @property
    def run(self) -> str:
        """The run whose results hold the finding."""
        return self.finding.rpartition("/")[0]


@dataclass(frozen=True)
class Published:
    """A published estimate to set beside ours; one without a number has none of ``estimate`` and its limits."""

    id: str
    reference: str
    design: str
    finding: str
    scale: str = ""
    estimate: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None


@dataclass(frozen=True)
class Claim:
    """A claim in our words, with what bears on it: an ``estimand``, or in ``not_testable`` why it has none."""

    id: str
    claim: str
    sources: tuple[Source, ...]
    would_change: str
    hypothesis: Hypothesis | None = None
    estimand: Estimand | None = None
    tests: tuple[DirectTest, ...] = ()
    needed: int = 0
    cautions: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    not_testable: str = ""


@dataclass(frozen=True)
class Register:
    """The rule, that of the first edition, and the claims by identifier."""

    rule: Rule
    first_rule: FirstRule
    claims: tuple[Claim, ...]

    def claim(self, name: str) -> Claim:
        """Return a claim by its identifier, in capitals or not; raises RequestError with the nearest right one."""
        for claim in self.claims:
            if claim.id.casefold() == name.casefold():
                return claim
        raise unknown("claim", name, [claim.id for claim in self.claims])

    def runs(self) -> tuple[str, ...]:
        """Return the runs whose results are told beside a claim, in order of appearance."""
        return tuple(dict.fromkeys(one.run for claim in self.claims for one in claim.tests))


@cache
def register() -> Register:
    """Return the package's register; raises RequestError as ``read_register`` does."""
    return read_register(Path(str(resources.files(__package__))))


@cache
def published_estimates() -> dict[str, Published]:
    """Return the published estimates of the package by identifier."""
    path = Path(str(resources.files(__package__))) / LITERATURE
    return {name: _published(name, entry, path.name) for name, entry in _document(path).items()}


def read_register(folder: Path) -> Register:
    """Return a register from ``folder``: a file a claim in ``register``, beside ``rule.yml`` and ``literature.yml``.

    Raises RequestError, with file and claim, for an unknown or missing key, a direction that isn't one, a rule that no
    result can satisfy, a published estimate that isn't in the literature, an estimand that no figures could answer, or a
    claim that has neither an estimand nor a reason why it has none.
    """
    rules = _document(folder / RULE, {"rule", "first"})
    literature = {
        name: _published(name, entry, LITERATURE) for name, entry in _document(folder / LITERATURE).items()
    }
    files = sorted((folder / REGISTER).glob("*.yml"))
    if not files:
        raise RequestError(f"{REGISTER}: holds no claim; restore it")
    claims = tuple(_claim(path.stem, _document(path), literature, path.name) for path in files)
    rule = _made(Rule, rules["rule"], f"{RULE}: rule")
    return Register(rule, _made(FirstRule, rules["first"], f"{RULE}: first"), claims)


def check_runs(asked: Register, study_runs: Collection[str]) -> None:
    """Raise RequestError for a test of a run that the study doesn't have, with the nearest right name."""
    for claim in asked.claims:
        for test in claim.tests:
            if test.run not in study_runs:
                raise unknown("run", test.run, study_runs, f"{claim.id}.yml")


def check_findings(asked: Register, results: Collection[Mapping[str, Any]]) -> None:
    """Raise RequestError for a test whose run has recorded findings, but none of that name."""
    by_run = {
        str(result["name"]): [str(entry.get("name")) for entry in result["values"].get("findings", ())]
        for result in results
        if not result.get("stale")
    }
    for claim in asked.claims:
        for test in claim.tests:
            run, _, name = test.finding.rpartition("/")
            if run in by_run and name not in by_run[run]:
                raise unknown("finding", name, by_run[run], f"{claim.id}.yml: {run}")


def _document(path: Path, keys: Collection[str] = ()) -> dict[str, Any]:
    document = read_yaml(path)
    if not isinstance(document, dict) or any(key not in document for key in keys):
        raise RequestError(f"{path.name}: must map {', '.join(sorted(keys)) or 'names to entries'}")
    return document


def _made(kind: type[_Made], entry: Any, where: str, **given: Any) -> _Made:
    """Return a frozen dataclass from a mapping of the file; names what is unknown or missing."""
    known = {one.name for one in fields(kind)}
    if not isinstance(entry, Mapping):
        raise RequestError(f"{where}: must be a mapping with {', '.join(sorted(known - set(given)))}")
    for key in entry:
        if key not in known:
            raise unknown("key", str(key), known, where)
    values = {**entry, **given}
    needed = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    if missing := [name for name in needed if name not in values]:
        raise RequestError(f"{where}: {', '.join(missing)} is missing")
    for one in fields(kind):
        if one.name in values and one.type in _PLAIN:
            _refuse_unless_plain(values[one.name], one.type, f"{where}: {one.name}")
    try:
        return kind(**values)
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from error


# What a file may give for a field of that type, and how it is called.
_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "text"),
    Expected: ((str,), "text"),
    Design: ((str,), "text"),
    EstimandExpected: ((str,), "text"),
    Rating: ((str,), "text"),
    Standing: ((str,), "text"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    float | None: ((int, float, type(None)), "a number"),
}


def _refuse_unless_plain(value: Any, kind: Any, where: str) -> None:
    types, called = _PLAIN[kind]
    if not isinstance(value, types) or isinstance(value, bool) or value != value:
        raise RequestError(f"{where}: {value!r} is not {called}")


def _listed(entry: Mapping[str, Any], key: str, kind: type, where: str) -> list[Any]:
    """Return the list under a key, empty where there is none; raises RequestError where it is anything else."""
    found = entry.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, kind) for one in found):
        raise RequestError(f"{where}: {key}: must be a list of {'texts' if kind is str else 'mappings'}")
    return found


def _published(name: str, entry: Any, where: str) -> Published:
    return _made(Published, entry, f"{where}: {name}", id=name)


def _claim(name: str, entry: Any, published: Mapping[str, Published], where: str) -> Claim:
    tests = tuple(_test(one, where) for one in _listed(entry, "tests", dict, where))
    given: dict[str, Any] = {
        "id": name,
        "sources": tuple(
            _made(Source, one, f"{where}: sources") for one in _listed(entry, "sources", dict, where)
        ),
        "tests": tests,
        "needed": entry.get("needed", more_than_half(len(tests)) if tests else 0),
        "published": tuple(_known(one, published, where) for one in _listed(entry, "published", str, where)),
        "cautions": tuple(_listed(entry, "cautions", str, where)),
    }
    if "hypothesis" in entry:
        given["hypothesis"] = _made(Hypothesis, entry["hypothesis"], f"{where}: hypothesis")
    if "estimand" in entry:
        given["estimand"] = _estimand(entry["estimand"], f"{where}: estimand")
    return _checked(_made(Claim, entry, where, **given), where)


def _estimand(entry: Any, where: str) -> Estimand:
    if not isinstance(entry, Mapping):
        raise RequestError(f"{where}: must be a mapping")
    outcomes = entry.get("outcomes")
    if not isinstance(outcomes, Mapping) or not outcomes:
        raise RequestError(f"{where}: outcomes: must map each outcome to what the claim expects of it")
    given = {
        "outcomes": tuple(
            _made(OutcomeOf, one, f"{where}: outcomes: {name}", name=str(name))
            for name, one in outcomes.items()
        ),
        "window": _whole_numbers(entry.get("window"), f"{where}: window"),
        "gates": tuple(_listed(entry, "gates", str, where)),
    }
    made = _made(Estimand, entry, where, **given)
    try:
        made.check()
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from error
    return made


def _whole_numbers(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or any(isinstance(one, bool) or not isinstance(one, int) for one in value):
        raise RequestError(f"{where}: must be a list of whole numbers of years, as in [0, 1]")
    return tuple(value)


def _test(entry: Any, where: str) -> DirectTest:
    test = _made(DirectTest, entry, f"{where}: tests")
    if test.expected not in get_args(Expected):
        raise unknown("expected", str(test.expected), get_args(Expected), where)
    if not test.run:
        raise RequestError(f"{where}: tests: '{test.finding}' must be written run/finding")
    return test


def _known(name: str, published: Mapping[str, Published], where: str) -> Published:
    if name not in published:
        raise unknown("published estimate", str(name), published, where)
    return published[name]


def _checked(claim: Claim, where: str) -> Claim:
    if bool(claim.estimand) == bool(claim.not_testable):
        raise RequestError(
            f"{where}: give it an estimand, or say in 'not_testable' why it has none; not both"
        )
    if claim.estimand and claim.hypothesis is None:
        raise RequestError(f"{where}: it has an estimand and no hypothesis")
    if not claim.sources:
        raise RequestError(f"{where}: say in 'sources' where the claim stands")
    if claim.tests and not 1 <= claim.needed <= len(claim.tests):
        raise RequestError(
            f"{where}: needed: {claim.needed} of {len(claim.tests)} tests can't be met by any results; "
            f"choose 1 to {len(claim.tests)}"
        )
    return _without_repeats(claim, where)


def _without_repeats(claim: Claim, where: str) -> Claim:
    names = [test.finding for test in claim.tests]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(f"{where}: test '{name}' stands twice")
    return claim
