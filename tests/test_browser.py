"""The web chat in a real browser: what a reader sees and does."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_assistant import NASTY, NASTY_TEMPLATE, FakeAssistant
from test_web import QUESTION, nasty_paper

from assistant.web import build
from assistant.web.server import launch
from index.papers import Kind, Paper, Section

CHROMIUM = "/usr/bin/chromium"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"no Chromium at {CHROMIUM}"),
]

DESKTOP, PHONE = (1440, 900), (390, 844)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeAssistant, str]]:
    """Serve a scripted assistant over the seeds and a hostile paper."""
    assistant = FakeAssistant(tmp_path_factory.mktemp("home"))
    hostile = with_template_code(nasty_paper())
    assistant.library.stock[hostile.record.id] = hostile
    page = build(assistant)  # type: ignore[arg-type]
    launch(page, host="127.0.0.1", port=None)
    yield assistant, page.local_url
    page.close()


def with_template_code(paper: Paper) -> Paper:
    text = f"{paper.text}\n\n{NASTY_TEMPLATE}"
    section = Section("Code", Kind.TEXT, len(paper.text) + 2, len(text))
    record = replace(paper.record, title=f"{paper.record.title} {NASTY_TEMPLATE}")
    return replace(paper, record=record, text=text, sections=(*paper.sections, section))


@pytest.fixture
def open_page(chromium: Any, served: tuple[FakeAssistant, str]) -> Iterator[Callable[..., Any]]:
    """Open the page in a browser of its own; fail on any error in it and on any request to elsewhere."""
    assistant, url = served
    contexts, troubles = [], []

    def open_(size: tuple[int, int] = DESKTOP, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            reduced_motion="reduce",
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(f"error in the page: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((url, "data:", "blob:"))
                else troubles.append(f"request to elsewhere: {request.url}")
            ),
        )
        page.goto(url)
        page.wait_for_selector("[data-ready]", state="attached")
        page.wait_for_selector(".papers", state="attached")
        return page

    yield open_
    assistant.release.set()
    for context in contexts:
        context.close()
    assert troubles == []


def ask(page: Any, question: str) -> None:
    page.fill("textarea", question)
    page.keyboard.press("Enter")


def answered(page: Any, question: str = QUESTION) -> None:
    count = page.locator(".foot").count()
    ask(page, question)
    page.locator(".foot").nth(count).wait_for()


def test_the_start_offers_questions_and_lists_the_papers(open_page: Callable[..., Any]) -> None:
    page = open_page()

    assert page.locator(".examples button").count() >= 4
    assert page.locator("[data-count]").inner_text() == "4"
    assert "Zhu et al. 2020" in page.locator(".papers").inner_text()
    page.locator(".examples button").first.click()
    page.wait_for_selector(".foot")
    assert page.locator("[data-welcome]").is_hidden()


def test_an_answer_is_shown_with_sources_that_lift_and_open(open_page: Callable[..., Any]) -> None:
    page = open_page()
    answered(page)
    pill = page.locator(".pill").first

    pill.hover()
    assert page.locator(".card.lifted").get_attribute("data-card") == pill.inner_text()
    pill.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] mark")
    assert page.locator("dialog mark").inner_text() == page.locator(".card mark").first.inner_text()
    assert page.locator("dialog .entries li").count() == 72
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    assert pill.evaluate("pill => pill === document.activeElement")


def test_the_opened_sentence_is_in_view(open_page: Callable[..., Any], served: Any) -> None:
    page = open_page()
    answered(page)
    page.locator(".library [data-open]", has_text="Zhu").click()
    page.wait_for_selector("dialog h2")
    assert page.locator("dialog mark").count() == 0
    page.keyboard.press("Escape")
    page.locator(".card [data-open]").first.click()
    page.wait_for_selector("dialog mark")
    box = page.locator("dialog mark").first.bounding_box()
    assert 0 < box["y"] < DESKTOP[1]


def test_waiting_says_what_is_happening_and_can_be_stopped(
    open_page: Callable[..., Any], served: Any
) -> None:
    page = open_page()
    served[0].release.clear()
    ask(page, QUESTION)
    page.wait_for_selector("text=Searching…")
    page.locator("[data-stop]").click()
    page.wait_for_selector("text=Stopped.")
    assert page.input_value("textarea") == QUESTION
    assert page.locator("[data-send]").is_visible()
    served[0].release.set()
    answered(page, "KIF14 once more")
    assert page.locator(".foot").count() == 1


@pytest.mark.parametrize(
    ("question", "message"), [("   ", "Type a question first."), ("x" * 100_000, "longer than")]
)
def test_a_refused_question_stays_in_the_box(
    open_page: Callable[..., Any], question: str, message: str
) -> None:
    page = open_page()
    ask(page, question)
    page.locator("[data-message]", has_text=message).wait_for()

    assert page.input_value("textarea") == question
    assert page.locator(".turn").count() == 0


def test_not_in_these_papers_is_amber_and_an_error_is_red(open_page: Callable[..., Any]) -> None:
    page = open_page()
    answered(page, "Does metformin help?")
    ask(page, "What does the model say?")
    page.wait_for_selector(".error")

    declined, error = (
        page.locator(name).evaluate("e => getComputedStyle(e).borderTopColor")
        for name in (".declined", ".turn .error")
    )
    assert declined == "rgb(233, 180, 76)"
    assert error == "rgb(220, 128, 121)"
    assert page.input_value("textarea") == "What does the model say?"


def test_nothing_in_a_paper_or_question_runs(open_page: Callable[..., Any], served: Any) -> None:
    page = open_page()
    answered(page, f"{NASTY} {NASTY_TEMPLATE}")
    page.locator(".library [data-open]", has_text="nasty").or_(
        page.locator(".library [data-open]", has_text="is the title")
    ).first.click()
    page.wait_for_selector("dialog h2")
    page.wait_for_timeout(300)

    assert page.evaluate("window.hacked") is None
    assert NASTY in page.locator(".question").inner_text()
    assert NASTY in page.locator("dialog h2").inner_text()
    assert NASTY_TEMPLATE in page.locator("dialog").inner_text()


def test_a_conversation_is_kept_and_its_turns_are_handed_on(
    open_page: Callable[..., Any], served: Any
) -> None:
    page = open_page()
    answered(page)
    answered(page, "And in mice with KIF14?")
    handed_on = [history for history in served[0].histories if history]
    assert handed_on[-1][0].question == QUESTION
    assert "Searched as" in page.locator(".searched").inner_text()

    page.reload()
    page.wait_for_selector(".foot >> nth=1")
    assert page.locator(".question").all_inner_texts() == [QUESTION, "And in mice with KIF14?"]
    assert page.locator(".card").count() == 1
    page.locator(".library [data-new]").click()
    assert page.locator(".turn").count() == 0
    page.locator("[data-conversation]").click()
    assert page.locator(".turn").count() == 2
    page.locator(".conversations li").hover()
    page.locator("[data-forget]").click()
    assert page.locator("[data-conversation]").count() == 0


def test_an_answer_can_be_copied_exported_and_liked(open_page: Callable[..., Any], served: Any) -> None:
    page = open_page()
    answered(page)
    page.locator("[data-copy]").click()
    page.wait_for_selector("text=Copied with references")
    assert "10.18632/aging.104028" in page.evaluate("navigator.clipboard.readText()")
    page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.locator("[data-export=bib]").click()
    assert download.value.suggested_filename == "answer.bib"
    assert "@" in Path(download.value.path()).read_text("utf-8")
    page.locator("[data-verdict=like]").click()
    page.wait_for_selector("[data-verdict=like][aria-pressed=true]")
    (line,) = (served[0].settings.home / "feedback.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["verdict"] == "like"
    assert json.loads(line)["answer"]["question"] == QUESTION


def test_papers_are_added_with_a_report_by_file(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page()
    before = int(page.locator("[data-count]").inner_text())
    good, empty = tmp_path / "good.txt", tmp_path / "empty.txt"
    good.write_text("Another paper on resistance\n\nThe cells were resistant to the drug.")
    empty.write_text("")
    page.set_input_files("[data-files]", [good, empty])
    page.wait_for_selector(".report .bad")

    assert "empty.txt" in page.locator(".report .bad").inner_text()
    assert page.locator(".report .good").count() == 1
    page.wait_for_function("n => document.querySelector('[data-count]').textContent == n", arg=before + 1)
    assert page.locator("[data-stop-adding]").is_hidden()


def test_only_uploads_are_read(open_page: Callable[..., Any], tmp_path: Path, served: Any) -> None:
    page = open_page()
    secret = tmp_path / "secret.txt"
    secret.write_text("A secret title\n\nA secret sentence of this machine is here.")
    before = len(served[0].library.papers())
    with page.expect_request(lambda request: "queue/join" in request.url) as asked:
        page.set_input_files("[data-files]", [secret])
    page.wait_for_selector(".report")
    body = json.loads(asked.value.post_data)
    body["event_data"]["paths"] = [str(secret), "/etc/hostname"]
    assert len(served[0].library.papers()) == before + 1
    page.evaluate(
        "([url, body]) => fetch(url, {method: 'POST', body: JSON.stringify(body),"
        " headers: {'content-type': 'application/json'}})",
        [asked.value.url, body],
    )
    page.wait_for_timeout(500)
    assert not (served[0].library.home / "papers" / "hostname").exists()
    assert len(served[0].library.papers()) == before + 1


def test_on_a_phone_sources_are_a_sheet(open_page: Callable[..., Any]) -> None:
    page = open_page(PHONE)
    assert page.locator(".library").is_hidden()
    answered(page)
    assert page.locator(".sources").is_hidden()
    page.locator(".pill").first.click()
    page.wait_for_selector(".sources.open .card.lifted")
    page.keyboard.press("Escape")
    page.locator(".sources").wait_for(state="hidden")
    page.locator("[data-open-library]").click()
    page.locator(".library [data-open]").first.wait_for()


@pytest.mark.parametrize("size", [DESKTOP, (1024, 768), PHONE], ids=["desktop", "tablet", "phone"])
def test_nothing_is_wider_than_the_page_and_lines_are_readable(
    open_page: Callable[..., Any], size: tuple[int, int]
) -> None:
    page = open_page(size)
    answered(page, "a long answer on KIF14")

    wide = page.evaluate(
        "width => [...document.querySelectorAll('.room *')].filter(e => e.checkVisibility({checkVisibilityCSS:"
        " true}) && e.getBoundingClientRect().right > width + 1).map(e => e.className)",
        size[0],
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    words = page.locator(".words p").first
    lines = words.evaluate(
        "p => p.getBoundingClientRect().height / parseFloat(getComputedStyle(p).lineHeight)"
    )
    assert len(words.inner_text()) / lines <= 75
    assert words.evaluate("p => getComputedStyle(p).fontSize") == "16px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_come_from_the_system(open_page: Callable[..., Any], scheme: str) -> None:
    page = open_page(scheme=scheme)
    answered(page)

    colours = page.locator(".room").evaluate(
        "e => [getComputedStyle(e).backgroundColor, getComputedStyle(document.querySelector('.words')).color]"
    )
    expected = {
        "light": ["rgb(251, 250, 248)", "rgb(31, 29, 26)"],
        "dark": ["rgb(22, 21, 19)", "rgb(233, 230, 223)"],
    }
    assert colours == expected[scheme]
    body = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert body == colours[0]  # what is seen before the room is there
