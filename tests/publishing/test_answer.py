"""A report opens with its answer: on the first page, whole, and in few sentences; what it was made from comes last."""

import pypdfium2
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from publishing.display import Answer
from publishing.errors import PublishingError
from publishing.publication import publish

ANSWER = Answer(
    "**Cases rose.** They were 2.6 points higher (95% interval 1.7 to 3.4 higher).",
    "Six of 7 ways of asking agree.",
    "That one brings about the other.",
)
ABOUT = {
    "version": "9.8.7",
    "run": "a-run",
    "authors": ["A. Author"],
    "citation": {"authors": "A. Author", "year": "2026", "work": "a study, version 1"},
    "published": "2026-11-28",
    "provenance": {"inputs": {"data/x.csv": "ab" * 32}, "parameters": {"level": "low"}, "seed": 7},
}


def shown(display):
    data, metadata = display._repr_mimebundle_()
    output = new_output("display_data", data=data, metadata=metadata)
    return new_code_cell("say()", execution_count=1, outputs=[output])


def notebook(*cells):
    start = new_markdown_cell("# Do cases rise?\n\n## Question\n\nWhether they do.")
    return new_notebook(cells=[start, *cells], metadata={"plan_drift": ABOUT})


def pages(publication):
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(publication.pdf)]


@pytest.fixture(scope="module")
def published():
    rest = new_markdown_cell("## Method\n\n" + "\n\n".join(["A long paragraph of words. " * 30] * 12))
    return publish(notebook(shown(ANSWER), rest), "cases")


def test_page_one_asks_and_answers(published):
    first = " ".join(pages(published)[0].split())
    for part in (
        "Do cases rise?",
        "Whether they do.",
        "They were 2.6 points higher (95% interval 1.7 to 3.4 higher).",
        "How sure? Six of 7 ways of asking agree.",
        "What this does not show That one brings about the other.",
    ):
        assert part in first, first


def test_what_it_was_made_from_comes_last_and_once(published):
    first, *_, last = pages(published)
    for piece in ("9.8.7", "a-run", "level", "A. Author (2026). ‘Do cases rise?’, in a study, version 1."):
        assert piece not in first
        assert piece in " ".join(last.split())
    assert "".join(pages(published)).count("data/x.csv") == 1


def test_the_web_page_answers_before_anything_else(published):
    html = published.html
    box = html.index('class="answer"')
    assert html.index("<h1>") < html.index("Whether they do.") < box < html.index("A long paragraph")
    assert "They were 2.6 points higher" in html[box : html.index("</section>")]
    assert "A. Author" not in html[:box] and "A. Author (2026)" in html[box:]


def test_jupyter_shows_the_three_parts():
    data, _ = ANSWER._repr_mimebundle_()
    assert data["text/markdown"].startswith("**Answer** **Cases rose.** They were")
    assert "**What this does not show** That one brings" in data["text/markdown"]


@pytest.mark.parametrize("text", ["One. Two. Three. Four. Five.", "**One.** Two? Three! (Four.) £5 is five."])
def test_an_answer_of_more_than_four_sentences_is_refused_by_cell(text):
    with pytest.raises(
        PublishingError, match=r"^long, cell 2: the answer has 5 sentences; 4 at most are read"
    ):
        publish(notebook(shown(Answer(text, "Sure.", "All else."))), "long")


def test_a_name_with_an_abbreviation_ends_no_sentence():
    text = "In St. Helens it was 1.5. In Bath it fell. Dr. Smith said so. It is so."
    assert "It is so." in publish(notebook(shown(Answer(text, "Sure.", "All else."))), "four").html


def test_four_sentences_with_decimals_and_brackets_are_four():
    text = "It is 2.6 (1.7 to 3.4). It is e.g. lower than 3.0. It is so. And so on?"
    assert "It is so." in publish(notebook(shown(Answer(text, "Sure.", "All else."))), "four").html


@pytest.mark.parametrize("part", ["answer", "certainty", "not_shown"])
def test_an_answer_that_lacks_a_part_is_refused(part):
    given = {"answer": "Yes.", "certainty": "Sure.", "not_shown": "All else."} | {part: " "}
    with pytest.raises(PublishingError, match=f"^part, cell 2: the answer lacks '{part}'"):
        publish(notebook(shown(Answer(**given))), "part")
