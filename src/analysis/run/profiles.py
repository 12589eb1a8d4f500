"""A brief for every authority: which runs that takes. Light to import: mostly there is nothing to do."""

from collections.abc import Sequence

from analysis.data.definitions.authorities import codes_in, names_by_code
from analysis.data.panel import built
from analysis.paths import Project
from analysis.reports.authority_profile import prepared
from analysis.studies.study import Run, Study, slug

from .names import check_authority

NOTEBOOK, FOLDER = "authority-profile", "profiles/"


def profiles_study(project: Project, main: Study) -> Study:
    """Return a brief for every authority of the panel as a study, with the dates of ``main``.

    The data of all briefs are computed first where they aren't those of the figures in place, so that each run depends on
    its own authority's data alone.
    """
    if not (built.is_current(project) and prepared.is_current(project)):
        from analysis.reports.authority_profile.study import prepare  # what computes takes long to import

        prepare(project)
    names = names_by_code()
    runs = [
        Run(
            f"{FOLDER}{slug(names[code])}",
            NOTEBOOK,
            {"authority": check_authority(code)},
            reads=(path.relative_to(project.root).as_posix(),),
        )
        for code, path in prepared.files_of(project).items()
    ]
    return Study("profiles", "", tuple(runs), main.data_date, main.seed, main.published)


def chosen_runs(study: Study, names: Sequence[str]) -> list[str]:
    """Return the names of the runs on these authorities, each once; raises RequestError with the nearest right name."""
    by_code = {_code(run): run.name for run in study.runs}
    return [by_code[code] for code in codes_in(names, by_code)]


def _code(run: Run) -> str:
    assert run.reads is not None  # each reads its own authority's data
    return run.reads[0].rsplit("/", 1)[1].removesuffix(".json")
