"""Write the reference pages that the code itself holds: commands, parameters of notebooks, indicators, claims."""

from collections.abc import Iterator
from pathlib import Path

import click

from analysis.claims.register import register
from analysis.cli.main import cli
from analysis.data.definitions.indicators import dictionary
from analysis.run.index import glossary
from analysis.run.parameters import parameter_lines, read_parameters

REPOSITORY = Path(__file__).resolve().parents[1]


def write_reference_pages(folder: Path) -> None:
    """Write each page into ``folder``; one whose text is the same is left as it is, so that it isn't built anew."""
    pages = {
        "commands.md": _commands(),
        "notebooks.md": _notebooks(),
        "indicators.md": _indicators(),
        "claims.md": _claims(),
        "glossary.md": _glossary(),
    }
    folder.mkdir(exist_ok=True)
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        file = folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield "What `plan-drift COMMAND --help` prints, for every command.\n"
    yield from _help_of(cli, "plan-drift", None)


def _help_of(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=name.split()[-1], parent=parent)
    if parent is not None:
        yield f"## `{name}`\n"
        yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            known = command.get_command(context, sub)
            assert known is not None  # it is in the group's own list
            yield from _help_of(known, f"{name} {sub}", context)


def _notebooks() -> Iterator[str]:
    yield "# Notebooks and their parameters\n"
    yield "Set a parameter by `plan-drift run NOTEBOOK -p NAME=VALUE`. What is refused is refused before anything runs.\n"
    for file in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        yield f"## {file.stem}\n"
        lines = parameter_lines(file.stem, read_parameters(file))
        yield "```text\n" + "\n".join(lines) + "\n```\n"


def _indicators() -> Iterator[str]:
    yield "# Indicators\n"
    yield "Every quantity once, as `src/analysis/data/definitions/indicators.yml` defines it.\n"
    topics: dict[str, list[str]] = {}
    for entry in dictionary().values():
        years = "–".join(str(year) for year in entry.years)
        told = [entry.definition, f"{entry.unit_label}; {entry.reference_label}; {years}."]
        told += [f"From {year}: {reason}." for year, reason in sorted(entry.breaks.items())]
        lines = topics.setdefault(entry.topic, [])
        lines.append(
            f"`{entry.id}`\n: **{entry.label}.** " + " ".join(_sentence(text) for text in told) + "\n"
        )
    for topic, lines in topics.items():
        yield f"## {topic.capitalize()}\n"
        yield from lines


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _claims() -> Iterator[str]:
    yield "# Claims\n"
    yield "What each says, and where it is made. `plan-drift claims C07` gives the verdict with all that bears on it.\n"
    for claim in register().claims:
        yield f"`{claim.id}`\n: **{claim.claim}** {_sentence('; '.join(str(source) for source in claim.sources))}\n"


def _glossary() -> Iterator[str]:
    yield "# What words mean here\n"
    for term, meaning in glossary().items():
        yield f"**{term}**\n: {meaning}\n"
