"""Which authority is meant: one resolver of names and codes for commands, parameters, official files and reports.

Upper-tier authorities of England since 2009 stand in ``cleaning/authorities.csv``, other names of theirs in
``cleaning/authority_names.csv``. A number of the Department for Education (LA number) that goes on through a recode
is one authority under its newest code: «E10000002» and «E06000060» are both Buckinghamshire. What was divided or merged
is another authority than what came of it: «Cumbria», «Northamptonshire» and «Bournemouth» are those that ended, and
«Dorset» is the one that goes on, «Dorset (to 2019)» or «Dorset County Council» the one before.

Light to import, for every check of a parameter does.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

from analysis.errors import DataError, RequestError, nearest
from analysis.files.csv_files import read_table

ENGLAND_CODE = "E92000001"
TABLE, NAMES_TABLE = "authorities.csv", "authority_names.csv"
COLUMNS = ("authority_code", "la_number", "name", "region_code", "region", "first_year", "last_year")

_CODE = re.compile(r"E\d{8}", re.I)
# Words that names of one authority have or lack as it pleases the writer.
_FILLERS = {
    "and", "of", "the", "upon", "on", "in", "with", "royal", "london", "borough", "county", "city",
    "council", "metropolitan", "district", "unitary", "corporation", "authority",
    "mbc", "mdc", "lbc", "cbc", "bc", "cc", "dc", "lb", "rb",
}  # fmt: skip
_CITY_OF_LONDON = re.compile(r"city of london|london corporation|corporation of london")
_MOST_NAMED = 6


@dataclass(frozen=True)
class Authority:
    """An authority: its newest code and official name, its former codes (oldest first), and the 1 April of its first and
    last year (None: before 2009, or it goes on).
    """

    code: str
    name: str
    former_codes: tuple[str, ...]
    first_year: int | None
    last_year: int | None

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that it has had, the newest last."""
        return (*self.former_codes, self.code)


def plain(text: str) -> str:
    """Return ``text`` in small letters with straight apostrophes and single spaces."""
    return re.sub(r"\s+", " ", re.sub("[’‘`]", "'", text)).strip().lower()


@lru_cache(4096)
def name_key(name: str) -> tuple[str, ...]:
    """Return the words that tell one authority from another, in order: without case, punctuation, «London Borough of»."""
    text = re.sub(r"[&,-]", " ", plain(name))
    if _CITY_OF_LONDON.search(text):
        return ("city of london",)
    words = re.findall(r"[a-z']+", text)
    return tuple("st" if word == "saint" else word for word in words if word not in _FILLERS)


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Return the table of authority codes as text, a row a code.

    Raises DataError with file, row and column where it was damaged.
    """
    path = files(__package__).joinpath(TABLE)
    table = read_table(
        path, COLUMNS, ["authority_code"], COLUMNS[:5], ["la_number", "first_year", "last_year"]
    )
    for line, row in enumerate(table, start=2):
        if not _CODE.fullmatch(row["authority_code"]):
            raise DataError(
                f"{TABLE} row {line}: column 'authority_code': '{row['authority_code']}' is no ONS code"
            )
    return tuple(table)


def names_by_code() -> dict[str, str]:
    """Return the official name of every authority code since 2009."""
    return {row["authority_code"]: row["name"] for row in rows()}


def _year(text: str) -> int | None:
    return int(text) if text else None


@cache
def authorities() -> tuple[Authority, ...]:
    """Return every authority since 2009 in the order of the table's newest codes."""
    by_number: dict[str, list[dict[str, str]]] = {}
    for row in rows():
        by_number.setdefault(row["la_number"], []).append(row)
    listed = []
    for group in by_number.values():
        ordered = sorted(group, key=lambda row: row["last_year"] or "9999")
        *former, last = ordered
        codes = tuple(row["authority_code"] for row in former)
        first, end = _year(ordered[0]["first_year"]), _year(last["last_year"])
        listed.append(
            Authority(
                code=last["authority_code"],
                name=last["name"],
                former_codes=codes,
                first_year=first,
                last_year=end,
            )
        )
    return tuple(sorted(listed, key=lambda authority: authority.code))


@cache
def _by_code() -> dict[str, Authority]:
    return {code: authority for authority in authorities() for code in authority.codes}


@cache
def _by_key() -> dict[tuple[str, ...], Authority]:
    """Authorities by the key of an official name, present or former; of two the one that lasted longer."""
    of_code = _by_code()
    ordered = sorted(rows(), key=lambda row: row["last_year"] or "9999")
    return {name_key(row["name"]): of_code[row["authority_code"]] for row in ordered}


@cache
def other_names() -> tuple[dict[str, str], ...]:
    """Return other names: ``other_name``, the official ``name``, and whether titles of reports use it.

    Raises DataError where one stands twice or is of no authority.
    """
    path = files(__package__).joinpath(NAMES_TABLE)
    columns = ("other_name", "name", "in_report_titles")
    table = read_table(path, columns, ["other_name"], columns[:2])
    official = {authority.name for authority in authorities()}
    for line, row in enumerate(table, start=2):
        if row["name"] not in official:
            raise DataError(
                f"{NAMES_TABLE} row {line}: column 'name': '{row['name']}' is no authority"
                f"{nearest(row['name'], official)}"
            )
    return tuple(table)


@cache
def _by_other_name() -> dict[str, Authority]:
    of_name = {authority.name: authority for authority in authorities()}
    return {plain(row["other_name"]): of_name[row["name"]] for row in other_names()}


@cache
def _by_other_key() -> dict[tuple[str, ...], Authority]:
    """Other names by key, where the key keeps every word: «Royal Borough of Kingston» is one, «Kingston» isn't."""
    by_key = {}
    for text, authority in _by_other_name().items():
        key = name_key(text)
        if len(key) == len(re.findall(r"[a-z']+", text)) and key not in _by_key():
            by_key[key] = authority
    return by_key


def by_official_name(name: str) -> Authority | None:
    """Return the authority of an official name, as official tables have it, or None: short names don't count."""
    return _by_key().get(name_key(name))


def find(name_or_code: str) -> Authority | None:
    """Return the authority of a name or ONS code, or None where it is none or can't be told.

    Names count without case, punctuation and words such as «London Borough of», «County» or «Council»; a name with a
    comma also the other way round («Sussex, West»).
    """
    text = plain(name_or_code)
    authority = _by_code().get(text.upper()) or _by_other_name().get(text)
    if authority:
        return authority
    ways = [text]
    if text.count(",") == 1:
        ways.append(" ".join(reversed(text.split(","))))
    for way in ways:
        key = name_key(way)
        if authority := _by_key().get(key) or _by_other_key().get(key):
            return authority
    return None


def resolve(name_or_code: str) -> Authority:
    """Return the authority of a name or ONS code, as ``find`` does.

    Raises RequestError that names those that hold the words asked for, or else the nearest name or code.
    """
    authority = find(name_or_code)
    if authority:
        return authority
    raise RequestError(f"unknown authority '{name_or_code}'{_hint(name_or_code)}")


def _hint(name: str) -> str:
    """What was meant, perhaps: names that hold the words asked for, or their beginnings, before those that look alike."""
    if re.fullmatch(r"\s*E\d+\s*", name, re.I):
        return nearest(name.strip(), _by_code())
    asked = name_key(name) or tuple(re.findall(r"[a-z']+", plain(name)))
    for begins in (str.__eq__, str.startswith):
        holding = [
            authority.name
            for authority in authorities()
            if asked and all(any(begins(word, part) for word in _words(authority.name)) for part in asked)
        ]
        if holding:
            return f"; did you mean {_listed(holding)}?"
    others = [row["other_name"] for row in other_names()]
    return nearest(name, [*(authority.name for authority in authorities()), *others])


def _words(name: str) -> set[str]:
    return {*name_key(name), *re.findall(r"[a-z']+", plain(name))}


def _listed(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names[:_MOST_NAMED]]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def code_at(name: str, day: str) -> str | None:
    """Return the ONS code that an authority had on a day (ISO), by name; None where no authority has the name.

    Authorities begin and end on a 1 April. Of two of one name, such as Dorset's, the one of the day is meant; before the
    first or after the last, the nearest code stands.
    """
    key = name_key(name)
    other = find(name)
    named = [row for row in rows() if name_key(re.sub(r"\(.*", "", row["name"])) == key]
    if not named and other:
        named = [row for row in rows() if row["authority_code"] in other.codes]
    moment = date.fromisoformat(day)
    year = moment.year - (moment < date(moment.year, 4, 1))
    alive = [
        row for row in named if (_year(row["first_year"]) or 0) <= year < (_year(row["last_year"]) or 9999)
    ]
    candidates = alive or named
    return candidates[-1]["authority_code"] if candidates else None


def codes_in(names: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of authorities among the codes ``present`` in a table; each once, in the order of ``names``.

    Areas of several authorities stand under their codes joined by ``+`` and may be asked for so. Raises RequestError
    for an unknown authority, and where the table has none of its codes.
    """
    present = set(present)
    chosen = []
    for name in names:
        if name.strip().upper() in present:
            chosen.append(name.strip().upper())
            continue
        authority = resolve(name)
        codes = [code for code in reversed(authority.codes) if code in present]
        if not codes:
            raise RequestError(_absent(authority, present))
        chosen.append(codes[0])
    return tuple(dict.fromkeys(chosen))


def _absent(authority: Authority, present: set[str]) -> str:
    areas = [area for area in present if set(authority.codes) & set(area.split("+"))]
    if areas:
        return f"{authority.name} is part of an area that keeps its boundary here; ask for '{areas[0]}'"
    if authority.last_year:
        return f"{authority.name} ended in {authority.last_year}; there are no figures of it here"
    return f"{authority.name} has no figures here"
