"""Any executed notebook becomes a tagged PDF that a reader, and a reader's software, can use."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import nbformat
import pikepdf
import pypdfium2
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publishing.errors import PublishingError
from publishing.limits import limit_outputs
from publishing.publication import publish

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="460.8pt" height="200pt">
<rect width="90" height="40"/></svg>"""


def own_output(data, **about):
    return new_output("display_data", data=data, metadata={"plan_drift": about})


def figure(alt="A rectangle", caption="A caption"):
    return own_output(
        {"image/svg+xml": SVG, "text/plain": "[figure]"},
        kind="figure",
        caption=caption,
        alt=alt,
        source="DfE, 2024",
    )


def html_table(rows, columns, caption="Rows"):
    head = "".join(f'<th scope="col">Column {c}</th>' for c in range(columns))
    body = "".join(
        f'<tr><th scope="row">Authority {r}</th>'
        + "".join(f"<td>{r * c}.5</td>" for c in range(1, columns))
        + "</tr>"
        for r in range(rows)
    )
    text = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return own_output(
        {"text/html": text}, kind="table", caption=caption, source="DfE, 2024", note="c = withheld"
    )


def code(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata=metadata)


MARKDOWN = """## Data

£5 – at least ≥ 2, café, see [the method](#method) and [elsewhere](https://example.org).

## Method

The slope $\\hat\\beta$ of

$$y = \\alpha + \\beta x$$

- one
- two @cited

| a | b |
|---|--:|
| c | 1 |
"""


@pytest.fixture(scope="module")
def notebook():
    return new_notebook(
        cells=[
            new_markdown_cell("# Does it go?\n\n## Question\n\nWhether **it** goes."),
            new_markdown_cell(MARKDOWN),
            code("shown = make_figure()", figure()),
            code("make_table()", html_table(120, 3)),
            code("wide()", html_table(6, 14, "Fourteen columns")),
            code("words()", own_output({"text/markdown": "It is **0.12**."}, kind="prose")),
            code("print(1)", new_output("stream", name="stdout", text="printed\n")),
            code(
                "out()",
                own_output(
                    {"text/plain": "secret", "application/vnd.plan-drift.results+json": {}}, kind="results"
                ),
            ),
        ]
    )


@pytest.fixture(scope="module")
def published(notebook):
    return publish(notebook, "goes")


@pytest.fixture(scope="module")
def pdf(published):
    with pikepdf.open(BytesIO(published.pdf)) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(published):
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(published.pdf)]


def structure(pdf):
    """Every element of the structure tree."""
    waiting, elements = [pdf.Root.StructTreeRoot], []
    while waiting:
        element = waiting.pop()
        if isinstance(element, pikepdf.Array):
            waiting += list(element)
        elif isinstance(element, pikepdf.Dictionary):
            elements.append(element)
            if "/K" in element:
                waiting.append(element.K)
    return elements


def roles(pdf):
    return [str(element.S) for element in structure(pdf) if "/S" in element]


def test_pdf_is_tagged_titled_and_british(pdf):
    assert str(pdf.Root.Lang) == "en-GB"
    assert bool(pdf.Root.MarkInfo.Marked)
    with pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == "Does it go?"
        assert metadata["pdfuaid:part"] == "1"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)


def test_bookmarks_name_the_sections(pdf):
    with pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[0] == "Data"
    assert {"Data", "Method", "Provenance"} <= set(titles)


def test_every_figure_and_formula_says_what_it_shows(pdf):
    told = [element for element in structure(pdf) if str(element.get("/S")) in ("/Figure", "/Formula")]
    assert len(told) == 3
    assert all(str(element.Alt) for element in told)
    assert "A rectangle" in [str(element.Alt) for element in told]


def test_tables_have_header_cells_and_lists_are_lists(pdf):
    tags = roles(pdf)
    assert tags.count("/Table") == 3
    assert tags.count("/TH") >= 3 + 14 + 2
    assert "/L" in tags and "/Link" in tags


def scope(cell):
    return next((str(about.Scope) for about in cell.get("/A", ()) if "/Scope" in about), "")


def test_first_cell_of_a_row_heads_it_and_the_others_name_it(pdf):
    elements = structure(pdf)
    by_id = {bytes(element.ID): element for element in elements if "/ID" in element}
    rows = [element for element in elements if str(element.get("/S")) == "/TR"]
    headed = [row for row in rows if str(row.K[0].S) == "/TH" and scope(row.K[0]) == "/Row"]
    assert len(headed) == 120 + 6, "every row that has a <th>; the one written in Markdown has none"
    for row in headed:
        first, *others = row.K
        assert others and all(str(cell.S) == "/TD" for cell in others)
        for cell in others:
            named = next(about.Headers for about in cell.A if "/Headers" in about)
            scopes = [scope(by_id[bytes(name)]) for name in named]
            assert scopes == ["/Column", "/Row"] and bytes(named[1]) == bytes(first.ID)
    listed = pikepdf.NameTree(pdf.Root.StructTreeRoot.IDTree)
    assert sorted(name.encode() for name in listed) == sorted(by_id)


def test_pages_are_a4_and_numbered(published, pages):
    document = pypdfium2.PdfDocument(published.pdf)
    for page in document:
        assert sorted(round(side) for side in page.get_size()) == [595, 842]
    assert f"page 2 of {len(document)}" in pages[1]
    assert "Does it go?" in pages[1], "the running header"


def shown_on(*cells):
    """The texts of the pages of a notebook that begins with half a page of words."""
    words = new_markdown_cell("# Long\n\n" + "\n\n".join(f"Line {n}." for n in range(18)))
    made = publish(new_notebook(cells=[words, *cells]), "long")
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made.pdf)]


def tall(caption="It rises. A line, in %."):
    shown = figure(caption=caption)
    shown["data"]["image/svg+xml"] = SVG.replace('height="200pt"', 'height="420pt"')
    return code("tall()", shown)


def test_what_a_page_has_no_room_for_goes_to_the_next_and_the_text_goes_on():
    first, second, *_ = shown_on(tall(), new_markdown_cell("What is read after it."))
    assert "What is read after it." in first and "Figure 1" not in first
    assert "Figure 1. It rises. A line, in %." in " ".join(second.split())


def test_an_exhibit_stays_with_the_heading_above_it():
    first, second, *_ = shown_on(new_markdown_cell("## Shown"), tall(), new_markdown_cell("After it."))
    assert "Shown" not in first and "Shown" in second and "Figure 1" in second and "After it." in second


def test_exhibits_keep_their_order_where_a_later_one_would_fit():
    pages = shown_on(
        tall(), code("small()", figure(caption="Second. In %.")), new_markdown_cell("After them.")
    )
    text = "".join(pages)
    assert text.index("Figure 1.") < text.index("Figure 2.")
    assert "After them." in pages[0]


def test_one_under_a_heading_does_not_overtake_the_one_before():
    heading = new_markdown_cell("What is read between.\n\n## Later")
    pages = shown_on(tall(), heading, code("small()", figure(caption="Second. In %.")))
    text = "".join(pages)
    assert text.index("Figure 1.") < text.index("Later") < text.index("Figure 2.")
    assert "What is read between." in pages[0]


def test_front_page_asks_and_last_page_says_where_it_comes_from(pages):
    assert "Whether it goes." in pages[0]
    assert "exported outside a run" in pages[-1]


def test_text_survives(pages):
    text = "\n".join(pages)
    for piece in (
        "£5 – at least ≥ 2, café",
        "It is 0.12.",
        "printed",
        "@cited",
        "Figure 1",
        "Table 1",
        "c = withheld",
    ):
        assert piece in text
    assert "secret" not in text, "results are data, not text"


def test_long_table_repeats_its_header(pages):
    with_rows = [page for page in pages if "Authority 1" in page and "Column 2" in page]
    assert len([page for page in with_rows if "Column 13" not in page]) >= 3


def test_wide_table_stays_inside_its_page(published):
    for page in pypdfium2.PdfDocument(published.pdf):
        width, height = page.get_size()
        text = page.get_textpage()
        for i in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(i)
            assert 30 <= left <= right <= width - 30 or left == right
            assert 0 <= bottom <= top <= height


def test_cells_of_a_wide_table_do_not_overlap(published):
    page = next(
        p for p in pypdfium2.PdfDocument(published.pdf) if "Fourteen" in p.get_textpage().get_text_range()
    )
    text = page.get_textpage()
    boxes = [text.get_charbox(i) for i in range(text.count_chars()) if text.get_text_range(i, 1).strip()]
    for box, other in pairwise(boxes):
        same_line = abs(box[1] - other[1]) < 1 and abs(box[3] - other[3]) < 4
        assert not same_line or other[0] > box[0]


def test_code_is_left_out_unless_asked_for(notebook, pages):
    assert "make_figure" not in "\n".join(pages)
    shown = publish(notebook, "goes", include_code=True)
    text = "\n".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(shown.pdf))
    assert "make_figure" in text
    assert "make_figure" in shown.html


def test_same_notebook_gives_the_same_bytes(notebook, published):
    again = publish(notebook, "goes")
    assert again.pdf == published.pdf
    assert again.html == published.html


def test_web_page_stands_alone(published):
    page = published.html
    assert '<html lang="en-GB">' in page
    assert 'class="skip"' in page and 'name="viewport"' in page
    assert 'src="data:image/svg+xml,<' in page and 'alt="A rectangle"' in page
    assert "<script" not in page and 'src="http' not in page
    assert not re.search(r"url\((?!%23)", page), "a drawing refers to nothing but its own parts"
    assert '<th scope="row"' in page and '<th scope="col"' in page
    assert page.count("<h1") == 1 and "<math" in page


def png():
    from matplotlib.figure import Figure

    stream = BytesIO()
    Figure(figsize=(2, 1)).savefig(stream, format="png")
    return b64encode(stream.getvalue()).decode()


def picture():
    return new_output("display_data", data={"image/png": png(), "text/plain": "<Figure>"})


def test_figure_without_alternative_text_is_refused_by_notebook_and_cell():
    bad = new_notebook(cells=[new_markdown_cell("# T"), code("plot()", picture())])
    with pytest.raises(
        PublishingError, match=r"^foreign, cell 2: a figure has no alternative text; .*fig-alt"
    ):
        publish(bad, "foreign")


@pytest.mark.parametrize(
    "cell",
    [
        code("plot()", picture(), alt="A line"),
        code("#| fig-alt: A line\nplot()", picture()),
        code('#| fig-alt: "A line"\nplot()', picture()),
    ],
)
def test_foreign_notebooks_describe_figures_in_their_cells(cell):
    made = publish(new_notebook(cells=[cell]), "foreign")
    assert 'alt="A line"' in made.html


def test_cell_that_failed_is_refused_unless_allowed():
    error = new_output(
        "error", ename="ValueError", evalue="no\nmore", traceback=["\x1b[31mValueError\x1b[39m: no"]
    )
    bad = new_notebook(cells=[code("fail()", error)])
    with pytest.raises(PublishingError, match=r"^bad, cell 1: ends in an error, ValueError: no;"):
        publish(bad, "bad")
    assert "ValueError: no" in publish(bad, "bad", allow_errors=True).html


def test_notebook_that_was_not_run_says_so():
    made = publish(new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("1 + 1")]), "unrun")
    assert "has not been run" in made.html


def test_headings_out_of_order_and_strange_characters_are_set():
    cells = [
        new_markdown_cell(
            "# T\n\n#### Deep\n\n## Up 你好 \U0001f600\n\n[nowhere](#none) <b>bold</b><br>next <i>x</i>"
        )
    ]
    made = publish(new_notebook(cells=cells), "strange")
    assert made.pdf.startswith(b"%PDF")
    assert "bold" in made.html


def test_very_wide_table_is_split_with_its_row_heads():
    made = publish(new_notebook(cells=[code("wide()", html_table(3, 40, "Forty"))]), "forty")
    text = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made.pdf))
    _, *parts = text.split("Forty (part ")
    assert len(parts) >= 2
    assert all("Authority 2" in part for part in parts)


def test_provenance_page_lists_what_the_run_recorded():
    about = {
        "inputs": {"data/x.csv": "ab" * 32},
        "parameters": {"level": "low"},
        "packages": {"numpy": "2"},
        "seed": 7,
    }
    made = new_notebook(cells=[new_markdown_cell("# T")], metadata={"plan_drift": {"provenance": about}})
    page = pypdfium2.PdfDocument(publish(made, "own").pdf)
    page = page[len(page) - 1].get_textpage().get_text_range()
    for piece in ("data/x.csv", "level", "numpy", "Seed 7"):
        assert piece in page


def test_nbconvert_exports_a_foreign_notebook(tmp_path: Path):
    cells = [
        new_markdown_cell("# Foreign\n\n![A dot](dot.png)"),
        code("#| fig-alt: A line\nplot()", picture()),
        code(
            "df",
            new_output(
                "execute_result", data={"text/html": frame_html(), "text/plain": "df"}, execution_count=1
            ),
        ),
    ]
    (tmp_path / "dot.png").write_bytes(__import__("base64").b64decode(png()))
    source = tmp_path / "foreign.ipynb"
    nbformat.write(new_notebook(cells=cells), source)
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "typst-pdf", str(source)]
    done = subprocess.run([*command, "--TypstPdfExporter.include_code=True"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with pikepdf.open(tmp_path / "foreign.pdf") as opened:
        alts = [str(e.Alt) for e in structure(opened) if str(e.get("/S")) == "/Figure"]
        assert sorted(alts) == ["A dot", "A line"]
        assert "/TH" in roles(opened)


def frame_html():
    import pandas as pd

    return pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}).rename_axis("k")._repr_html_()


def test_notebook_files_with_lists_of_lines_are_read(notebook):
    plain = json.loads(nbformat.writes(notebook))
    assert publish(plain, "goes").pdf.startswith(b"%PDF")


def text_of(publication):
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(publication.pdf))


def of_markdown(*texts):
    return publish(new_notebook(cells=[new_markdown_cell(text) for text in texts]), "own")


def test_a_thematic_break_is_set():
    publication = of_markdown("# T\n\nBefore.\n\n---\n\nAfter.")
    assert "Before." in text_of(publication) and "After." in text_of(publication)
    assert "<hr" in publication.html


@pytest.mark.parametrize(
    "address",
    ["missing_map.png", "https://example.org/map.png", "file:///etc/map.png", "attachment:none.png"],
)
def test_a_picture_that_cannot_be_had_is_refused_by_cell(address):
    with pytest.raises(PublishingError, match=r"^own, cell 2: the picture '.*' can't be had"):
        of_markdown("# T", f"![the map]({address})")


def test_a_figure_shown_twice_is_told_as_what_it_is():
    twice = code("#| fig-alt: A line\nfig, ax = plt.subplots()\nfig", picture(), picture())
    with pytest.raises(
        PublishingError, match="shows 2 or more figures and gives 1 alternative text"
    ) as caught:
        publish(new_notebook(cells=[new_markdown_cell("# T"), twice]), "own")
    assert "no alternative text" not in str(caught.value)


HASH = "da28899b74a91acf5e045f42b4e4f7fbdbd01f3c9aeacb1c712a2d81048d770a"
LONG = [HASH, "Northamptonshire", "10.1016/j.childyouth.2020.105246", "three_or_more_placements_percent",
        "data/processed/panel.parquet"]  # fmt: skip


def test_long_words_are_copied_as_they_are():
    columns = 9
    row = "".join(f"<td>{word}</td>" for word in (LONG * 2)[: columns - 1])
    head = "".join(f'<th scope="col">Column {c}</th>' for c in range(columns))
    table = (
        f'<table><thead><tr>{head}</tr></thead><tbody><tr><th scope="row">A</th>{row}</tr></tbody></table>'
    )
    shown = own_output({"text/html": table}, kind="table", caption="Long words")
    publication = publish(new_notebook(cells=[new_markdown_cell("# T"), code("t()", shown)]), "own")
    text = text_of(publication)
    assert not [character for character in text if character in "\u200b\u00ad\ufffe\u2060\ufeff"]
    joined = text.replace("\r\n", "").replace("\n", "")
    for word in LONG:
        assert word in joined, word
        assert word in publication.html.replace("<wbr>", "")
    assert "\u200b" not in publication.html


@pytest.mark.parametrize("target", ["&#1;javascript:alert(1)", "java&Tab;script:alert(1)", "&#10;data:text/html,x",
                                    "vbscript:x", "JaVaScRiPt:x"])  # fmt: skip
def test_links_that_a_browser_would_run_are_plain_text(target):
    page = of_markdown("# T", f"See [here]({target}).").html
    assert "href" not in page.split('id="content"')[1] and "here" in page


def test_pages_allow_no_script_and_no_other_address(published):
    policy = published.html.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_a_word_that_no_line_could_hold_is_refused_at_once():
    with pytest.raises(
        PublishingError, match=r"own, cell 2: a word of 100,000 characters .* a report takes 2,000"
    ):
        of_markdown("# T", "x" * 100_000)


def test_what_a_cell_prints_without_end_is_cut_and_said_to_be():
    cells = [
        {"id": "a", "outputs": [{"output_type": "stream", "name": "stdout", "text": "line\n" * 1_000_000}]},
        {"id": "b", "outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 60_000},
                                {"output_type": "stream", "name": "stderr", "text": "more"}]},
        {"id": "c", "outputs": [{"output_type": "stream", "name": "stdout", "text": "line\n" * 1_000}]},
    ]  # fmt: skip
    limit_outputs(cells)
    first, second, third = ([output["text"] for output in cell["outputs"]] for cell in cells)
    assert first[0].count("line\n") == 1_000 and first[0].endswith("are kept]\n")
    assert second[0].startswith("x" * 50_000 + "\n[cut: ")
    assert third == ["line\n" * 1_000]
    with pytest.raises(PublishingError, match="cell 'd': 201 outputs; a report takes 200 of a cell"):
        limit_outputs([{"id": "d", "outputs": [{"output_type": "display_data", "data": {}}] * 201}])


def test_figures_with_their_interval_stay_on_one_line_beside_text():
    names = ("Outcome", "Years before", "Fit before", "Gap after", "p", "Earlier date", "Made of")
    values = ("4", "0.02", "1.9 (−8.1 to 10.1)", "0.194", "–")
    head = "".join(f"<th>{name}</th>" for name in names)
    figures = "".join(f'<td align="right">{value}</td>' for value in values)
    row = f"<th>Assessments within 45 working days</th>{figures}<td>Salford 42%, Stockton-on-Tees 38%, Calderdale 19%</td>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr></tbody></table>"
    shown = own_output({"text/html": table}, kind="table", caption="A synthetic control")
    document = pypdfium2.PdfDocument(publish(new_notebook(cells=[code("t()", shown)]), "own").pdf)
    (page,) = [p.get_textpage() for p in document if "Stockton" in p.get_textpage().get_text_range()]
    start = page.get_text_range().index("1.9 (")
    left_of_all, bottom_of_first, _, _ = page.get_charbox(start)
    last = page.get_text_range().index("10.1)", start)
    left_of_last, bottom_of_last, _, _ = page.get_charbox(last)
    assert left_of_all < left_of_last and abs(bottom_of_first - bottom_of_last) < 2


KEEPING = """
import json, random, sys
from nbformat.v4 import new_markdown_cell, new_notebook
from publishing.publication import publish
from publishing.typesetting import forget_documents

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS:")) / 1024

def written(number):
    random.seed(number)
    paragraphs = (" ".join(random.choices(WORDS, k=60)) for _ in range(60))
    return new_notebook(cells=[new_markdown_cell("# A\\n\\n" + "\\n\\n".join(paragraphs))])

WORDS = ["".join(chr(97 + (n * k) % 26) for k in (3, 5, 7, 11, 13)) for n in range(1, 500)]
told = []
for number in range(9):
    publish(written(number), "a")
    if sys.argv[1] == "forget":
        forget_documents()
    told.append(held())
print(json.dumps(told[-1] - told[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_compiler_that_forgets_documents_holds_no_more_after_many_than_after_one():
    grown = {
        how: json.loads(
            subprocess.run([sys.executable, "-c", KEEPING, how], check=True, capture_output=True).stdout
        )
        for how in ("forget", "keep")
    }
    assert grown["forget"] < grown["keep"] / 3, grown
