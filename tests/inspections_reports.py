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


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / name
    path.write_bytes(typst.compile(source.encode()))
    return path
