"""The web chat without a browser: what the page is given, and what programs get."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_assistant import NASTY, SEEDS, FakeAssistant, quote_of
from gradio_client import Client

from assistant.answers import Answer, Citation, Claim, Turn
from assistant.errors import SettingsError
from assistant.web import build, feedback, library, serve
from assistant.web.api import turns
from assistant.web.asking import UNEXPECTED, _reply, drafts
from assistant.web.server import launch
from assistant.web.sources import cards, excerpt
from assistant.web.suggestions import follow_ups, topics
from assistant.web.templating import HERE, links, render, sureness
from assistant.web.viewer import paper_page
from index.adding import Merge, Report
from index.papers import Kind, Paper, Record, Role, Section
from index.readers import read

QUESTION = "How does KIF14 drive sorafenib resistance?"


@pytest.fixture
def assistant(tmp_path: Path) -> FakeAssistant:
    return FakeAssistant(tmp_path / "home")


@pytest.fixture
def kif14() -> Paper:
    return read(next(SEEDS.glob("002_*.txt")))[0]


def nasty_paper() -> Paper:
    """Return a paper that tries to run something from each of its parts."""
    text = f"{NASTY} is the title\n\n{NASTY} is what we found in these cells. It was {NASTY}."
    body = text.index("\n\n") + 2
    record = Record(
        "nasty",
        f"{NASTY} is the title",
        authors=(f"A {NASTY}",),
        journal=NASTY,
        doi=f'10.1/"onmouseover="{NASTY}',
        pmid="1",
        year=2020,
    )
    sections = (Section("Title", Kind.TEXT, 0, body - 2), Section(NASTY, Kind.TEXT, body, len(text)))
    return Paper(record, text, sections)


def steps(assistant: FakeAssistant, question: str, history: tuple[Turn, ...] = ()) -> list[dict[str, Any]]:
    return [dict(step) for step in drafts(assistant, "1", question, history)]  # type: ignore[arg-type]


# ---- asking


def test_an_answer_grows_and_its_last_step_holds_everything(assistant: FakeAssistant) -> None:
    *waiting, last = steps(assistant, QUESTION)

    assert [step["state"] for step in waiting] == ["waiting"] * 3
    assert "Searching…" in waiting[0]["html"]
    assert "Reading 3 papers…" in waiting[1]["html"]
    assert last["state"] == "answered"
    assert last["answer"]["citations"][0]["quote"] in last["sources"]
    assert 'data-pill="1"' in last["html"]
    assert "Fairly sure (82 %)" in last["html"]
    assert "embedded reader" in last["html"]
    assert set(last["exports"]) == {"text", "md", "bib", "ris"}
    assert "10.18632/aging.104028" in last["exports"]["bib"]


def test_what_is_sent_to_the_page_is_json(assistant: FakeAssistant) -> None:
    for step in steps(assistant, QUESTION):
        assert json.loads(json.dumps(step)) == step


def test_not_in_these_papers_says_what_was_searched_and_what_is_nearest(assistant: FakeAssistant) -> None:
    last = steps(assistant, "Does metformin help?")[-1]

    assert last["state"] == "declined"
    assert "Not in these papers" in last["html"]
    assert "Searched for “Does metformin help?”" in last["html"]
    assert "Nearest passages, not an answer" in last["sources"]
    assert 'class="error"' not in last["html"]


def test_a_rewritten_follow_up_is_shown(assistant: FakeAssistant) -> None:
    last = steps(assistant, "And in mice?", (Turn(QUESTION, "It does."),))[-1]

    assert "Searched as “And in mice? (KIF14)”" in last["html"]


@pytest.mark.parametrize("question", ["", "   ", "x" * 100_000], ids=["empty", "blank", "100,000 characters"])
def test_a_question_that_cannot_be_asked_is_refused_with_a_sentence(
    assistant: FakeAssistant, question: str
) -> None:
    (step,) = steps(assistant, question)

    assert step["state"] == "refused"
    assert step["message"].endswith(".")


def test_an_error_is_shown_as_an_error_and_never_as_an_abstention(assistant: FakeAssistant) -> None:
    last = steps(assistant, "What does the model say?")[-1]

    assert last["state"] == "error"
    assert "does not answer" in last["html"]
    assert "Not in these papers" not in last["html"]


def test_a_fault_of_the_program_is_one_sentence_without_its_details(assistant: FakeAssistant) -> None:
    last = steps(assistant, "crash")[-1]

    assert last["state"] == "error"
    assert UNEXPECTED in last["html"]
    assert "RuntimeError" not in last["html"]


def test_a_claim_that_its_quote_does_not_support_is_marked(assistant: FakeAssistant) -> None:
    last = steps(assistant, "a long answer")[-1]

    assert last["html"].count("check before use") == 5


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.99, "Sure (99 %)"),
        (0.7, "Fairly sure (70 %)"),
        (0.4, "Not very sure (40 %)"),
        (0.0, "Unsure (0 %)"),
    ],
)
def test_sureness_in_words_and_percent(confidence: float, words: str) -> None:
    assert sureness(confidence) == words


# ---- sources and the viewer


def test_an_excerpt_loses_nothing_and_is_cut_at_words(kif14: Paper) -> None:
    quote = "Silencing KIF14 reversed the acquired resistance to sorafenib"
    part = excerpt(quote_of(1, kif14, quote))

    citation = quote_of(1, kif14, quote)
    assert part.quote == quote
    assert part.far_before + part.before + part.quote + part.after + part.far_after == citation.passage
    assert part.far_before.endswith(" ") and part.far_after.startswith(" ")


def test_an_excerpt_whose_passage_does_not_hold_the_quote_is_the_quote(kif14: Paper) -> None:
    citation = replace(quote_of(1, kif14, "KIF14"), passage="something else")

    assert excerpt(citation).quote == "KIF14"
    assert excerpt(citation).before == ""


def test_a_paper_is_described_on_its_first_card_only(kif14: Paper) -> None:
    html = cards(
        [quote_of(1, kif14, "KIF14 as an oncogene"), quote_of(2, kif14, "activated the AKT pathway")]
    )

    assert html.count("<article") == 2
    assert html.count(kif14.record.title) == 1
    assert html.count('href="https://doi.org/10.18632/aging.104028"') == 1
    assert html.count('href="https://pubmed.ncbi.nlm.nih.gov/33203790/"') == 1


def test_only_addresses_of_the_web_become_links() -> None:
    assert links(Record("a", "A", url="javascript:alert(1)")) == []
    assert links(Record("a", "A", url="https://example.org/a")) == [("Web page", "https://example.org/a")]
    assert links(Record("a", "A", doi="10.1/<x> y"))[0][1] == "https://doi.org/10.1/%3Cx%3E%20y"


def test_the_viewer_marks_the_sentence_and_leaves_the_debris_out(kif14: Paper) -> None:
    citation = quote_of(1, kif14, "Silencing KIF14 reversed the acquired resistance to sorafenib")
    html = paper_page(kif14, citation.start, citation.end)

    assert f"<mark>{citation.quote}</mark>" in html
    assert html.count("<mark>") == 1
    assert html.count("<li>") == len(kif14.references) == 72
    assert html.count(kif14.record.title) == 1


def test_a_mark_over_two_paragraphs_is_on_both() -> None:
    text = "One thing was seen.\n\nAnother was not."
    paper = Paper(Record("a", "A"), text, (Section("Results", Kind.TEXT, 0, len(text)),))

    html = paper_page(paper, 4, 28)

    assert "<mark>thing was seen.</mark>" in html
    assert "<mark>Another</mark>" in html


def test_machine_made_lists_are_apart() -> None:
    paper = read(next(SEEDS.glob("001_*.txt")))[0]

    before, after = paper_page(paper).split("<details")
    assert "GABPA" not in before
    assert "GABPA" in after


def test_nothing_of_a_paper_or_a_question_is_markup(tmp_path: Path) -> None:
    paper = nasty_paper()
    assistant = FakeAssistant(tmp_path, [paper])
    shown = [
        step.get("html", "") + step.get("sources", "") for step in steps(assistant, f"{NASTY} metformin")
    ]
    shown += [step.get("html", "") + step.get("sources", "") for step in steps(assistant, NASTY)]
    shown += [paper_page(paper), library.paper_list(assistant.library.papers(), assistant.library.systems())]
    shown += [render("error.html", message=NASTY)]

    for html in shown:
        assert "<script" not in html
        assert "<img" not in html
        assert '"onmouseover' not in html
    assert any("&lt;script&gt;" in html for html in shown)


# ---- suggestions


def test_topics_are_what_the_paper_names_and_the_conversation_does_not(kif14: Paper) -> None:
    found = list(topics(kif14, "KIF14 and regorafenib"))

    assert "ETS1" in found
    assert not {"KIF14", "regorafenib", "siKIF14"} & set(found)


def test_follow_ups_are_only_questions_that_the_library_answers(
    assistant: FakeAssistant, kif14: Paper
) -> None:
    assert follow_ups(assistant, ["q"], "", [kif14.record.id]) == []  # type: ignore[arg-type]

    class Knowing(FakeAssistant):
        def ask(self, question: str, history: object = ()) -> Any:
            quote = "expression of the transcription factor ETS1"
            return replace(super().ask("q"), citations=(quote_of(1, kif14, quote),))

    knowing = Knowing(assistant.settings.home)
    assert follow_ups(knowing, ["q"], "", [kif14.record.id]) == ["What is the role of ETS1?"]  # type: ignore[arg-type]


def test_what_was_asked_is_not_offered_again(assistant: FakeAssistant, kif14: Paper) -> None:
    found = follow_ups(assistant, ["Who wrote the KIF14 paper?"], "", [kif14.record.id])  # type: ignore[arg-type]

    assert "Who wrote the KIF14 paper?" not in found


def test_cited_works_are_a_list(kif14: Paper) -> None:
    quote = kif14.text[kif14.references[0].start : kif14.references[0].end]
    citation = quote_of(1, kif14, quote)
    claim = Claim(f"Cited by Zhu et al. 2020: {quote}", (1,), True)
    answer = Answer("q", "q", True, 0.9, claim.text, (claim,), (citation,))

    assert "claim entry" in _reply(answer)


def test_a_language_model_is_not_paid_for_follow_ups(assistant: FakeAssistant, kif14: Paper) -> None:
    assistant.model_name = "openai:some"

    assert follow_ups(assistant, ["q"], "", [kif14.record.id]) == []  # type: ignore[arg-type]
    assert assistant.histories == []


# ---- feedback


def test_feedback_is_a_json_line_each(tmp_path: Path) -> None:
    feedback.keep(tmp_path / "new", "like", {"question": "Wie? – 'β'"})
    feedback.keep(tmp_path / "new", "withdrawn", {"question": "Wie?\n"})

    lines = (tmp_path / "new" / feedback.FILE).read_text("utf-8").splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["like", "withdrawn"]
    assert json.loads(lines[0])["answer"]["question"] == "Wie? – 'β'"


def test_feedback_that_is_none_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="verdict"):
        feedback.keep(tmp_path, "great", {})
    with pytest.raises(ValueError, match="too long"):
        feedback.keep(tmp_path, "like", {"text": "x" * 300_000})
    assert not (tmp_path / feedback.FILE).exists()


# ---- adding papers


def test_adding_papers_reports_progress_and_every_file(assistant: FakeAssistant, tmp_path: Path) -> None:
    good, empty = tmp_path / "good.txt", tmp_path / "<b>empty.txt"
    good.write_text("A new paper on resistance\n\nCells were resistant to the drug for a long time.")
    empty.write_text("")

    *before, last = library.add(assistant.library, [good, empty], threading.Event())  # type: ignore[arg-type]

    assert any("Reading paper 1 of 2" in step["html"] for step in before)
    assert last["done"]
    assert "Added" in last["html"] and "Not added" in last["html"]
    assert "&lt;b&gt;empty.txt" in last["html"] and "<b>" not in last["html"]
    assert (assistant.library.home / library.FOLDER / "good.txt").exists()


def test_the_report_names_files_with_the_same_work() -> None:
    report = Report(merged=(Merge(Record("a", "A title", ("Ada Zhu",), 2020), "papers/<b>zhu.nbib"),))
    html = render("report.html", report=report)
    assert "Zhu 2020, also in &lt;b&gt;zhu.nbib" in html


def test_a_file_of_the_same_name_does_not_replace_another(assistant: FakeAssistant, tmp_path: Path) -> None:
    for folder, text in (("a", "First"), ("b", "Second"), ("c", "First")):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "paper.txt"
        file.write_text(f"{text} title\n\nThe {text} sentence of the paper is here.")
        list(library.add(assistant.library, [file], threading.Event()))  # type: ignore[arg-type]

    kept = sorted(path.name for path in (assistant.library.home / library.FOLDER).iterdir())
    assert kept == ["paper-2.txt", "paper.txt"]


def test_adding_papers_can_be_stopped(assistant: FakeAssistant, tmp_path: Path) -> None:
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text(f"Title number {number}\n\nA sentence of paper number {number} is here.")
    before = len(assistant.library.papers())
    assistant.library.between_papers.clear()

    stopped = threading.Event()
    adding = library.add(assistant.library, files, stopped)  # type: ignore[arg-type]
    next(adding)
    stopped.set()
    assistant.library.between_papers.set()
    assert [step for step in adding if step["done"]] == []

    assert len(assistant.library.papers()) == before + 1


# ---- the page as a whole


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    page = build(FakeAssistant(tmp_path_factory.mktemp("home")))  # type: ignore[arg-type]
    launch(page, host="127.0.0.1", port=None)
    yield Client(page.local_url, verbose=False)
    page.close()


def test_programs_see_ask_and_search_and_nothing_else(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]

    assert set(endpoints) == {"/ask", "/search"}
    assert [p["parameter_name"] for p in endpoints["/ask"]["parameters"]] == ["question", "history"]
    assert [p["parameter_name"] for p in endpoints["/search"]["parameters"]] == ["question", "limit"]


def test_ask_and_search_give_the_json_of_the_contract(client: Client) -> None:
    answer = client.predict(QUESTION, [], api_name="/ask")
    found = client.predict("KIF14", 1, api_name="/search")

    assert answer["answered"] is True
    assert answer["citations"][0]["quote"] in answer["citations"][0]["passage"]
    assert found["passages"][0]["rank"] == 1
    assert found["passages"][0]["paper"]["path"] is None


def test_an_error_reaches_a_program_as_its_sentence(client: Client) -> None:
    with pytest.raises(Exception, match="The question is empty"):
        client.predict("", [], api_name="/ask")


def test_a_history_from_outside_is_read_with_care() -> None:
    assert turns([{"question": "a", "answer": "b"}, {"question": "c"}, {"answer": "d"}, 5, None]) == (
        Turn("a", "b"),
        Turn("c"),
    )
    assert turns("history") == ()


def test_a_port_in_use_is_one_sentence(assistant: FakeAssistant) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} .* --port\."):
            serve(assistant, host="127.0.0.1", port=port, auth=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_does_not_exist_is_one_sentence(assistant: FakeAssistant, port: int) -> None:
    with pytest.raises(SettingsError, match="--port"):
        serve(assistant, host="127.0.0.1", port=port, auth=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("auth", ["user", "user:", ":password"])
def test_credentials_that_are_none_are_refused(assistant: FakeAssistant, auth: str) -> None:
    with pytest.raises(SettingsError, match="user:password"):
        serve(assistant, host="127.0.0.1", port=7860, auth=auth)  # type: ignore[arg-type]


def page_sources() -> list[Path]:
    return [path for folder in ("templates", "static") for path in (HERE / folder).iterdir()]


@pytest.mark.parametrize("path", page_sources(), ids=lambda path: path.name)
def test_the_page_loads_nothing_from_elsewhere_and_speaks_of_papers(path: Path) -> None:
    text = path.read_text("utf-8")

    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", text)
    assert not re.search(r"chunk|embedding|vector", text, re.IGNORECASE)
    assert "|safe" not in text


def test_a_citation_of_every_kind_says_what_it_is(kif14: Paper) -> None:
    base = quote_of(1, kif14, "KIF14 as an oncogene")
    labels = {
        re.sub(r"<[^>]+>", "", cards([_of_kind(base, kind)])).split("Open the paper")[0] for kind in Kind
    }

    assert len(labels) == len(Kind)


def _of_kind(citation: Citation, kind: Kind) -> Citation:
    return replace(citation, kind=kind)


def test_the_file_chooser_offers_what_the_library_reads() -> None:
    from assistant.web.page import FORMATS
    from index.readers.files import SUFFIXES

    assert set(FORMATS.split(",")) == SUFFIXES


def test_a_card_says_what_the_quote_is_in_its_paper(kif14: Paper) -> None:
    citation = quote_of(1, kif14, "We used bioinformatics methods")
    assert '<span class="role is-method">method</span>' in cards([replace(citation, role=Role.METHOD)])
    assert "about another work" in cards([replace(citation, role=Role.CITED)])
    assert 'class="role' not in cards([citation])


def test_the_library_and_the_viewer_show_what_a_paper_studied(assistant: FakeAssistant, kif14: Paper) -> None:
    listed = library.paper_list([kif14.record], assistant.library.systems())
    assert "in silico · cell line · xenograft · mouse" in listed
    html = paper_page(kif14)
    start = kif14.text.index("Moreover, injection of siKIF14")
    assert re.search(rf'data-start="{start}" data-end="\d+">HCC tumors in mice</button>', html)
    assert html.index("Studied in") < html.index("Abstract")
    bare = Paper(Record("p", "T"), "Nothing.", (Section("Abstract", Kind.TEXT, 0, 8),))
    assert "Studied in" not in paper_page(bare)
