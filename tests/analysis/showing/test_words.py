"""Every sentence that a report can say, with values at their edges, and what is refused in a file of words."""

import json
import re
from math import gcd, prod
from pathlib import Path

import pytest
from jinja2 import nodes

from analysis import showing
from analysis.errors import DataError, RequestError
from analysis.showing.words import FILE, Words, words_of

PACKAGES = Path(showing.__file__).parents[2]
FILES = sorted(PACKAGES.glob(f"analysis/**/{FILE}"))
SPEAKING = [".".join(path.relative_to(PACKAGES).parent.parts) for path in FILES]
ONE_OF_MANY = re.compile(
    r"(?<![\d,.])1 (?!(?:was|is|has|as|does|shows|reaches|stands|passes|finds|looks|survives|analysis)\b)[a-z]*[a-rt-z]s\b"
)
NOT_PUT_INTO_WORDS = re.compile(r"\bnan\b|\bNone\b(?! (?:of|for) )")
NUMBERS = {"number", "amount", "plain", "percent", "p_value", "probability", "interval"}
EDGES = {
    "number": (None, float("nan"), -0.0004, 0, 1, 12345.678),
    "count": (0, 1, 2, 12345),
    "listed": ([], ["one"], ["one", "two", "three"]),
}
EDGES["with_interval"] = tuple((value,) * 3 for value in EDGES["number"])
EDGES["of_100"] = (
    (None,) * 4,
    (float("nan"),) * 4,
    (0, 0, 0, 0.4),
    (63.3, 49.4, 43.6, 55.2),
    (53.0, 53.2, 46.6, 62.2),
)
EDGES["difference"] = (*EDGES["with_interval"], (-2.55, -3.4, -1.7), (0.2, -0.4, 0.8))


def kinds_of(words: Words, name: str) -> dict[str, str]:
    """What each value of a sentence is, by the filter or function that puts it into words; text where there is none."""
    tree = words._environment.parse(words.sentences[name])
    kinds = {value: "count" if value.startswith("n_") else "text" for value in words.values_of(name)}
    for node in tree.find_all((nodes.Filter, nodes.Call)):
        of = node.name if isinstance(node, nodes.Filter) else node.node.name
        kind = "number" if of in NUMBERS else of if of in EDGES else "text"
        for inner in node.find_all(nodes.Name):
            if inner.name in kinds and kinds[inner.name] != "count":
                kinds[inner.name] = (
                    "digits" if "digits" in inner.name else "text" if "unit" in inner.name else kind
                )
        for item in node.find_all(nodes.Getitem):
            kinds[item.node.name] = "several numbers"
    return kinds


def edges_of(kind: str):
    if kind == "several numbers":
        return [(value,) * 4 for value in EDGES["number"]]
    return {"digits": (0, 2), "text": ("text",)}.get(kind) or EDGES[kind]


def cases_of(edges, most=200):
    """About ``most`` of all combinations of values, evenly spaced and each value at each of its edges; none is kept."""
    size = prod(len(values) for values in edges)
    step = max(size // most, 1)
    while gcd(step, 6) > 1:
        step -= 1
    for number in range(0, size, step):
        case = []
        for values in edges:
            number, place = divmod(number, len(values))
            case.append(values[place])
        yield case


def wrong_in(text: str) -> str:
    """What no reader should meet in a sentence; empty where there is nothing."""
    if not text.strip():
        return "nothing said"
    for wrong in ("{{", "}}", "-0.0", "−0.0 ", "  ", " ,", " .", "..", "( "):
        if wrong in text:
            return repr(wrong)
    if NOT_PUT_INTO_WORDS.search(text):
        return "a missing value"
    return "one of what is many" if ONE_OF_MANY.search(text) else ""


@pytest.mark.parametrize("package", SPEAKING)
def test_every_sentence_reads_well_with_values_at_their_edges(package):
    """Every sentence is told that doesn't, by its first case."""
    words, told = words_of(package), {}
    for name in words.sentences:
        kinds = kinds_of(words, name)
        for case in cases_of([edges_of(kind) for kind in kinds.values()]):
            text = words.say(name, **dict(zip(kinds, case, strict=True)))
            if wrong := wrong_in(text):
                told.setdefault(name, f"{wrong} in {text!r}")
    assert not told


BANNED = (
    "doesn't tell itself", "more of the one", "holds both nothing", "net of", "is held better", "of it:", "a dash:",
    "odds of 1", "different by", "nought", "worth caring", "put up with", "to hand", "«", "»", "hereby", "inter alia",
    "in order to", "utilise", "leverage", "it should be noted", "interestingly",
)  # fmt: skip
"""Turns of translated or padded English that no reader should meet."""
MACHINE_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+){1,}\b")
NOTEBOOKS = sorted((PACKAGES.parent / "notebooks").glob("*.ipynb"))


def prose_of(path):
    """The markdown of a notebook, or the sentences of a file of words less their templates' own names."""
    if path.suffix == ".ipynb":
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"^=== .*$", "", text, flags=re.MULTILINE)
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", [*FILES, *NOTEBOOKS], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_turn_of_translated_english_and_no_machine_name_stands_in_prose(path):
    text = prose_of(path)
    assert text.strip()
    assert not [turn for turn in BANNED if turn in text.casefold()]
    in_code = re.sub(r"`[^`]*`", "", text)  # what a reader is to type stands in code
    assert not MACHINE_NAME.findall(in_code)


def test_every_folder_of_a_report_that_speaks_has_its_words():
    speaking = {path.parent for path in PACKAGES.glob("analysis/**/words.py")}
    assert {path.parent for path in FILES} == {
        *speaking,
        PACKAGES / "analysis/claims",
        PACKAGES / "analysis/run",
    }


def test_lines_of_a_paragraph_are_joined_and_items_stay_apart():
    words = Words(
        "a.report", "=== said\nOne line\nand {{ n | count('year') }}.\n\n- first\n  of two\n- second\n"
    )
    assert words.say("said", n=1) == "One line and 1 year.\n\n- first of two\n- second"


@pytest.mark.parametrize(
    "text, values, problem",
    [
        (
            "=== said\n{{ missing }}\n",
            {"given": 1},
            "report/words.md: 'said': 'missing' is undefined; the report gives given",
        ),
        ("=== said\n{{ open\n", {}, "report/words.md: 'said': "),
        ("=== said\none\n=== said\ntwo\n", {}, "report/words.md: 'said' stands twice"),
    ],
)
def test_words_that_cannot_be_said_are_refused_by_file_and_name(text, values, problem):
    with pytest.raises(DataError) as caught:
        Words("a.report", text).say("said", **values)
    assert str(caught.value).startswith(problem)


def test_an_unknown_sentence_is_told_with_the_nearest_right_name():
    with pytest.raises(
        RequestError, match=r"report/words.md: unknown sentence 'resul'; did you mean 'result'\?"
    ):
        Words("a.report", "=== result\nText.\n").say("resul")
