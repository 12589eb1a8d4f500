"""How `make docs` builds the site: pages in Markdown, and reference pages that are made from the code each time."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from reference_pages import write_reference_pages  # noqa: E402

from analysis import __version__  # noqa: E402

project = "plan-drift"
author = "The plan-drift authors"
release = version = __version__
copyright = author
language = "en_GB"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "plan-drift"
html_static_path: list[str] = []
html_copy_source = html_show_sourcelink = False
html_last_updated_fmt = None

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"

write_reference_pages(HERE / "reference" / "made")
