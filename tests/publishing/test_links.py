"""What a report leads to: published studies by DOI, and other reports, on the page and in the PDF alike."""

from io import BytesIO

import pandas as pd
import pikepdf
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publishing.display import Prose, Table
from publishing.publication import publish
from publishing.words import linked, with_apostrophes, with_links


def shown(display):
    data, metadata = display._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    return new_code_cell("show()", execution_count=1, outputs=[output])


def addresses(pdf):
    """Addresses of the links of a PDF, in order."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        return [
            str(note.A.URI)
            for page in opened.pages
            for note in page.get("/Annots", [])
            if note.get("/Subtype") == "/Link" and "/A" in note and "/URI" in note.A
        ]


@pytest.fixture(scope="module")
def published():
    table = Table(
        pd.DataFrame(
            {
                "Study": ["Wilkins (2018), doi 10.1093/bjsw/bcy100: no pattern", "Ours"],
                "Report": ["none", "robustness/a"],
                "Note": ["", "x"],
            }
        ),
        "Studies",
        "the authors",
        links={"robustness/a": "robustness/a.html"},
    )
    prose = Prose(
        "As published (doi 10.1017/S147474642200001X), the odds ratio is 1.7. See [a pair](robustness/b.html)."
    )
    return publish(new_notebook(cells=[new_markdown_cell("# A"), shown(table), shown(prose)]), "a")


def test_the_page_leads_to_studies_and_reports(published):
    html = published.html.replace("<wbr>", "")
    assert '<a href="https://doi.org/10.1093/bjsw/bcy100">10.1093/bjsw/bcy100</a>: no pattern' in html
    assert '<a href="robustness/a.html">robustness/a</a>' in html
    assert 'href="https://doi.org/10.1017/S147474642200001X"' in html


def test_the_pdf_leads_to_the_same_and_to_the_reports_pdf(published):
    assert set(addresses(published.pdf)) >= {
        "https://doi.org/10.1093/bjsw/bcy100",
        "robustness/a.pdf",
        "robustness/b.pdf",
        "https://doi.org/10.1017/S147474642200001X",
    }


def test_a_pdf_with_links_in_its_tables_keeps_its_standards(published):
    with pikepdf.open(BytesIO(published.pdf)) as opened:
        about = str(opened.Root.Metadata.read_bytes())
    assert "pdfuaid" in about and "pdfaid" in about


@pytest.mark.parametrize(
    "text, parts",
    [
        ("", [("", "")]),
        ("10.5 per 10,000", [("10.5 per 10,000", "")]),
        ("(10.1/x)", [("(10.1/x)", "")]),
        (
            "see 10.1177/a(b)c. And 10.1000/2",
            [("see ", ""), ("10.1177/a(b)c", "https://doi.org/10.1177/a(b)c"), (". And ", ""),
             ("10.1000/2", "https://doi.org/10.1000/2")],
        ),
    ],
)  # fmt: skip
def test_only_a_doi_leads_to_a_study(text, parts):
    assert linked(text) == parts


@pytest.mark.parametrize(
    "text",
    ["[study](https://doi.org/10.1093/bjsw/bcy100)", "`10.1093/bjsw/bcy100`", "https://doi.org/10.1093/bjsw/bcy100",
     "[10.1093/bjsw/bcy100](https://doi.org/10.1093/bjsw/bcy100)"],
)  # fmt: skip
def test_a_doi_that_leads_somewhere_already_is_left_alone(text):
    assert with_links(text) == text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("children's plans, authorities' figures.", "children’s plans, authorities’ figures."),
        ("the councils' (and others')", "the councils’ (and others’)"),
        ("a cell that says `x['children's']` isn't read", "a cell that says `x['children's']` isn’t read"),
        ("[Leeds's page](a'b.html) and <a title='it's'>", "[Leeds’s page](a'b.html) and <a title='it's'>"),
        ("$f'(x)$ doesn't change, nor 'quoted' words", "$f'(x)$ doesn’t change, nor 'quoted' words"),
    ],
)
def test_apostrophes_are_set_as_print_has_them_and_code_stays_as_it_is(given, shown):
    assert with_apostrophes(given) == shown


def test_titles_captions_and_prose_have_them_and_cells_of_a_table_are_as_given():
    table = Table(
        pd.DataFrame({"authority": ["King's Lynn"]}), "Children's plans", "The Department's", "It isn't all"
    )
    data, metadata = table._repr_mimebundle_()
    output = new_output("display_data", data, metadata=metadata)
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# Leeds's plans\n\n## Question\n\nWhat's it?"),
            new_code_cell("t", outputs=[output]),
        ]
    )
    html = publish(notebook, "print").html
    for shown in (
        "<h1>Leeds’s plans</h1>",
        "What’s it?",
        "Children’s plans",
        "The Department’s",
        "It isn’t all",
    ):
        assert shown in html
    assert "King&#x27;s Lynn" in html
