"""The main study in short: every notebook, each grid cut to one pair, chance drawn seldom, truths planted in few claims."""

import yaml

from tests.making.command import called, copy_of_what_a_user_has, fewest_draws

NAME = "short"
# Values that a notebook declares beside its defaults, so that it needn't run once more for them: in its first run here.
NEAREST = {
    "inspection-shock": {"years_before": 2, "years_after": 3},
    "robustness": {
        "transformations": ["none", "log exposure", "log outcome", "log both", "ranks", "winsorised"]
    },
}
# What is planted in a claim goes by its design: a claim of each, two of those within authorities, C15 among them.
OF_EACH_DESIGN = {"claims": ["C04", "C05", "C08", "C15", "C19", "C20", "C22"], "example": "C15", "draws": 2}


def shortened(document):
    """Return a study with every notebook, each grid cut to one pair, that of claim C15 among them, and few draws."""
    nearest = dict(NEAREST)
    for entry in document["runs"]:
        grid = entry.get("grid")
        if isinstance(grid, list):
            entry["grid"] = [point for point in grid if point["exposure"] == "referrals_per_10k"]
        elif grid:
            entry["grid"] = {name: values[:1] for name, values in grid.items()}
        given = entry.get("parameters", {})
        few = OF_EACH_DESIGN if entry["notebook"] == "calibration" else fewest_draws(entry["notebook"])
        entry["parameters"] = (
            {name: value[:3] if isinstance(value, list) else value for name, value in given.items()}
            | few
            | nearest.pop(entry["notebook"], {})
        )
    return document


def project_with_short_study(home):
    """Return ``home``, a project with what a user has and the short study beside the main one; nothing has run."""
    copy_of_what_a_user_has(home)
    document = yaml.safe_load((home / "studies" / "main.yml").read_text())
    # The brief on an authority is a study of its own; it tells of verdicts, so that it comes after them.
    document["runs"].append({"notebook": "authority-profile", "after": ["claims"]})
    (home / "studies" / f"{NAME}.yml").write_text(yaml.safe_dump(shortened(document), sort_keys=False))
    return home


def run_whole(home):
    """Run the short study in a new project at ``home``."""
    told = called("reports", NAME, home=project_with_short_study(home))
    assert told.returncode == 0, told.stdout + told.stderr
