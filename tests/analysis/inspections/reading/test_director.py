"""Since when a report's director of children's services has been in post: made-up texts, one for each way of saying it."""

import pytest

from analysis.inspections.reading.director import DirectorInPost, director_in_post
from analysis.inspections.reading.sentences import Sentence

SECTION = "Information about this local authority area"
CHAIR = "The chair of the LSCB has been in post since May 2001."
CHIEF = "The interim chief executive has been in post since June 2002."


def told(*texts, section=SECTION, page=5):
    """Sentences of one section, in order."""
    return [
        Sentence("made.pdf", page, section, "", number, text) for number, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize(
    ("text", "since", "is_interim"),
    [
        ("The Director of Children's Services has been in post since July 2014.", "2014-07", False),
        ("The DCS has been in post since 3 September 2015.", "2015-09", False),
        (
            "The interim director of children’s services (DCS) has been in post since May 2016.",
            "2016-05",
            True,
        ),
        ("The Acting Director for Children’s Services took up post in April 2013.", "2013-04", True),
        ("The director of children’s services was appointed in March 2012.", "2012-03", False),
        (
            "The director of children’s services is interim and has been in post since Jan 2016.",
            "2016-01",
            True,
        ),
        ("The DCS has been in post since October 2013 on an interim basis.", "2013-10", True),
        (
            "The DCS has been in post since May 2011 in an interim capacity and June 2012 as substantive.",
            "2011-05",
            False,
        ),
        (
            "The director of children’s services was acting in the post from May 2012 and was permanently recruited in "
            "June 2013.",
            "2012-05",
            False,
        ),
        (
            "The interim DCS has been in post since May 2016, after the previous DCS, who had been in post since 2005.",
            "2016-05",
            True,
        ),
        (
            "The DCS has been in post since May 2016, having been the interim DCS for a year.",
            "2016-05",
            False,
        ),
        ("The strategic director for people has been in post since May 2014.", "2014-05", False),
        (
            "The Corporate Director, Wellbeing and Learning, has been in post since May 2014.",
            "2014-05",
            False,
        ),
        (
            "The Director of Adults and Education, who is the Director of Children’s Services, has been in post since "
            "May 2014.",
            "2014-05",
            False,
        ),
        (
            "The executive director of people took responsibility for children’s services in May 2014.",
            "2014-05",
            False,
        ),
        ("The director of children’s services has been in post since 2009.", "2009", False),
    ],
)
def test_the_ways_of_saying_it(text, since, is_interim):
    assert director_in_post(told(CHAIR, CHIEF, text, CHAIR)) == DirectorInPost(since, is_interim, 5)


@pytest.mark.parametrize(
    "texts",
    [
        (CHAIR, CHIEF),
        ("The assistant director of children’s services has been in post since May 2014.",),
        ("The city director has been in post since May 2014.",),
        ("The director of children’s services is also responsible for adult services.", CHAIR),
        ("The director of children’s services has overseen much since May 2014.",),
        ("The lead member for children’s services took up post in May 2014.",),
        (),
    ],
)
def test_others_and_what_gives_no_date_are_nothing(texts):
    assert director_in_post(told(*texts)) is None


def test_a_director_spoken_of_in_the_next_sentence_is_the_same():
    also = "The director of children’s services is also responsible for adult services."
    assert director_in_post(told(also, "She has been in post since May 2014.")).in_post_since == "2014-05"
    assert director_in_post(told(CHAIR, "She has been in post since May 2014.")) is None


def test_the_statutory_director_goes_before_one_of_another_title():
    other = "The executive director, people, has been in post since May 2010."
    texts = told(other, "The DCS has been in post since May 2014.")
    assert director_in_post(texts).in_post_since == "2014-05"


def test_who_took_the_role_over_is_the_director():
    director = director_in_post(
        told(
            "The DCS has been in post since May 2014.",
            "The interim executive director of education has been in post since January 2016 and took responsibility for "
            "the role of DCS in March 2016.",
        )
    )
    assert director == DirectorInPost("2016-03", True, 5)


def test_an_interim_arrangement_made_permanent_is_told_in_the_next_sentence():
    texts = (
        "The DCS has been in post in an interim capacity since May 2014.",
        "This arrangement was made permanent in May 2015.",
    )
    assert not director_in_post(told(*texts)).is_interim


def test_other_sections_are_read_only_where_they_say_it_in_its_words():
    said = "The DCS has been in post since May 2014."
    assert director_in_post(told(said, section="Executive summary")).in_post_since == "2014-05"
    told_of = told("The DCS, appointed in May 2014, has a clear plan.", section="Executive summary")
    assert director_in_post(told_of) is None
    both = [*told("The DCS has been in post since 2014.", section="Executive summary", page=2), *told(said)]
    assert director_in_post(both) == DirectorInPost("2014-05", False, 5)
