"""The register as it is written down: claims with estimands, sources, tests and published estimates, read and checked.

Each claim is one file of the folder ``register``, called by its identifier; a claim of one's own is a file beside them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from analysis.errors import RequestError, unknown
from analysis.files.entries import Entry, Flag, Number, Whole, read_entries, read_entry
from analysis.files.yaml_files import read_yaml

from .estimand import Estimand, OutcomeOf
from .first_rule import Expected, FirstRule, more_than_half
from .rule import Rule

REGISTER, RULE, LITERATURE = "register", "rule.yml", "literature.yml"


@dataclass(frozen=True)
class Source(Entry):
    """Where a claim stands: the document, and the page, paragraph or part of it."""

    document: str
    place: str


@dataclass(frozen=True)
class Hypothesis(Entry):
    """What would have to hold across authorities for a claim to be supported, in words."""

    exposure: str
    outcome: str
    expected: str


def _within_a_run(finding: str) -> str:
    if not finding.rpartition("/")[0]:
        raise ValueError(f"'{finding}' must be written run/finding")
    return finding


@dataclass(frozen=True)
class DirectTest(Entry):
    """A recorded finding, ``run/finding``, and the direction that the claim expects of it.

    It is told beside a claim, and the first edition's rule judges by it.
    """

    finding: Annotated[str, AfterValidator(_within_a_run)]
    expected: Expected

    @property
    def run(self) -> str:
        """The run whose results hold the finding."""
        return self.finding.rpartition("/")[0]


@dataclass(frozen=True)
class Published(Entry):
    """A published estimate to set beside ours; one without a number has none of ``estimate`` and its limits.

    ``reproduced`` where the report on reproduced studies makes it again.
    """

    id: str
    reference: str
    design: str
    finding: str
    scale: str = ""
    estimate: Number | None = None
    conf_low: Number | None = None
    conf_high: Number | None = None
    reproduced: Flag = False


@dataclass(frozen=True)
class Claim(Entry):
    """A claim in our words, with what bears on it: an ``estimand``, or in ``not_testable`` why it has none.

    ``short`` is the claim in a few words, for charts; ``in_short`` is the claim itself where there is none. ``tested`` says
    in a few words what was tested, or why nothing was, and stands beside a verdict: a claim may assert more.
    """

    id: str
    claim: str
    would_change: str
    sources: tuple[Source, ...] = ()
    hypothesis: Hypothesis | None = None
    estimand: Estimand | None = None
    tests: tuple[DirectTest, ...] = ()
    needed: Whole = 0
    cautions: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    not_testable: str = ""
    short: str = ""
    tested: str = ""

    @property
    def in_short(self) -> str:
        """The claim in a few words, without a full stop."""
        return self.short or self.claim.rstrip(".")


@dataclass(frozen=True)
class _Rules(Entry):
    rule: Rule
    first: FirstRule


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
        return tuple(dict.fromkeys(test.run for claim in self.claims for test in claim.tests))


@cache
def register() -> Register:
    """Return the package's register; raises RequestError as ``read_register`` does."""
    return read_register(Path(str(resources.files(__package__))))


@cache
def published_estimates() -> dict[str, Published]:
    """Return the published estimates of the package by identifier."""
    return _literature(Path(str(resources.files(__package__))))


def _literature(folder: Path) -> dict[str, Published]:
    return read_entries(Published, read_yaml(folder / LITERATURE), LITERATURE, "id", RequestError)


def read_register(folder: Path) -> Register:
    """Return a register from ``folder``: a file a claim in ``register``, beside ``rule.yml`` and ``literature.yml``.

    Raises RequestError, with file and claim, for an unknown or missing key, a direction that isn't one, a rule that no
    result can satisfy, a published estimate that isn't in the literature, an estimand that no figures could answer, or a
    claim that has neither an estimand nor a reason why it has none.
    """
    rules = read_entry(_Rules, read_yaml(folder / RULE), RULE, RequestError)
    literature = _literature(folder)
    files = sorted((folder / REGISTER).glob("*.yml"))
    if not files:
        raise RequestError(f"{REGISTER}: holds no claim; restore it")
    claims = tuple(_claim(path.stem, read_yaml(path), literature, path.name) for path in files)
    return Register(rules.rule, rules.first, claims)


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


def _claim(name: str, entry: Any, literature: Mapping[str, Published], where: str) -> Claim:
    entry = read_entry(dict[str, Any], entry, where, RequestError)
    made: dict[str, Any] = {}
    if "estimand" in entry:
        made["estimand"] = _estimand(entry["estimand"], f"{where}: estimand")
    if "published" in entry:
        names = read_entry(list[str], entry["published"], f"{where}: published", RequestError)
        made["published"] = [_known(key, literature, where) for key in names]
    claim = read_entry(Claim, {**entry, **made}, where, RequestError, id=name)
    if claim.tests and "needed" not in entry:
        claim = replace(claim, needed=more_than_half(len(claim.tests)))
    return _checked(claim, where)


def _estimand(entry: Any, where: str) -> Estimand:
    entry = read_entry(dict[str, Any], entry, where, RequestError)
    if "outcomes" in entry:
        place = f"{where}: outcomes"
        outcomes = read_entries(OutcomeOf, entry["outcomes"], place, "name", RequestError)
        entry = {**entry, "outcomes": list(outcomes.values())}
    estimand = read_entry(Estimand, entry, where, RequestError)
    try:
        estimand.check()
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from error
    return estimand


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
