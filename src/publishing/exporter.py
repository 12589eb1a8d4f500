"""`jupyter nbconvert --to typst-pdf`: any executed notebook as a tagged PDF, and its web page."""

from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import Bool, default


class TypstPdfExporter(Exporter):
    """Exports a notebook to PDF by pandoc and Typst: no LaTeX, no browser, nothing of the system."""

    export_from_notebook = "PDF via Typst"
    output_mimetype = "application/pdf"

    include_code = Bool(False, help="Show the code of cells.").tag(config=True)
    allow_errors = Bool(False, help="Make a report even of a notebook in which a cell failed.").tag(
        config=True
    )

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(  # type: ignore[override]  # nbconvert's own exporters return text or bytes as well
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Return the notebook's PDF as bytes, and nbconvert's resources.

        Raises PublishingError where a figure has no alternative text or a cell failed.
        """
        from .publication import publish

        nb_copy, resources = super().from_notebook_node(nb, resources, **kwargs)
        metadata = resources.get("metadata", {})
        publication = publish(
            nb_copy,
            metadata.get("name") or "notebook",
            folder=metadata.get("path") or ".",
            include_code=self.include_code,
            allow_errors=self.allow_errors,
        )
        resources["output_extension"] = ".pdf"
        return publication.pdf, resources
