"""The coder on sentences made up for these tests, its artefact, and its command."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from analysis.data.definitions.inspection_reports import CONSTRUCTS
from analysis.errors import DataError, RequestError
from analysis.inspections.coder import CODER_VERSION, CODES, code_sentences, main_code, model
from analysis.inspections.coder.drawn import read_codes
from analysis.inspections.coder.features import reach, rule_polarity
from analysis.inspections.coder.lexicon import lexicon, read
from analysis.inspections.coder.model import Layer, artefact_path, from_bytes, packaged, readings_of, to_bytes
from analysis.inspections.coder.network import Network
from analysis.inspections.coder.text import clauses, normalise
from analysis.inspections.measuring.measures import accuracy
from analysis.inspections.reading.reports import read_reports
from training.dataset import fingerprint, labels_path
from training.evaluation import f1, headline
from training.fitting import Corpus, Setting, choose_cuts
from training.recoded import among_coders, recoded

PLAIN = [
    (
        "turnover",
        "-",
        "High turnover of social workers in the north team means that children keep meeting new faces.",
    ),
    ("turnover", "+", "Nearly every post is filled and the social work workforce is stable and permanent."),
    ("turnover", "-", "Too many children have had frequent changes of social worker this spring."),
    (
        "leadership",
        "-",
        "Repeated changes of director and interim senior managers have unsettled the department.",
    ),
    ("leadership", "+", "A stable and permanent senior leadership team has brought calm to the department."),
    ("caseload", "-", "Caseloads in the duty team are too high and workers are overstretched."),
    ("caseload", "+", "Caseloads are low and manageable in every team."),
    ("drift", "-", "Some children wait too long for a decision and there is drift and delay in their cases."),
    ("drift", "+", "Assessments are finished promptly and within timescales."),
    ("oversight", "-", "Management oversight is weak and supervision is irregular."),
    ("oversight", "+", "Managers provide regular, reflective supervision and strong management oversight."),
    ("plans", "-", "Child protection plans are vague and not specific or measurable."),
    ("plans", "+", "Care plans are clear, detailed and up to date."),
    ("visits", "-", "Children are not visited often enough and are rarely seen alone."),
    ("visits", "+", "Social workers visit children regularly and see them alone."),
    ("resources", "+", "The council has invested substantial additional funding in its children's services."),
]


@pytest.mark.parametrize(("construct", "code", "sentence"), PLAIN)
def test_a_plain_statement_gets_its_construct_and_polarity(construct, code, sentence):
    assert code_sentences([sentence])[construct].tolist() == [code]


@pytest.mark.parametrize(
    "sentence",
    [
        "The adoption panel met on a Tuesday.",
        "Foster carers were recruited through a radio advertisement.",
        "",
        "   ",
        "12",
    ],
)
def test_a_sentence_on_nothing_or_on_something_else_is_absent_throughout(sentence):
    assert set(code_sentences([sentence]).iloc[0]) == {"0"}


def test_a_cause_and_its_effect_are_both_coded():
    row = code_sentences(["High staff turnover has led to delays in completing assessments."]).iloc[0]
    assert (row["turnover"], row["drift"]) == ("-", "-")


def test_negation_turns_the_code_round():
    bad, good = "Visits to children are not always timely.", "Visits to children are always timely."
    assert code_sentences([bad, good])["visits"].tolist() == ["-", "+"]


@pytest.mark.parametrize(
    ("construct", "sentence", "polarity"),
    [
        ("drift", "decisions are made without delay", "+"),
        ("drift", "there is delay in making decisions", "-"),
        ("oversight", "supervision is not sufficiently regular", "-"),
        ("oversight", "supervision is regular", "+"),
        ("oversight", "supervision is regular but its recording is weak", "~"),
        ("caseload", "high caseloads", "-"),
        ("oversight", "ensure that supervision takes place", "~"),
        ("oversight", "supervision needs to improve", "-"),
    ],
)
def test_the_cues_alone_follow_the_codebook(construct, sentence, polarity):
    reading = read(normalise(sentence))
    assert rule_polarity(reading, construct, [(0, len(reading.text))]) == polarity


def test_a_contrast_bounds_what_a_claim_reaches_over():
    reading = read(normalise("Caseloads are low, but supervision is poor."))
    _, held = reach(reading, "caseload")
    assert [reading.text[a:b].strip(" ,") for a, b in held] == ["caseloads are low"]


def test_clauses_cover_the_text_in_order():
    text = "a b, c but d; e although f"
    parts = [text[a:b] for a, b in clauses(text)]
    assert "".join(parts) == text and len(parts) == 5


def test_normalising_drops_headers_numbers_and_typography():
    raw = "Children’s up-to-date plans 27."
    assert normalise(raw) == "children's up to date plans"


def test_every_construct_has_patterns():
    assert set(lexicon().constructs) == set(CONSTRUCTS)
    assert all(tiers["sure"] for tiers in lexicon().constructs.values())


def test_the_frame_has_the_constructs_as_columns_and_the_four_codes_as_values():
    frame = code_sentences([sentence for _, _, sentence in PLAIN])
    assert tuple(frame.columns) == CONSTRUCTS and set(frame.to_numpy().ravel()) <= set(CODES)
    assert code_sentences([]).shape == (0, 8)


def test_the_same_texts_get_the_same_codes_in_any_order_and_company():
    texts = [sentence for _, _, sentence in PLAIN]
    alone = [code_sentences([text]).iloc[0].tolist() for text in texts]
    assert code_sentences(texts[::-1]).to_numpy().tolist()[::-1] == alone


def test_the_network_is_asked_only_where_the_layers_leave_a_doubt():
    asked: list[str] = []

    class Recording(Network):
        def probabilities(self, texts):
            asked.extend(texts)
            return super().probabilities(texts)

    network = packaged().network
    coder = replace(packaged(), network=Recording(network.vocabulary, network.weights))
    texts = [
        "The building has three floors.",
        "",
        "High turnover of social workers has led to drift for children.",
    ]
    codes = coder.code(readings_of(texts))
    assert asked == [normalise(texts[2])]
    assert codes.tolist() == code_sentences(texts).to_numpy().tolist()
    assert "".join(codes[0]) == "".join(codes[1]) == "0" * 8 and codes[2].tolist().count("-") >= 2


@pytest.mark.shared
def test_what_the_network_is_not_asked_of_it_would_not_have_changed(shared_data, monkeypatch):
    paths = sorted((shared_data / "ofsted" / "reports").glob("*west-sussex*.pdf"))
    texts = [
        sentence.text
        for reading in read_reports(paths, with_sentences=True)
        for sentence in reading.sentences
    ]
    codes = code_sentences(texts)
    monkeypatch.setattr(model, "LEAST", 0.0)
    assert len(texts) > 500 and codes.equals(code_sentences(texts))


def test_a_text_that_is_no_string_is_refused():
    with pytest.raises(RequestError, match="text 1 is float"):
        code_sentences(["fine", float("nan")])


def test_the_artefact_loads_without_pickle_is_small_and_holds_no_long_phrase():
    assert artefact_path().stat().st_size < 3_000_000
    with np.load(artefact_path(), allow_pickle=False) as arrays:
        assert all(array.dtype != object for array in arrays.values())
    coder = packaged()
    names = [name for layer in (coder.mention, coder.polarity) for name in layer.rows]
    assert max(len(name.split(" ")) for name in names) <= 4
    assert coder.about["version"] == CODER_VERSION


def test_the_artefact_names_the_data_it_was_trained_on():
    hashes = packaged().about["training"]
    assert {"gold/sentences.tsv", "labels.tsv", "sample.tsv", "taught.npz", "lexicon.yml"} == set(hashes)


def test_writing_a_coder_gives_the_same_bytes():
    content = artefact_path().read_bytes()
    assert to_bytes(from_bytes(content)) == content == to_bytes(from_bytes(content))


def test_our_labels_are_pointers_without_text():
    labels = read_codes(labels_path())
    assert list(labels.columns) == ["report", "page", "sha256_16", "draw", *CONSTRUCTS]
    assert labels["sha256_16"].str.fullmatch("[0-9a-f]{16}").all()
    assert not labels.duplicated(["report", "page", "sha256_16"]).any()


def test_sentences_that_all_coders_read_were_read_by_each_once_and_gold_ones_by_one():
    own = recoded("own").groupby("sha256_16")["coder"]
    assert (own.nunique() == 3).all() and (own.size() == 3).all()
    assert not recoded("gold").duplicated(["draw", "sha256_16"]).any()


def test_coders_who_agree_in_all_score_one_and_who_share_nothing_score_less(monkeypatch):
    codes = pd.DataFrame([{"kind": "own", "draw": "1", "sha256_16": key} for key in "abcd"]).assign(
        **dict.fromkeys(CONSTRUCTS, "-")
    )
    same = pd.concat([codes.assign(coder=coder) for coder in "123"])
    monkeypatch.setattr("training.recoded.recoded", lambda _: same)
    assert among_coders() == (1.0, 1.0)
    other = pd.concat([codes.assign(coder="1"), *(codes.assign(coder=k, turnover="0") for k in "23")])
    monkeypatch.setattr("training.recoded.recoded", lambda _: other)
    # Turnover scores nothing in all three pairs, one of six constructs for `-` and one of eight for a mention.
    assert among_coders() == pytest.approx((7 / 8, 5 / 6))


def test_a_fingerprint_ignores_case_spacing_and_punctuation():
    assert fingerprint("Plans  are CLEAR.") == fingerprint("plans are clear")


def test_own_labels_train_but_have_no_say_in_the_cuts(monkeypatch):
    # Whatever a fold trains on, the layer is the same, so that codes can matter only where cuts are chosen. It is a fifth as
    # sure as the package's, so that these plain sentences' scores stand among the cuts, not beyond them all.
    layer = packaged().mention
    faint = Layer(layer.rows, layer.weights / 5, layer.intercepts / 5)
    monkeypatch.setattr("training.fitting.fit_mention", lambda *_: faint)
    texts = [sentence for _, _, sentence in PLAIN]
    codes = pd.DataFrame([{name: "+" if name == own else "0" for name in CONSTRUCTS} for own, _, _ in PLAIN])

    def cuts(gold: pd.DataFrame, own: pd.DataFrame) -> list[float]:
        both = pd.concat([gold.assign(source="gold"), own.assign(source="own")], ignore_index=True)
        frame = both.assign(text=texts * 2, report=[f"r{k}" for k in range(2 * len(texts))])
        return choose_cuts(Corpus.of(frame), np.arange(len(frame)), Setting()).tolist()

    everything = codes.assign(**dict.fromkeys(CONSTRUCTS, "+"))
    assert cuts(codes, everything) == cuts(codes, codes)
    assert max(cuts(everything, codes)) < min(cuts(codes, codes))


def test_f1_of_nothing_is_nought_and_perfect_codes_score_one():
    nothing = np.array([False, False])
    assert f1(nothing, nothing) == 0.0
    codes = np.array([["-"] * 8, ["0"] * 8], dtype=object)
    assert headline(codes, codes) == (1.0, 1.0)


def test_the_measured_confusion_holds_every_hand_coded_sentence():
    measured = accuracy()
    tables = [np.sum(measured["final"]["confusion"][name]) for name in CONSTRUCTS]
    assert set(tables) == {measured["sentences"]["hand_coded"]}


def write(tmp_path, content: bytes):
    path = tmp_path / "sentences.tsv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_command_writes_id_and_constructs_and_ignores_other_columns(tmp_path, mark):
    content = mark + b'note\tid\ttext\nx\ta1\tCaseloads are "too high" now.\n"y\ta2\t\n'
    out, err = StringIO(), StringIO()
    assert main_code(write(tmp_path, content), out, err) == 0
    lines = [line.split("\t") for line in out.getvalue().splitlines()]
    assert lines[0] == ["id", *CONSTRUCTS]
    assert [line[0] for line in lines[1:]] == ["a1", "a2"]
    assert lines[1][1 + CONSTRUCTS.index("caseload")] == "-" and lines[2][1:] == ["0"] * 8
    assert "1 empty text" in err.getvalue()


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"id\ttexts\na\tb\n", RequestError, "no column 'text'; did you mean 'texts'"),
        (b"identifier\ttext\na\tb\n", RequestError, "no column 'id'"),
        (b"", DataError, "is empty"),
        (b"id\ttext\n", DataError, "no sentence"),
        (b"id\ttext\na\tb\na\tc\n", DataError, "id 'a' stands more than once"),
        (b"id\ttext\na\t\xff\xfe\n", DataError, "isn't UTF-8"),
        (b"id\ttext\na\tb\tc\n", DataError, "row 2 has 3 columns"),
        (b"id\ttext\ttext\na\tb\tc\n", RequestError, "2 columns are called 'text'; keep one"),
        (b"id\ttext\tid\na\tb\tc\n", RequestError, "2 columns are called 'id'; keep one"),
        (b"id\ttext\na\tb\n \tc\n", DataError, "row 3 has an empty id"),
        (
            b"id\ttext\na\t" + b"late visits " * 90_000,
            DataError,
            r"row 2 \(id 'a'\) has 1,080,000 letters, over the",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path, content, error, message):
    with pytest.raises(error, match=message) as caught:
        main_code(write(tmp_path, content), StringIO(), StringIO())
    assert "\n" not in str(caught.value)


def test_a_text_far_longer_than_a_sentence_is_refused_at_once():
    with pytest.raises(RequestError, match="text 1 has 1,000,000 letters, over the limit of 10,000"):
        code_sentences(["Visits are late.", "x" * 1_000_000])


def test_a_missing_file_is_a_request_error(tmp_path):
    with pytest.raises(RequestError, match="can't be read"):
        main_code(tmp_path / "none.tsv", StringIO(), StringIO())
