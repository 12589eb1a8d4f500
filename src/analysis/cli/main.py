"""The command ``plan-drift``: from official files to figures, from figures to reports."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from analysis import __version__
from analysis.errors import PlanDriftError, RequestError, unknown
from analysis.paths import Project, current_project
from analysis.run.server import DEFAULT_LIMIT_SECONDS
from publishing.errors import PublishingError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.run.runner import RunSummary

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DEBUG_FLAG = "--debug"
# More than a cluster has workers, so that one that joins late has work.
_JOBS_OF_A_CLUSTER = 256
_PANEL_FILES = ("panel", "series", "coverage", "withheld")


def _prepare_panel() -> None:
    """Tell the runner how the data that notebooks read is made."""
    from analysis.data.panel.built import BUILT_BY
    from analysis.run.runner import PREPARE
    from analysis.run.tasks import Preparation

    made = (*(f"data/processed/{name}.parquet" for name in _PANEL_FILES), "data/processed/inputs.json")
    inputs = ("data/raw/*.csv", "data/raw/datapackage.json")
    PREPARE[:] = [Preparation("panel", "analysis.data.panel.store:build", inputs, made, BUILT_BY)]


class _Group(click.Group):
    """A group of commands that offers the nearest right name for a mistyped one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise unknown("command", name, self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def _choose_profile(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """Check a profile's name and hand it on to every notebook's process; return the address of the cluster that it means."""
    if not name:
        return None
    from analysis.estimators.resampling.profiles import PROFILE_VARIABLE, profile

    chosen = profile(name)
    os.environ[PROFILE_VARIABLE] = chosen.name
    return chosen.scheduler if chosen.backend == "dask" else None


def _at_once(jobs: int | None, cluster: str | None) -> int:
    """Return how many notebooks to ask for at once: where not said, one a core, or as many as a cluster may take."""
    return jobs or (_JOBS_OF_A_CLUSTER if cluster else os.cpu_count() or 1)


_time_limit = click.option(
    "--time-limit", "limit_seconds", type=click.FloatRange(min=0, min_open=True), default=None, metavar="SECONDS",
    help="End a notebook that takes longer (default: 1800).",
)  # fmt: skip


def _profile(*, exposed: bool) -> Callable[[_Command], _Command]:
    """Return the option --profile; ``exposed`` gives the command the cluster's address, so that notebooks run there."""
    return click.option(
        "--profile", "cluster", metavar="NAME", callback=_choose_profile, envvar="PLAN_DRIFT_PROFILE",
        expose_value=exposed,
        help="Where work is done: local, processes or dask (src/analysis/estimators/resampling/profiles.yml).",
    )  # fmt: skip


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plan-drift")
def cli() -> None:
    """Turnover, caseload, money and drift in children's plans, from English official figures.

    Any command takes --debug, which shows the whole traceback of an error.
    """


@cli.command()
@click.argument("study", default="main")
@click.option(
    "--only", multiple=True, metavar="RUN", help="Only runs of this name or notebook, and what they need."
)
@click.option(
    "-p",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a parameter: beside each selected report that has it, another in reports/runs.",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=None, help="How many notebooks at once (default: the cores)."
)
@_time_limit
@_profile(exposed=True)
@click.pass_context
def reports(
    ctx: click.Context,
    study: str,
    only: Sequence[str],
    parameters: Sequence[str],
    jobs: int | None,
    limit_seconds: float | None,
    cluster: str | None,
) -> None:
    """Run a STUDY (studies/main.yml unless named) and write its reports as PDF and HTML."""
    from analysis.run.parameters import parse_assignments
    from analysis.run.runner import run_study, study_parameters
    from analysis.studies.study import load_study

    _prepare_panel()
    project = current_project()
    chosen = load_study(project.studies / f"{study.removesuffix('.yml')}.yml")
    given = parse_assignments(parameters, study_parameters(project, chosen, only) if parameters else ())
    summary = run_study(
        project,
        chosen,
        only,
        given,
        _at_once(jobs, cluster),
        debug=ctx.obj["debug"],
        limit_seconds=limit_seconds or DEFAULT_LIMIT_SECONDS,
        cluster=cluster,
    )
    if given:
        _tell_reports(project, summary)
    if not summary.exit_status:
        click.echo(f"{project.reports / 'index.html'} lists every report")
    ctx.exit(summary.exit_status)


def _tell_reports(project: Project, summary: "RunSummary") -> None:
    """Print where each report of one's own stands."""
    for name in (*summary.done, *summary.up_to_date):
        if name.startswith("runs/"):
            click.echo(project.reports / f"{name}.pdf")


@cli.command()
@click.argument("names", nargs=-1, metavar="[AUTHORITY]...")
@click.option("--all", "every", is_flag=True, help="Every authority that there are figures of.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="How many at once (default: the cores).")
@_time_limit
@_profile(exposed=True)
@click.pass_context
def profiles(
    ctx: click.Context,
    names: Sequence[str],
    every: bool,
    jobs: int | None,
    limit_seconds: float | None,
    cluster: str | None,
) -> None:
    """Write a brief on each AUTHORITY, by name or ONS code, as PDF and HTML in reports/profiles."""
    from analysis.run.profiles import chosen_runs, profiles_study
    from analysis.run.runner import run_study
    from analysis.studies.study import load_study

    if not names and not every:
        raise click.UsageError("name authorities (plan-drift profiles Leeds), or give --all for every one")
    _prepare_panel()
    project = current_project()
    study = profiles_study(project, load_study(project.studies / "main.yml"))
    summary = run_study(
        project,
        study,
        [] if every else chosen_runs(study, names),
        jobs=_at_once(jobs, cluster),
        debug=ctx.obj["debug"],
        limit_seconds=limit_seconds or DEFAULT_LIMIT_SECONDS,
        cluster=cluster,
    )
    if not every:
        for name in (*summary.done, *summary.up_to_date):
            if name.startswith("profiles/"):
                click.echo(project.reports / f"{name}.pdf")
    if not summary.exit_status:
        click.echo(f"{project.reports / 'profiles' / 'index.html'} lists every brief")
    ctx.exit(summary.exit_status)


@cli.command(add_help_option=False)
@click.argument("notebook", required=False)
@click.option(
    "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="Set a parameter of the notebook."
)
@_time_limit
@_profile(exposed=True)
@click.option(
    "-h", "--help", "wants_help", is_flag=True, help="Show this, or the parameters of the NOTEBOOK, and exit."
)
@click.pass_context
def run(
    ctx: click.Context,
    notebook: str | None,
    parameters: Sequence[str],
    limit_seconds: float | None,
    cluster: str | None,
    wants_help: bool,
) -> None:
    """Run one NOTEBOOK, with parameters of your own, to PDF and HTML in reports/runs.

    With --help after the notebook's name: its parameters, what each may be, its default and its meaning.
    """
    from analysis.run.parameters import parameter_lines, parse_assignments, read_parameters
    from analysis.run.runner import notebook_path, run_notebook
    from analysis.studies.study import load_study

    if notebook is None:
        if not wants_help:
            raise click.UsageError("Missing argument 'NOTEBOOK'; plan-drift run --help says more")
        click.echo(ctx.get_help())
        return
    _prepare_panel()
    project = current_project()
    declared = read_parameters(notebook_path(project, notebook))
    if wants_help:
        click.echo("\n".join(parameter_lines(notebook, declared)))
        return
    given = parse_assignments(parameters, declared)
    main_study = load_study(project.studies / "main.yml")
    of_notebook = [asked for asked in main_study.runs if asked.notebook == notebook.removesuffix(".ipynb")]
    after = [name for asked in of_notebook for name in asked.after] if of_notebook else None
    limit = limit_seconds or DEFAULT_LIMIT_SECONDS
    summary = run_notebook(
        project, notebook, given, after, debug=ctx.obj["debug"], limit_seconds=limit, cluster=cluster
    )
    _tell_reports(project, summary)
    ctx.exit(summary.exit_status)


@cli.command()
@click.argument("only", nargs=-1, metavar="[PUBLICATION]...")
@click.option(
    "--from",
    "official",
    type=click.Path(path_type=Path),
    help="Folder of official files (default: data/raw/official).",
)
@click.option("--release", default="", metavar="NAME", help="What the release of one PUBLICATION is called.")
@click.option("--older", is_flag=True, help="Take a release that ends before the one in place does.")
@click.option("--gap", is_flag=True, help="Take a last year that doesn't follow on from the one before.")
def ingest(only: Sequence[str], official: Path | None, release: str, older: bool, gap: bool) -> None:
    """Read official files and write the figures tables in data/raw.

    Of several releases of a file the newest by its name is read. Which years are new, which figures were revised and which
    years an earlier release alone has is told on standard error. Inspection reports, and files that authors of a study left,
    are read only when named: what is made of them stands in data/processed.
    """
    from analysis.data.official import ingest as ingest_files
    from analysis.data.official.releases import Wishes
    from analysis.inspections.measuring.folder import measure_folder

    def fit_published(publication: str, file: "pd.DataFrame") -> "pd.DataFrame":
        from analysis.estimators.grades.published_models import PUBLISHED_MODELS

        return PUBLISHED_MODELS[publication](file)

    project, wishes = current_project(), Wishes(release, older, gap)
    folder = official or project.official
    for made in ingest_files(folder, project.raw, only, measure_folder, wishes, fit_published):
        click.echo(f"{made.source:24} {made.rows:>7,} rows, {made.withheld:>6,} withheld")
        for note in made.notes:
            click.echo(note, err=True)


@cli.command()
@click.argument("only", nargs=-1, metavar="[PUBLICATION]...")
@click.option(
    "--newer",
    is_flag=True,
    help="Take files of another release than datapackage.json records, not keep them aside.",
)
@click.option(
    "--address",
    default="",
    metavar="URL",
    help="Address of another release of the PUBLICATION; its files are taken, and recorded as got from there.",
)
@click.option(
    "--max-mb",
    type=click.IntRange(1),
    default=1024,
    show_default=True,
    help="Most megabytes of one download.",
)
@click.option(
    "--max-seconds",
    type=click.IntRange(1),
    default=900,
    show_default=True,
    help="Most seconds of one download.",
)
def fetch(only: Sequence[str], newer: bool, address: str, max_mb: int, max_seconds: int) -> None:
    """Get official files from their publishers into data/raw/official.

    A file takes the old one's place only when it is whole and has the columns that are read. One whose hash isn't the
    recorded one is another release: it is kept aside as NAME.newer unless --newer is given, and the exit status is 1.
    """
    from analysis.data.official import fetch as fetch_files
    from analysis.data.official.downloads import MEGABYTE, Limits

    project, limits = current_project(), Limits(most_bytes=max_mb * MEGABYTE, most_seconds=max_seconds)
    outcomes = fetch_files(project.official, only, project.raw, newer, limits, address)
    for outcome in outcomes:
        click.echo(str(outcome))
    if any(outcome.failed for outcome in outcomes):
        sys.exit(PlanDriftError.exit_status)


@cli.command()
@click.argument("names", nargs=-1, metavar="[INDICATOR]...")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def indicators(names: Sequence[str], as_json: bool) -> None:
    """List the indicators, or define those that are named."""
    from analysis.data.definitions.indicators import dictionary, indicator

    entries = [indicator(name) for name in names] or list(dictionary().values())
    if as_json:
        keys = ("id", "label", "definition", "topic", "unit", "polarity", "reference", "source", "years")
        click.echo(json.dumps([{key: getattr(entry, key) for key in keys} for entry in entries], indent=2))
        return
    for entry in entries:
        years = "–".join(map(str, entry.years))
        click.echo(f"{entry.id:44} {entry.label} ({entry.unit_label}), {entry.reference_label}, {years}")
        if names:
            click.echo(f"    {entry.definition}")


@cli.command()
@click.argument("table", type=click.Path(path_type=Path), metavar="PANEL.csv")
@click.option("--outcome", required=True, metavar="COLUMN", help="What may go with the exposure.")
@click.option("--exposure", required=True, metavar="COLUMN", help="What may go with the outcome.")
@click.option(
    "--control", "controls", multiple=True, metavar="COLUMN", help="Held constant; may be repeated."
)
@click.option(
    "--entity", required=True, metavar="COLUMN", help="Whose rows belong together, such as an authority."
)
@click.option("--time", required=True, metavar="COLUMN", help="The year.")
@click.option("--cluster", metavar="COLUMN", help="Within what errors may go together (default: the entity).")
@click.option(
    "--weights",
    metavar="COLUMN",
    help="Analytic weights: precision of each row, above zero (default: all the same).",
)
@click.option(
    "--estimator", default="two-way", metavar="NAME", help="two-way (default), pooled or first-differences."
)
def fit(table: Path, **asked: Any) -> None:
    """Estimate one regression on a panel of your own; one JSON object on standard output."""
    from analysis.estimators.regression.from_csv import fit_csv

    click.echo(json.dumps(fit_csv(table, **asked), indent=2, ensure_ascii=False, allow_nan=False))


@cli.group(cls=_Group)
def inspections() -> None:
    """Read inspection reports, and code their sentences."""


@inspections.command()
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PDF...")
@click.pass_context
def read(ctx: click.Context, reports: Sequence[Path]) -> None:
    """Write judgements and dates of inspection reports as TSV, a row a report; reasons on standard error.

    The column `doubtful` names the fields that don't agree with the rest of the report, as in a damaged file; `file_is`
    says whether the file is the one that the package measured. Each file may take 30 s and 2 GB. The exit status is 0
    where at least one report was read without doubt, else 1.
    """
    from analysis.inspections.reading.reports import main_read

    ctx.exit(main_read(reports, sys.stdout, sys.stderr))


@inspections.command()
@click.argument("sentences", type=click.Path(path_type=Path), metavar="FILE.tsv")
@click.pass_context
def code(ctx: click.Context, sentences: Path) -> None:
    """Code sentences (TSV with columns id and text) on the eight constructs; TSV on standard output."""
    from analysis.inspections.coder import main_code

    ctx.exit(main_code(sentences, sys.stdout, sys.stderr))


@cli.command()
@click.argument("authority", nargs=-1, required=True)
@click.argument("construct")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of inspection reports as PDF (default: data/raw/official).",
)
def evidence(authority: Sequence[str], construct: str, folder: Path | None) -> None:
    """Print what inspection reports of an AUTHORITY say of a CONSTRUCT, sentence by sentence, with its place."""
    from analysis.inspections.measuring.evidence import evidence_lines

    for line in evidence_lines(" ".join(authority), construct, folder or current_project().official):
        click.echo(line)


@cli.command()
@click.argument("names", nargs=-1, metavar="[CLAIM]...")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def claims(names: Sequence[str], as_json: bool) -> None:
    """Give the verdict on every claim of the register; on those that are named, with the trail down to the figures."""
    from .claims import main_claims

    click.echo(main_claims(current_project(), names, as_json))


@cli.command()
@click.argument("names", nargs=-1, metavar="[CLAIM]...")
@click.option(
    "--draws", type=click.IntRange(2, 100_000), default=400, show_default=True, help="Data sets a truth."
)
@click.option(
    "--truth", "truths", multiple=True, metavar="KIND[:SIZE]",
    help="Only this truth, such as nothing or a-year-later:0.2; may be repeated.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@_profile(exposed=False)
def calibrate(names: Sequence[str], draws: int, truths: Sequence[str], as_json: bool) -> None:
    """Try the rule of verdicts on planted truths: how often each verdict comes out, claim by claim."""
    from .claims import main_calibrate

    click.echo(main_calibrate(current_project(), names, truths, draws, as_json))


@cli.command()
@click.option(
    "--from",
    "earlier",
    default="earliest",
    metavar="RELEASE",
    help="The earlier release (default: the earliest known).",
)
@click.option(
    "--to", "later", default="in use", metavar="RELEASE", help="The later one (default: that in use)."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def changes(earlier: str, later: str, as_json: bool) -> None:
    """Say what changed between two releases: revised figures, and the estimates and verdicts that changed with them."""
    from .changes import main_changes

    click.echo(main_changes(current_project(), earlier, later, as_json))


@cli.command()
@click.argument("report", required=False)
@click.option("--bibtex", is_flag=True, help="As an entry of BibTeX.")
def cite(report: str | None, bibtex: bool) -> None:
    """Print how to cite the package, or one of its reports that has been made."""
    from analysis.run.citing import bibtex_of, citation_of

    project = current_project()
    click.echo(bibtex_of(project, report) if bibtex else citation_of(project, report))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
def archive(folder: Path) -> None:
    """Write a replication archive into FOLDER: code, figures, executed notebooks, reports, README and checksums."""
    from analysis.run.archive import write_archive

    click.echo(write_archive(current_project(), folder))


@cli.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it here too, with its dictionary: FILE.csv, or FILE.xlsx.",
)
def panel(to: Path | None) -> None:
    """Build data/processed/panel.parquet from the figures, if it isn't current."""
    from analysis.data.panel import built, store

    project = current_project()
    if not built.is_current(project):
        store.build(project)
    for name, problem in built.unusable(project).items():
        click.echo(f"plan-drift: no {name}: {problem}", err=True)
    click.echo(f"{project.processed / 'panel.parquet'} is current")
    if to:
        from analysis.data.panel.taking import take_panel

        for written in take_panel(to):
            click.echo(written)


def _tell(error: BaseException, debug: bool) -> int:
    """Say an error in one line on standard error and return the exit status that it stands for."""
    if debug:
        raise error
    if isinstance(error, PlanDriftError):
        message, status = str(error), error.exit_status
    elif isinstance(error, PublishingError):
        message, status = str(error), PlanDriftError.exit_status
    elif isinstance(error, click.ClickException):
        message, status = error.format_message(), RequestError.exit_status
    elif isinstance(error, OSError):
        message, status = (
            f"{error.filename or 'a file'}: {error.strerror or error}",
            PlanDriftError.exit_status,
        )
    else:
        kind = type(error).__name__
        message, status = f"unexpected {kind}: {error} (run again with {_DEBUG_FLAG} to see where)", 1
    click.echo(f"plan-drift: {' '.join(message.split())}", err=True)
    return status


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: exit status 0, 1 for a failed run, 2 for a bad request, 130 for an interrupt."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = _DEBUG_FLAG in arguments
    # Looking through all that is installed for plugins takes pydantic longer than checking every entry of a study.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        words = [word for word in arguments if word != _DEBUG_FLAG]
        status = cli.main(words, "plan-drift", standalone_mode=False, obj={"debug": debug})
    except (KeyboardInterrupt, click.Abort):
        click.echo("plan-drift: interrupted; what was finished is kept", err=True)
        status = 130
    except Exception as error:
        status = _tell(error, debug)
    sys.exit(status or 0)
