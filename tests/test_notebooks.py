"""The notebooks: thin, without outputs, under fixed headings, and each runs under plain papermill."""

import ast
import json
import re
import shutil
import uuid
from typing import NamedTuple

import nbformat
import papermill
import pytest
import yaml
from jupyter_client.manager import KernelManager

from analysis.cli import main
from analysis.paths import Project
from analysis.run import profiles, runner
from analysis.run.job import clean
from analysis.run.parameters import read_parameters
from analysis.studies.results import AFTER_VARIABLE, RESULTS_MIME
from analysis.studies.study import Study, load_study
from tests.making import REPOSITORY
from tests.making.command import called, fewest_draws
from tests.making.drawn import boxes_in_svg, check_boxes
from tests.making.whole_study import NAME

FOLDER = REPOSITORY / "notebooks"
# Those of the main study and the brief; a notebook of one's own may be as its author likes.
OF_THE_PROJECT = {asked.notebook for asked in load_study(FOLDER.parent / "studies" / "main.yml").runs} | {
    profiles.NOTEBOOK
}
NOTEBOOKS = sorted(FOLDER / f"{name}.ipynb" for name in OF_THE_PROJECT)
HEADINGS = ["Question", "Result", "Data", "Method", "Limits"]
# The brief is for councillors, who ask by topic.
OF_THE_BRIEF = [
    "Question", "Over the years", "What its inspectors said", "What is claimed, and what is known", "Data, method and limits"
]  # fmt: skip


def cells(path, kind=None):
    every = json.loads(path.read_text())["cells"]
    return [cell | {"source": "".join(cell["source"])} for cell in every if kind in (None, cell["cell_type"])]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_the_notebooks_of_the_first_path_are_there():
    assert {"data", "workforce", "relationship", "summary"} <= {path.stem for path in NOTEBOOKS}


def test_it_holds_no_outputs(notebook):
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells(notebook, "code"))


def test_its_headings_are_the_fixed_ones_in_order(notebook):
    text = "\n".join(cell["source"] for cell in cells(notebook, "markdown"))
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == (
        OF_THE_BRIEF if notebook.stem == profiles.NOTEBOOK else HEADINGS
    )
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


def test_every_parameter_is_typed_and_commented_with_a_default(notebook):
    tagged = [cell for cell in cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    for parameter in read_parameters(notebook):
        assert parameter.type and parameter.comment and parameter.default is not None, parameter.name


def test_cells_are_thin(notebook):
    for cell in cells(notebook, "code"):
        tree = ast.parse(cell["source"])
        assert not any(
            isinstance(node, ast.FunctionDef | ast.Lambda | ast.For | ast.While) for node in ast.walk(tree)
        )
        texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        assert not any("/" in text or text.endswith((".csv", ".parquet", ".json")) for text in texts), (
            "no file paths"
        )


def test_its_last_cell_records_results(notebook):
    assert cells(notebook)[-1]["source"].startswith("Results(")


def test_no_number_with_decimals_or_per_cent_stands_in_its_prose(notebook):
    # A result typed by hand would be one; counts in words of method (60 workers, five points) are no results.
    for cell in cells(notebook, "markdown"):
        assert not re.search(r"\d\.\d|\d ?%|\d per cent", cell["source"]), cell["source"]


def choices(annotation):
    """The values that an annotation names: those of a Literal, all of them where it is a list, and a small range's ends."""
    kind = ast.parse(annotation, mode="eval").body
    if isinstance(kind, ast.Name):
        return [True, False] if kind.id == "bool" else []
    name = ast.unparse(kind.value) if isinstance(kind, ast.Subscript) else ""
    if name == "list":
        named = choices(ast.unparse(kind.slice))
        return [named] if named else []
    if name == "Literal":
        inner = kind.slice.elts if isinstance(kind.slice, ast.Tuple) else [kind.slice]
        return [ast.literal_eval(value) for value in inner]
    if name == "Annotated" and ast.unparse(kind.slice.elts[0]) == "int":
        least, most = (ast.literal_eval(limit) for limit in kind.slice.elts[1].args)
        return [least, most] if most - least <= 20 else []
    return []


def declared_variants():
    """Runs in which every value stands that a notebook declares beside its defaults: one of each parameter at a time."""
    for path in NOTEBOOKS:
        others = {
            parameter.name: [value for value in choices(parameter.type) if value != parameter.default]
            for parameter in read_parameters(path)
        }
        for number in range(max(map(len, others.values()), default=0)):
            given = {name: values[number] for name, values in others.items() if number < len(values)}
            yield {
                "notebook": path.stem,
                "name": f"{path.stem}-{number}",
                "parameters": fewest_draws(path.stem) | given,
            }


def as_shown(notebook):
    """The cells of an executed notebook with all they show; printed text as a whole, for a kernel cuts it by its clock."""
    shown = []
    for cell in notebook["cells"]:
        outputs = cell.get("outputs", [])
        printed = [
            "".join(output["text"] for output in outputs if output.get("name") == name)
            for name in ("stdout", "stderr")
        ]
        rest = [dict(output) for output in outputs if output["output_type"] != "stream"]
        shown.append((cell["id"], "".join(cell["source"]), cell.get("execution_count"), printed, rest))
    return shown


@pytest.fixture
def kernel(whole_study):
    """An ordinary kernel in the project of the whole study.

    One for all notebooks, emptied before each: starting it and importing takes longer than most of them.
    """
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(whole_study))
    yield manager
    manager.shutdown_kernel(now=True)


def empty(kernel, home, after):
    """Let a kernel forget all but its modules; tell it the project and which runs the next one comes after."""
    variables = {"PLAN_DRIFT_HOME": str(home), AFTER_VARIABLE: json.dumps(after)}
    told = f"import os; os.environ.update({variables!r})"
    # Answers go by the client's name: two of one name would take each other's.
    kernel.session.session = str(uuid.uuid4())
    client = kernel.client()
    client.start_channels()
    client.wait_for_ready()
    reply = client.execute_interactive(
        f"{told}; get_ipython().reset(new_session=True)", silent=True, timeout=60
    )
    client.stop_channels()
    kernel.session.session = str(uuid.uuid4())
    assert reply["content"]["status"] == "ok"


def in_an_ordinary_kernel(kernel, home, asked):
    """A run of a study as papermill itself executes it, in a kernel that holds nothing of the run before but modules."""
    empty(kernel, home, asked.after)
    executed = papermill.execute_notebook(
        home / "notebooks" / f"{asked.notebook}.ipynb", None, dict(asked.parameters), km=kernel, cwd=str(home),
        progress_bar=False,
    )  # fmt: skip
    clean(executed, str(home))
    return executed


# What gathers evidence on every claim takes longest; cells are shown in the same way for one.
ON_ONE_CLAIM = {"runs": [{"notebook": "synthesis", "parameters": {"claims": ["C15"]}}]}


class OfTheKernel(NamedTuple):
    """A project where one run was in an ordinary kernel, as ``engine="kernel"`` has it; the study on one claim was not."""

    project: Project
    name: str
    on_one_claim: Study


@pytest.fixture(scope="module")
def of_the_kernel(whole_study, tmp_path_factory):
    project = Project(shutil.copytree(whole_study, tmp_path_factory.mktemp("kernel") / "home"))
    (project.studies / "one-claim.yml").write_text(yaml.safe_dump(ON_ONE_CLAIM))
    study, on_one_claim = (load_study(project.studies / f"{name}.yml") for name in (NAME, "one-claim"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "PREPARE", [])
        main._prepare_panel()
        summary = runner.run_study(project, study, ["interaction"], engine="kernel", progress=False)
        assert runner.run_study(project, on_one_claim, progress=False).exit_status == 0
    (name,) = (name for name in summary.done if name.startswith("interaction"))
    return OfTheKernel(project, name, on_one_claim)


def test_each_shows_in_this_process_what_it_shows_in_an_ordinary_kernel(whole_study, of_the_kernel, kernel):
    elsewhere = of_the_kernel.project
    study = load_study(whole_study / "studies" / f"{NAME}.yml")
    assert {path.stem for path in NOTEBOOKS} == {asked.notebook for asked in study.runs}
    on_one_claim = {asked.notebook: asked for asked in of_the_kernel.on_one_claim.runs}
    for asked in {asked.notebook: asked for asked in study.runs}.values():
        home = elsewhere.root if asked.notebook in on_one_claim else whole_study
        asked = on_one_claim.get(asked.notebook, asked)
        ours = nbformat.read(home / "reports" / "notebooks" / f"{asked.name}.ipynb", 4)
        if asked.name == of_the_kernel.name:  # which a kernel has run already
            theirs = nbformat.read(elsewhere.reports / "notebooks" / f"{asked.name}.ipynb", 4)
        else:
            theirs = in_an_ordinary_kernel(kernel, home, asked)
        assert as_shown(ours) == as_shown(theirs), asked.name


def test_in_every_chart_texts_lie_inside_and_apart(whole_study):
    """As readers have them: what makes a chart in a report may differ from what a test of it makes up."""
    n_charts = 0
    for path in sorted((whole_study / "reports" / "notebooks").rglob("*.ipynb")):
        for output in (output for cell in cells(path, "code") for output in cell["outputs"]):
            svg = "".join(output.get("data", {}).get("image/svg+xml", ()))
            if svg:
                size, placed = boxes_in_svg(svg)
                assert len(placed) == svg.count("<!-- ") > 1
                check_boxes(size, placed)
                n_charts += 1
    assert n_charts > len(NOTEBOOKS)


def test_results_and_report_are_the_same_to_the_byte_from_an_ordinary_kernel(whole_study, of_the_kernel):
    project, name, _ = of_the_kernel
    for path in (f"results/{name}.json", f"{name}.html", f"{name}.pdf"):
        assert (whole_study / "reports" / path).read_bytes() == (project.reports / path).read_bytes(), path


def test_every_value_that_a_notebook_declares_makes_a_report(whole_study, of_the_kernel):
    home = of_the_kernel.project.root  # its panel is made
    in_the_study = [
        (run.notebook, dict(run.parameters)) for run in load_study(home / "studies" / f"{NAME}.yml").runs
        if (whole_study / "reports" / f"{run.name}.pdf").is_file()
    ]  # fmt: skip
    asked = [
        entry for entry in declared_variants()
        if not any(
            entry["notebook"] == notebook and entry["parameters"].items() <= parameters.items()
            for notebook, parameters in in_the_study
        )
    ]  # fmt: skip
    assert {"pooled", "first-differences"} <= {entry["parameters"].get("estimator") for entry in asked}
    (home / "studies" / "every.yml").write_text(yaml.safe_dump({"runs": asked}))
    told = called("reports", "every", home=home)
    assert told.returncode == 0, told.stderr
    assert {entry["name"] for entry in asked} <= {path.stem for path in (home / "reports").glob("*.pdf")}


def test_it_runs_under_plain_papermill_in_an_ordinary_kernel(tmp_path):
    executed = papermill.execute_notebook(
        FOLDER / "relationship.ipynb", tmp_path / "out.ipynb", {"exposure": "vacancy_percent"},
        kernel_name="python3", progress_bar=False,
    )  # fmt: skip
    assert RESULTS_MIME in executed.cells[-1].outputs[0].data
    assert not any(
        output.output_type == "error" for cell in executed.cells for output in cell.get("outputs", [])
    )
