"""The page that leads to every brief: a map of tiles, and a list with a search."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from analysis.data.panel import store
from analysis.errors import PlanDriftError
from analysis.files.writing import write_text
from analysis.paths import Project
from analysis.reports.authority_profile.prepared import FOLDER as PREPARED
from analysis.showing.tiles import hexagon, tile_layout
from analysis.showing.words import words_of
from analysis.studies.study import page_name
from publishing.webpage import page

from .index import FIND_SCRIPT, searched
from .profiles import FOLDER

WORDS = words_of(__package__)
_TILE = 40
"""How wide a tile is, in pixels."""


def write_profiles_index(project: Project, kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Write ``reports/profiles/index.html``: a map of tiles and a list of all briefs that there are, with a search.

    Raises PlanDriftError where it can't be written.
    """
    made = {
        str(path).rsplit("/", 1)[1].removesuffix(".json"): (name, about)
        for name, about in sorted(kept.items())
        if name.startswith(FOLDER)
        for path in about.get("inputs", {})
        if path.startswith(f"data/processed/{PREPARED}/")
    }
    if not made:
        return
    body = "\n".join(
        [
            f'<header class="front">\n<h1>{escape(WORDS.say("profiles.title"))}</h1>\n'
            f"<p>{escape(WORDS.say('profiles.about', n_profiles=len(made)))}</p>",
            f'<p><a href="../index.html">{escape(WORDS.say("profiles.back"))}</a></p>',
            f'<p hidden><label for="find">{escape(WORDS.say("profiles.find"))}</label><br>'
            '<input id="find" type="search"></p>\n</header>',
            '<main id="content">',
            _map(made),
            f"<h2>{escape(WORDS.say('profiles.list'))}</h2>\n<ul>",
            *(_item(name, about) for name, about in sorted(made.values(), key=_title_of)),
            "</ul>\n</main>",
        ]
    )
    text = page(
        WORDS.say("profiles.title"), body, WORDS.say("profiles.about", n_profiles=len(made)), FIND_SCRIPT
    )
    write_text(project.reports / FOLDER / "index.html", text)


def _title_of(entry: tuple[str, Mapping[str, Any]]) -> str:
    return str(entry[1].get("title", entry[0]))


def _address(name: str) -> str:
    return escape(quote(page_name(name).removeprefix(FOLDER)))


def _item(name: str, about: Mapping[str, Any]) -> str:
    title, own = _title_of((name, about)), name.removeprefix(FOLDER)
    found_by = escape(searched(title, about["given"].get("authority", "")))
    files = " · ".join(
        f'<a href="{escape(quote(file))}" aria-label="{escape(title)}: {label}">{label}</a>'
        for file, label in ((f"{own}.pdf", "PDF"), (f"../files/{name}.zip", WORDS.say("profiles.files")))
    )
    lead = f'<a href="{_address(name)}">{escape(title)}</a>'
    return f'<li data-find="{found_by}">{lead} <span class="soft">{files}</span></li>'


def _map(made: Mapping[str, tuple[str, Mapping[str, Any]]]) -> str:
    """Return England as tiles that lead to briefs; the list below says the same to whoever can't use a pointer."""
    try:
        tiles = tile_layout(store.boundaries())
    except PlanDriftError:  # without boundaries the list has to do
        return ""
    width, height = (float(tiles[axis].max()) + 1.2 for axis in ("x", "y"))
    drawn = []
    for code, tile in tiles.iterrows():
        corners = " ".join(
            f"{_TILE * (x + 0.6):.1f},{_TILE * (height - y - 0.6):.1f}"
            for x, y in hexagon(tile["x"], tile["y"])
        )
        shape = f'<polygon points="{corners}"><title>{escape(str(tile["name"]))}</title></polygon>'
        if code in made:
            drawn.append(f'<a href="{_address(made[str(code)][0])}" tabindex="-1">{shape}</a>')
        else:
            drawn.append(shape)
    return (
        f'<svg class="tiles" viewBox="0 0 {_TILE * width:.0f} {_TILE * height:.0f}" aria-hidden="true">'
        + "".join(drawn)
        + "</svg>"
    )
