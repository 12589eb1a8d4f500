"""The rules on text: grades, tables, prose, dates and sentences, a trap each."""

import pytest

from analysis.inspections.reading.dates import DateError, inspection_windows, read_windows
from analysis.inspections.reading.framework import family_of
from analysis.inspections.reading.grades import plain
from analysis.inspections.reading.judgements import (
    grades_of,
    is_judgement_row,
    overall_in_prose,
    section_name,
    table_rows,
)
from analysis.inspections.reading.layout import joined
from analysis.inspections.reading.sentences import read_sentences, split_sentences
from analysis.inspections.reading.text import UnreadableReportError
from tests.making.inspections_reports import BODY, PAGE, ilacs, write


def grades(text, family="ilacs"):
    return dict(grades_of(table_rows(plain(text), family)))


def test_before_2023_care_leavers_share_a_row_and_have_no_grade():
    text = "The experiences and progress of children in care and care leavers Good Overall effectiveness Good"
    assert grades(text) == {"in_care": "good", "care_leavers": "none", "overall": "good"}


@pytest.mark.parametrize(
    "text",
    [
        "The experiences and progress of children in care Requires improvement to be good",
        "The experiences and progress of children in\ncare\nRequires improvement\nto be good",
        "The experiences and progress of Requires improvement children in care to be good",
        "The experiences and progress of children Requires in care improvement",
        "The experiences and progress of children in care. Requires improvement12",
        "THE EXPERIENCES AND PROGRESS OF CHILDREN IN CARE  REQUIRES IMPROVEMENT 4",
    ],
)
def test_labels_and_grades_wrap_in_many_ways(text):
    assert grades(text)["in_care"] == "requires improvement"


def test_a_grade_that_has_no_label_before_it_is_nobodys():
    assert grades("The experiences and progress of children in care are described by many as good") == {}


def test_the_first_table_counts_and_not_a_later_one():
    first = "2.1 Adoption performance Good 3. Leadership, management and governance Good"
    later = " x" * 400 + " Adoption performance Inadequate Leadership, management and governance Inadequate"
    assert grades(first + later, "sif") == {"adoption": "good", "leaders": "good"}


def test_a_single_row_in_prose_before_the_table_is_not_the_table():
    stray = "Adoption performance good in parts." + " x" * 400
    table = " 2.1 Adoption performance Inadequate 3. Leadership, management and governance Good"
    assert grades(stray + table, "sif")["adoption"] == "inadequate"


def test_not_judged_is_none():
    assert grades("2.1 Adoption performance Not judged", "sif") == {"adoption": "none"}


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("The overall judgement is good", "good"),
        (
            "The overall judgement is that children’s services require\nimprovement.2 The authority has work to do.",
            "requires improvement",
        ),
        ("The overall judgement is requires improvement There is no failure seen", "requires improvement"),
        ("Children’s services in St. Example require improvement to be\ngood", "requires improvement"),
        ("Children’s services in the Royal Borough are outstanding1", "outstanding"),
        ("Children’s services in Example requires improvement to be good", "requires improvement"),
        ("This local authority is inadequate because", "inadequate"),
        # Neither the board's grade nor what is expected of all is the authority's.
        (
            "The effectiveness of the Local Safeguarding Children Board is good. Children’s services are "
            "inadequate",
            "inadequate",
        ),
        (
            "It is the expectation that local authority services are good. Children’s services in Example are inadequate.",
            "inadequate",
        ),
        # An earlier inspection's grade in the same words.
        (
            "At the previous inspection, children’s services in Example are inadequate. Children’s services in Example "
            "are good",
            "good",
        ),
        (
            "Children’s services in Example were inadequate in 2011. Children’s services in Example are good",
            "good",
        ),
        ("The authority is not yet delivering good help", None),
        ("Children’s services in Example are not good", None),
        ("The judgements on areas of the service that contribute to overall effectiveness are:", None),
    ],
)
def test_the_overall_grade_in_prose(text, grade):
    assert overall_in_prose(plain(text)) == grade


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("5 to 16 June 2023", "2023-06-05", "2023-06-16"),
        ("26 October – 19 November 2015", "2015-10-26", "2015-11-19"),
        ("28 November to 9 December 2022 Lead inspector: 4 people", "2022-11-28", "2022-12-09"),
        ("9–24 November 2017", "2017-11-09", "2017-11-24"),
        ("8 July 2019 to 12 July 2019 and 7 August 2019 to\n8 August 2019", "2019-07-08", "2019-08-08"),
        ("19 November-11 December 2013 and 28 – 30 \nJanuary 2014", "2013-11-19", "2014-01-30"),
        ("1/06/2015 – 25/06/2015", "2015-06-01", "2015-06-25"),
        ("18 Feb 2014 – 12 March 2014", "2014-02-18", "2014-03-12"),
        ("20 June 2017 ─ 13 July 2017", "2017-06-20", "2017-07-13"),
        ("20 June 2017 ̶ 13 July 2017", "2017-06-20", "2017-07-13"),
        ("05 July 2016–27 July 2016", "2016-07-05", "2016-07-27"),
        ("12 December to 6 January 2023", "2022-12-12", "2023-01-06"),
        ("28 July 2016", "2016-07-28", "2016-07-28"),
        ("Monday 5th June to Friday 9th June, 2023", "2023-06-05", "2023-06-09"),
        ("4 May 2015 – 29 May 2015 Report published: 20 July 2015", "2015-05-04", "2015-05-29"),
    ],
)
def test_dates_in_many_spellings(text, start, end):
    windows = inspection_windows(f"Inspection dates: {text}")
    assert (str(windows[0].start), str(windows[-1].end)) == (start, end)


def test_two_windows_are_kept_apart():
    first, second = read_windows("5 to 9 December 2022 and 14 to 15 February 2023")
    assert (str(first.end), str(second.start)) == ("2022-12-09", "2023-02-14")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Inspection dates: to be told", "no date follows"),
        ("Inspection dates: 5 to 9", "no month or year"),
        ("Inspection dates: 30 to 31 June 2023", "no such day"),
        ("Inspection dates: 9 June 2023 to 5 June 2023", "backwards"),
        ("Published 5 June 2023", "aren't there"),
    ],
)
def test_dates_that_cannot_be_read_have_a_reason(text, reason):
    with pytest.raises(DateError, match=reason):
        inspection_windows(text)


def test_a_document_of_another_kind_is_refused():
    with pytest.raises(UnreadableReportError, match="not a report"):
        family_of("inspection of an invented nursery school overall effectiveness good")


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        (
            "The experiences and progress of care leavers: good",
            "The experiences and progress of care leavers",
        ),
        (
            "The experiences and progress of children in care is: Requires improvement to be good",
            "The experiences and progress of children in care",
        ),
        (
            "Key judgement Judgement grade Leadership, management and governance Inadequate",
            "Leadership, management and governance",
        ),
    ],
)
def test_a_heading_with_a_grade_is_a_row_and_names_its_section_without(heading, name):
    assert is_judgement_row(heading) and section_name(heading) == name


def test_a_sentence_is_no_row():
    assert not is_judgement_row("Leadership, management and governance are good in this made-up place.")


def test_words_over_line_ends_are_mended():
    assert joined(["well\u2010targeted help"]) == "well-targeted help"
    assert (
        joined(["the pro\u2010gramme of the year"], frozenset({"programme"})) == "the programme of the year"
    )
    assert joined(["a pro\u00ad", "gramme"]) == "a programme"
    assert joined(["short- and", "long-", "term"]) == "short- and long-term"


def test_sentences_end_at_stops_but_not_at_abbreviations():
    text = "Dr. Example visits, e.g. On Mondays. ‘Is it late?’ Some wait (see p. 4). 12 do not. (Recommendation 3)"
    assert split_sentences(text) == (
        "Dr. Example visits, e.g. On Mondays.",
        "‘Is it late?’",
        "Some wait (see p. 4).",
        "12 do not. (Recommendation 3)",
    )


@pytest.fixture
def sentences(tmp_path):
    body = (
        "The first lines speak of nothing#super[1] much at all here.\n\n"
        "#text(8pt)[#super[1] A note that nobody counts as evidence.]\n\n"
        "#text(15pt)[*What needs to improve*]\n\n"
        "- The pace of invented reviews in winter\n\n- The number of invented lists in spring\n\n"
        "#text(15pt)[*The experiences and progress of care leavers: good*]\n\n"
        f"1. One numbered thing is said here. A second thing follows it.\n\n#text[{BODY}]\n\n#pagebreak()\n{BODY}"
        "#pagebreak()\nThe last page has a sentence of its own.\n\n"
        "The Office for Standards in Education has an address.\n\nIt closes every report."
    )
    footer = (
        "#set page(footer: align(center)[#text(8pt)[Inspection of Wigan children’s services "
        "#context counter(page).display()]])\n"
    )
    return read_sentences(write(tmp_path, "a.pdf", footer + ilacs(body=body)))


def by_text(sentences, start):
    return next(sentence for sentence in sentences if sentence.text.startswith(start))


def test_a_sentence_knows_its_place(sentences):
    assert [sentence.number for sentence in sentences] == list(range(1, len(sentences) + 1))
    second = by_text(sentences, "A second thing")
    assert (second.section, second.paragraph, second.report) == (
        "The experiences and progress of care leavers",
        "1",
        "a.pdf",
    )
    first = by_text(sentences, "The first lines")
    assert (first.page, first.section) == (1, "Inspection of Wigan local authority children’s services")
    bullet = by_text(sentences, "The pace of invented")
    assert (bullet.section, bullet.paragraph) == ("What needs to improve", "")
    assert by_text(sentences, "The last page").page > second.page


def test_what_a_page_repeats_and_what_closes_a_report_is_left_out(sentences):
    text = " ".join(sentence.text for sentence in sentences)
    assert "speak of nothing much" in text
    for absent in (
        "Inspection of Wigan",
        "nobody counts",
        "has an address",
        "closes every",
        "Overall effectiveness",
    ):
        assert absent not in text


def test_a_row_at_a_pages_foot_does_not_run_into_the_next_page(tmp_path):
    sentences = read_sentences(write(tmp_path, "a.pdf", ilacs(body="#pagebreak()\n" + BODY)))
    assert sentences[0].text.startswith("Workers in")


def test_a_sentence_goes_on_over_a_page_and_over_a_line_end_hyphen(tmp_path):
    words = "The invented lists are kept by a great number of well-meaning people " * 70
    sentences = read_sentences(write(tmp_path, "a.pdf", ilacs(body=words + "to the end.")))
    assert [sentence.page for sentence in sentences] == [1]
    assert sentences[0].text == words + "to the end."


def test_a_heading_that_is_only_a_grade_names_no_section(tmp_path):
    source = f"{PAGE}= Capacity of the made-up kind\n\n= Grade 4 (Inadequate)\n\n{BODY}"
    sentences = read_sentences(write(tmp_path, "a.pdf", source))
    assert {sentence.section for sentence in sentences} == {"Capacity of the made-up kind"}


def test_contents_and_the_meaning_of_grades_are_left_out(tmp_path):
    source = (
        f"{PAGE}= Inspection of Wigan\n{BODY}\n#pagebreak()\n= Contents\nA chapter of three words 7\n#pagebreak()\n"
        f"= Findings\n{BODY}\n#pagebreak()\n= What the inspection judgements mean\nA service of that sort is outstanding.\n"
    )
    text = " ".join(sentence.text for sentence in read_sentences(write(tmp_path, "a.pdf", source)))
    assert "Workers in this" in text and "chapter of three" not in text and "that sort" not in text


def test_three_words_make_a_statement_and_two_do_not_and_each_stands_on_its_own_page(tmp_path):
    body = f"{BODY}\n\n5. Visits are rare. Not so. The 12th time. Staff stay on here.\n\n"
    statements = [sentence.text for sentence in read_sentences(write(tmp_path, "a.pdf", ilacs(body=body)))]
    assert "Visits are rare." in statements and "Staff stay on here." in statements
    assert "Not so." not in statements
