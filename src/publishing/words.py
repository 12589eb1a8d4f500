"""Where a line may break inside the long words of a table: names of columns, addresses, hashes."""

import re

_LONGEST_WORD = 12
_HASH_PIECE = 8
_NUMBER = re.compile(r"[\d.,:%()£+−–-]+ ?")
_AFTER_SEPARATOR = re.compile(r".{3,}?[_/.,;:@=&-]+(?=.)|.+", re.DOTALL)


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
