"""Made-up inspection reports as PDFs: invented places, people and sentences in the form that reports have."""

from pathlib import Path

import typst

PAGE = "#set page(width: 595pt, height: 842pt, margin: 72pt)\n#set text(size: 12pt)\n#set par(leading: 6pt)\n"
BODY = "Workers in this made-up place write lists of what they have seen, and read them out on Mondays. " * 6

PRACTICE = "social work practice with children and families"
ILACS_ROWS = (
    (f"The impact of leaders on {PRACTICE}", "Good"),
    (
        "The experiences and progress of children who need help and protection",
        "Requires improvement to be good",
    ),
    ("The experiences and progress of children in care", "Outstanding"),
    ("The experiences and progress of care leavers", "Inadequate"),
    ("Overall effectiveness", "Good"),
)
SIF_ROWS = (
    ("1. Children who need help and protection", "Good"),
    ("2. Children looked after and achieving permanence", "Requires improvement"),
    ("2.1 Adoption performance", "Outstanding"),
    ("2.2 Experiences and progress of care leavers", "Inadequate"),
    ("3. Leadership, management and governance", "Good"),
)
SIF_TITLE = "Inspection of services for children in need of help and protection, children looked after and care leavers"


def table(rows, label="13em", grade="11em"):
    cells = ", ".join(f"[{label}], [{grade}]" for label, grade in rows)
    return f"#table(columns: ({label}, {grade}), stroke: none, row-gutter: 14pt, {cells})\n#v(14pt)\n"


def ilacs(
    authority="Wigan",
    dates="5 to 16 June 2023",
    rows=ILACS_ROWS,
    lead="Ann Example, His Majesty’s Inspector",
    body=BODY,
):
    named = f"*Lead inspector: {lead}*\n\n" if lead else ""
    return (
        f"{PAGE}#text(20pt)[Inspection of {authority} local authority children’s services]\n\n"
        f"*Inspection dates: {dates}*\n\n{named}*Judgement* #h(9em) *Grade*\n\n{table(rows)}\n{body}\n"
    )


def sif(
    overall="Children’s services in Wigan are good",
    dates="4 May 2015 – 29 May 2015",
    rows=SIF_ROWS,
    after="",
    authority="Wigan Council",
):
    return (
        f"{PAGE}#text(20pt)[{authority}]\n\n*{SIF_TITLE}*\n\nInspection date: {dates}\n\n"
        f"Report published: 20 July 2015\n\n*{overall}*\n\n{table(rows)}\n{after}\n#pagebreak()\n{BODY}\n"
    )


COLOURS = (
    "amber",
    "blue",
    "copper",
    "green",
    "indigo",
    "jade",
    "lilac",
    "mauve",
    "ochre",
    "pink",
    "red",
    "teal",
)
COLOURS += ("umber", "violet", "white", "yellow")
END = "The Office for Standards in Education makes no such report. Piccadilly Gate, Manchester"


def footers(name="Wigan", dates="5 to 16 June 2023"):
    """Lines at the foot of every page from the second on, as reports have them."""
    return (
        f"#set page(footer: context {{ let n = here().page(); if n > 1 [#text(8pt)[Inspection of {name} local "
        f"authority children’s services\\ {dates} #n]] }})\n"
    )


def pages(count, first=1):
    """Pages of numbered paragraphs, no two alike, and the publisher's address on the last."""
    made = "".join(
        f"#pagebreak()\n{first + n}\\. The {COLOURS[n]} house has a list of its own. {BODY}\n\n"
        for n in range(count)
    )
    return made + f"#pagebreak()\n{END}\n"


def whole_ilacs(authority="Wigan", dates="5 to 16 June 2023", foot=None, count=8, **more):
    """An ILACS report that lacks nothing: its dates and authority at every page's foot, its pages and its end."""
    body = f"== The experiences and progress of children in care: outstanding\n{BODY}"
    source = ilacs(authority, dates, **more).replace(
        PAGE, f"{PAGE}#v(40pt)\n"
    )  # below the margin of running lines
    return footers(authority, foot or dates) + source + "#pagebreak()\n" + body + pages(count)


def whole_sif(**more):
    """A report of a single inspection that lacks nothing."""
    return (
        "#set page(footer: context [#here().page()])\n"
        + sif(**more)
        + "\nLead inspector: Ann Example\n"
        + pages(16)
    )


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_bytes(typst.compile(source.encode()))
    return path
