"""A brief for every authority: which runs that takes, and the page that leads to them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from analysis.data.definitions.authorities import codes_in
from analysis.data.panel import store
from analysis.errors import PlanDriftError
from analysis.files.writing import write_text
from analysis.paths import Project
from analysis.reports.authority_profile.study import FOLDER as BRIEFS
from analysis.reports.authority_profile.study import files_of, is_current, prepare
from analysis.showing.tiles import hexagon, tile_layout
from analysis.showing.words import words_of
from analysis.studies.study import Run, Study, page_name, slug
from publishing.webpage import page

from .index import FIND_SCRIPT, PROFILES
from .names import check_authority

WORDS = words_of(__package__)
NOTEBOOK, FOLDER = "authority-profile", PROFILES
_TILE = 40
"""How wide a tile is, in pixels."""


def profiles_study(project: Project, main: Study) -> Study:
    """Return a brief for every authority of the panel as a study, with the dates of ``main``.

    The data of all briefs are computed first where they aren't those of the figures in place, so that each run depends on
    its own authority's data alone.
    """
    if not store.is_current(project):
        store.build(project)
    if not is_current(project):
        prepare(project)
    names = store.authority_names()
    runs = [
        Run(
            f"{FOLDER}{slug(names[code])}",
            NOTEBOOK,
            {"authority": check_authority(code)},
            reads=(path.relative_to(project.root).as_posix(),),
        )
        for code, path in files_of(project).items()
    ]
    return Study(
        "profiles", WORDS.say("profiles.title"), tuple(runs), main.data_date, main.seed, main.published
    )


def chosen_runs(study: Study, names: Sequence[str]) -> list[str]:
    """Return the names of the runs on these authorities, each once; raises RequestError with the nearest right name."""
    by_code = {_code(run): run.name for run in study.runs}
    return [by_code[code] for code in codes_in(names, by_code)]


def _code(run: Run) -> str:
    assert run.reads is not None  # each reads its own authority's data
    return run.reads[0].rsplit("/", 1)[1].removesuffix(".json")


def write_profiles_index(project: Project, kept: Mapping[str, Mapping[str, Any]]) -> None:
    """Write ``reports/profiles/index.html``: a map of tiles and a list of all briefs that there are, with a search.

    Raises PlanDriftError where it can't be written.
    """
    made = {
        str(path).rsplit("/", 1)[1].removesuffix(".json"): (name, about)
        for name, about in sorted(kept.items())
        if name.startswith(FOLDER)
        for path in about.get("inputs", {})
        if path.startswith(f"data/processed/{BRIEFS}/")
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
    found_by = escape(f"{title} {about['given'].get('authority', '')}".casefold())
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
