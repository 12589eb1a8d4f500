"""The list of reports: what was found, claim by claim and pair by pair, with links to all that there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from analysis.claims.register import register
from analysis.claims.telling import WORDS as CLAIMS_WORDS
from analysis.data.definitions.indicators import indicator
from analysis.errors import PlanDriftError
from analysis.files.entries import Entry, Text, read_entry
from analysis.files.writing import write_text
from analysis.files.yaml_files import read_yaml
from analysis.paths import Project
from analysis.showing.forest import direction_for_children
from analysis.showing.numbers import number, step_of
from analysis.showing.words import words_of
from analysis.studies.results import recorded_values
from analysis.studies.study import Study, page_name
from publishing.webpage import page

from .profiles import FOLDER as PROFILES

WORDS = words_of(__package__)
Kept = Mapping[str, Mapping[str, Any]]
# Where runs with parameters of a user's own stand.
_OWN = "runs/"
_TERMS = "glossary.yml"
_CLAIMS, _SUMMARY, _PAIR = "claims", "summary", "relationship/{exposure}-{outcome}"
# Rows are shown where every word that is typed stands in them.
FIND_SCRIPT = """\
const box = document.getElementById('find');
box.parentElement.hidden = false;
box.addEventListener('input', () => {
  const words = box.value.toLowerCase().replaceAll('’', "'").split(/\\s+/);
  for (const row of document.querySelectorAll('[data-find]'))
    row.hidden = !words.every(word => row.dataset.find.includes(word));
});
"""


@dataclass(frozen=True)
class _Glossary(Entry):
    terms: dict[str, Text]


@dataclass(frozen=True)
class _Listed:
    """What the list knows: runs in their order, what each has kept, and why some failed or are older than their inputs."""

    study: Study
    kept: Kept
    failures: Mapping[str, str]
    older: Mapping[str, str] = field(default_factory=dict)

    def state(self, name: str) -> str:
        """Return what is wrong with a report; nothing of one that is as it should be."""
        if name in self.failures and name not in self.kept:
            return WORDS.say("failed", message=self.failures[name])
        if name in self.failures:
            return WORDS.say("older.failed", message=self.failures[name])
        return WORDS.say("older", reason=self.older[name]) if name in self.older else ""

    def by_notebook(self) -> dict[str, list[str]]:
        """Return runs by notebook: those listed first, then in the study's order; those of one's own by themselves.

        A variant that a user has made doesn't take the standard report's answer from its place.
        """
        places = {run.name: place for place, run in enumerate(self.study.runs)}
        first = {name: place for place, name in enumerate(self.study.first_listed)}
        runs = {
            name: str(about["notebook"])
            for name, about in self.kept.items()
            if "notebook" in about and not name.startswith(PROFILES)
        }
        runs |= {name: runs.get(name, name.split("/")[0]) for name in self.failures}
        listed: dict[str, list[str]] = {}

        def order(name: str) -> tuple[int, int, str]:
            return first.get(runs[name], len(first)), places.get(name, len(places)), name

        for name in sorted(runs, key=order):
            is_own = name.startswith(_OWN)
            listed.setdefault(_OWN if is_own else runs[name], []).append(name)
        return listed


def write_index(
    project: Project, study: Study, kept: Kept, failures: Mapping[str, str], older: Mapping[str, str]
) -> None:
    """Write ``reports/index.html``: every report with its answer and its files; no clock in it.

    ``failures`` says of runs why they failed last, ``older`` of reports why they are older than their inputs. Raises
    PlanDriftError where it can't be written.
    """
    listed = _Listed(study, kept, failures, older)
    by_notebook = listed.by_notebook()
    sections = [
        ("answers", "", [_answer(listed, names[0]) for names in by_notebook.values() if _is_alone(names)]),
        ("claims", WORDS.say("section.claims.about"), _claims(project, kept)),
        ("pairs", WORDS.say("section.pairs.about"), _pairs(project, kept)),
        ("glossary", "", [_glossary()]),
        ("others", "", [_group(listed, names) for names in by_notebook.values() if not _is_alone(names)]),
    ]
    shown = [(name, about, parts) for name, about, parts in sections if parts]
    contents = "".join(f'<li><a href="#{name}">{escape(_title(name))}</a></li>' for name, _, _ in shown)
    body = [
        f'<header class="front">\n<h1>{escape(study.title or WORDS.say("title"))}</h1>\n<p>{escape(WORDS.say("about"))}</p>',
        _to_profiles(kept),
        f'<p hidden><label for="find">{escape(WORDS.say("find"))}</label><br><input id="find" type="search"></p>\n</header>',
        f'<nav class="contents" aria-label="Contents"><ul>{contents}</ul></nav>',
        '<main id="content">',
    ]
    for name, about, parts in shown:
        told = f"<p>{escape(about)}</p>" if about else ""
        body.append(
            "\n".join([f'<section>\n<h2 id="{name}">{escape(_title(name))}</h2>{told}', *parts, "</section>"])
        )
    body.append("</main>")
    text = page(study.title or WORDS.say("title"), "\n".join(body), WORDS.say("about"), FIND_SCRIPT)
    write_text(project.reports / "index.html", text)


def glossary() -> dict[str, str]:
    """Return what terms mean in the reports, in the order of the alphabet; raises RequestError for a damaged file."""
    return read_entry(_Glossary, {"terms": read_yaml(files(__package__).joinpath(_TERMS))}, _TERMS).terms


def _glossary() -> str:
    entries = "".join(
        f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in glossary().items()
    )
    return f'<dl class="glossary">{entries}</dl>'


def _to_profiles(kept: Kept) -> str:
    """Return a link to the briefs on authorities, or how to make them where there are none."""
    if not any(name.startswith(PROFILES) for name in kept):
        return f"<p>{escape(WORDS.say('profiles.make'))}</p>"
    return f'<p><a href="{PROFILES}index.html">{escape(WORDS.say("profiles.title"))}</a></p>'


def _is_alone(names: Sequence[str]) -> bool:
    return len(names) == 1 and not names[0].startswith(_OWN)


def _title(section: str) -> str:
    return WORDS.say(f"section.{section}")


def _found_by(*texts: str) -> str:
    return f'data-find="{escape(searched(*texts))}"'


def searched(*texts: str) -> str:
    """Return text as ``FIND_SCRIPT`` looks through it: in small letters, with straight apostrophes."""
    return " ".join(texts).casefold().replace("’", "'")


def _links(name: str, title: str) -> str:
    files = (
        (f"{name}.pdf", "PDF"),
        (f"files/{name}.zip", "tables and figures"),
        (f"results/{name}.json", "results"),
    )
    return " · ".join(
        f'<a href="{escape(quote(file))}" aria-label="{escape(title)}: {label}">{label}</a>'
        for file, label in files
    )


def _answer(listed: _Listed, name: str) -> str:
    """Return a report that stands alone: its title, which leads to it, its question and answer, its files."""
    about, state = listed.kept.get(name, {}), listed.state(name)
    title, question, answer = (str(about.get(key) or "") for key in ("title", "question", "answer"))
    problem = f'<p class="notice">{escape(state)}</p>' if state else ""
    if not about:
        return f"<article {_found_by(name)}>\n<h3>{escape(name)}</h3>\n{problem}</article>"
    head = f'<h3><a href="{escape(quote(page_name(name)))}">{escape(title)}</a></h3>'
    # Of an answer the first paragraph, which says what it comes to: the list is to be looked through.
    told = "".join(f"<p>{escape(text)}</p>" for text in (answer.partition("\n\n")[0] or question,) if text)
    return (
        f"<article {_found_by(name, title, question, answer)}>\n{head}\n{told}{problem}"
        f'<p class="soft">{_links(name, title)}</p>\n</article>'
    )


def _group(listed: _Listed, names: Sequence[str]) -> str:
    """Return reports of one notebook as a list that opens: a title each, which leads to it, and what is wrong with it."""
    items = []
    for name in names:
        about, state = listed.kept.get(name, {}), listed.state(name)
        title = str(about.get("title") or name)
        lead = f'<a href="{escape(quote(page_name(name)))}">{escape(title)}</a>' if about else escape(title)
        given = "; ".join(f"{key}: {value}" for key, value in dict(about.get("given", {})).items())
        files = f' <span class="soft">{_links(name, title)}</span>' if about else ""
        problem = f' <span class="notice">{escape(state)}</span>' if state else ""
        searched = _found_by(name, title, str(about.get("answer", "")))
        items.append(f'<li {searched} title="{escape(given)}">{lead}{files}{problem}</li>')
    kind = names[0].split("/")[0].replace("_", " ").capitalize()
    heading = WORDS.say("section.own") if names[0].startswith(_OWN) else kind
    return f"<h3>{escape(heading)}</h3>\n<ul>\n" + "\n".join(items) + "\n</ul>"


def _claims(project: Project, kept: Kept) -> list[str]:
    """Return the claims with what the evidence says of each; nothing where no run has recorded them."""
    entries = recorded_values(project, _CLAIMS).get("claims") if _CLAIMS in kept else None
    if not isinstance(entries, list):
        return []
    head = "".join(
        f'<th scope="col">{escape(WORDS.say(f"claim.head.{key}"))}</th>'
        for key in ("claim", "verdict", "strength")
    )
    rows = []
    for entry in entries:
        try:
            claim = register().claim(entry["id"])
        except PlanDriftError:  # the register has changed since: the report's own page says so
            continue
        verdict, strength = str(entry["verdict"]), str(entry.get("strength") or "–")
        said = str(entry.get("says") or CLAIMS_WORDS.say(f"verdict.{verdict.replace(' ', '-')}"))
        rows.append(
            f'<tr {_found_by(claim.id, claim.claim, verdict)}><th scope="row">'
            f'<a href="{page_name(_CLAIMS)}">{claim.id}</a> {escape(claim.claim)}</th>'
            f"<td><strong>{escape(verdict)}</strong><br>{escape(said)}</td><td>{escape(strength)}</td></tr>"
        )
    return [f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"]


def _pairs(project: Project, kept: Kept) -> list[str]:
    """Return all pairs as a table, outcomes down and measures across, each cell leading to its report."""
    values = recorded_values(project, _SUMMARY) if _SUMMARY in kept else {}
    pairs = {
        (pair["exposure"], pair["outcome"]): pair
        for pair in values.get("pairs", ())
        if "natural_estimate" in pair
    }
    if not pairs:
        return []
    exposures, outcomes = (list(dict.fromkeys(pair[side] for pair in pairs)) for side in (0, 1))
    named = [
        WORDS.say("pair.measure", measure=indicator(name).label, step=step_of(indicator(name)))
        for name in exposures
    ]
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in named)
    rows = []
    for outcome in outcomes:
        cells = "".join(
            _cell(pairs.get((name, outcome)), kept, values["discovery_rate"]) for name in exposures
        )
        rows.append(f'<tr><th scope="row">{escape(indicator(outcome).label)}</th>{cells}</tr>')
    table = (
        f'<table class="pairs">\n<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody>\n</table>"
    )
    return [
        f'<div class="scroll" role="region" aria-label="{escape(_title("pairs"))}" tabindex="0">{table}</div>'
    ]


def _cell(pair: Mapping[str, Any] | None, kept: Kept, rate: float) -> str:
    if pair is None:
        return "<td>–</td>"
    direction = direction_for_children(pair["outcome"], pair["estimate"])
    stands = pair["q_value"] < rate
    told = [indicator(pair["outcome"]).difference_label, WORDS.say(f"pair.{direction}")]
    told += [WORDS.say("pair.stands")] if stands else []
    text = number(pair["natural_estimate"], 1)
    name = _PAIR.format(**pair)
    shown = f'<strong class="{direction}">{text}</strong>' if stands else text
    label = (
        f"{indicator(pair['exposure']).label}, {indicator(pair['outcome']).label}: {text} {', '.join(told)}"
    )
    if name not in kept:
        return f"<td>{shown}</td>"
    return f'<td><a href="{escape(quote(page_name(name)))}" aria-label="{escape(label)}">{shown}</a></td>'
