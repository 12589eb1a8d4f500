"""Where a line may break inside the long words of a table, and which words of a text lead somewhere."""

import re

_LONGEST_WORD = 12
_HASH_PIECE = 8
_NUMBER = re.compile(r"[\d.,:%()£+−–-]+ ?")
_DOI = re.compile(r"(?<![\w/])10\.\d{4,9}/[^\s,;<>]*[A-Za-z0-9]")
# In Markdown, one that is in a link or in code already is left as it is.
_BARE_DOI = re.compile(rf"(?<![\w/(\[`]){_DOI.pattern}")
_AFTER_SEPARATOR = re.compile(r".{3,}?[_/.,;:@=&-]+(?=.)|.+", re.DOTALL)


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=s)'(?=[\s,.;:)?!]|$)")
# Of Markdown what isn't read as text: code, mathematics, tags, addresses.
_NOT_TEXT = re.compile(r"(`+[^`]*`+|\$[^$]*\$|<[^>]*>|\]\([^)]*\))")
SENTENCE_END = re.compile(
    # A point after an abbreviation before a name, as in St. Helens, ends nothing.
    r"(?<!\bSt)(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)[.!?][)’”'\"*_]*(?=\s+[^a-z\s]|\s*$)"
)


def with_apostrophes(markdown: str) -> str:
    """Return text with ’ for its straight apostrophes; code, mathematics and addresses in it stay as they are."""
    parts = _NOT_TEXT.split(markdown)
    return "".join(part if place % 2 else _APOSTROPHE.sub("’", part) for place, part in enumerate(parts))


def title_of(caption: str) -> tuple[str, str]:
    """Return the first sentence of a figure's caption, which is its title, and the rest."""
    end = SENTENCE_END.search(caption)
    return (caption[: end.end()], caption[end.end() :].strip()) if end else (caption, "")


def pieces(text: str) -> list[str]:
    """Return the text cut where a line may break inside its long words; joined, the pieces are the text.

    Machine names and addresses break after their separators, hashes after every eighth character. A long word of
    letters stays whole: it breaks at its syllables, if it must, which is the typesetter's to find.
    """
    cut = [""]
    for word in re.split(r"(?<= )", text):
        first, *others = _pieces_of(word)
        cut[-1] += first
        cut += others
    return cut


def _pieces_of(word: str) -> list[str]:
    if len(word) <= _LONGEST_WORD or _NUMBER.fullmatch(word):
        return [word]
    cut = []
    for piece in _AFTER_SEPARATOR.findall(word):
        if len(piece) > _LONGEST_WORD and any(map(str.isdigit, piece)):
            cut += [piece[i : i + _HASH_PIECE] for i in range(0, len(piece), _HASH_PIECE)]
        else:
            cut.append(piece)
    return cut


def linked(text: str) -> list[tuple[str, str]]:
    """Return the text cut into parts, each with the address that it leads to: a DOI to its resolver, the rest to none."""
    parts, end = [], 0
    for match in _DOI.finditer(text):
        parts += [(text[end : match.start()], ""), (match[0], _address(match[0]))]
        end = match.end()
    return [part for part in (*parts, (text[end:], "")) if part[0]] or [(text, "")]


def with_links(markdown: str) -> str:
    """Return Markdown in which each DOI that stands bare is a link to its resolver."""
    return _BARE_DOI.sub(lambda match: f"[{match[0]}]({_address(match[0])})", markdown)


def _address(doi: str) -> str:
    return f"https://doi.org/{doi}"
