"""Search on a small shelf: what it finds without any training, and that no query makes it stumble."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import everyday, index_content
from knowledge.search import Decision, Searcher
from knowledge.text import fold
from tests.knowledge.shelf import codes, random_encoder, shelf


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    procedures, encoder = shelf(), random_encoder()
    return Searcher(index_content.build(procedures, everyday.phrases(procedures, {}), encoder), encoder)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("làm giấy khai sinh cho con", "1.000001"),
        ("lam giay khai sinh cho con", "1.000001"),
        ("lm giấy khai sinh cho bé", "1.000001"),
        ("ddawng kys khai sinh", "1.000001"),
        ("mat so do", "1.000004"),
        ("bang lai het han", "1.000005"),
        ("đơn báo mất giấy chứng nhận", "1.000004"),
    ],
)
def test_it_finds_what_is_meant(searcher: Searcher, asked: str, code: str) -> None:
    assert codes(searcher.search(asked).hits)[0] == code


def test_a_message_without_diacritics_gets_the_same_answer(searcher: Searcher) -> None:
    for asked in ("Đăng ký khai tử cho ông", "Đổi bằng lái ở đâu", "Mất sổ đỏ phải làm sao"):
        assert codes(searcher.search(asked).hits) == codes(searcher.search(fold(asked)).hits)


@pytest.mark.parametrize("asked", ["", "   ", "👍👍", "???", "\u200b"])
def test_nothing_asked_finds_nothing(searcher: Searcher, asked: str) -> None:
    found = searcher.search(asked)
    assert (found.decision, found.hits) == (Decision.none, ())


def test_the_limit_holds(searcher: Searcher) -> None:
    assert len(searcher.search("giấy", limit=2).hits) <= 2


def test_choices_are_two_to_four_and_only_when_ambiguous(searcher: Searcher) -> None:
    for asked in ("giấy", "đăng ký", "làm lại giấy", "mất sổ đỏ", "xin chào"):
        found = searcher.search(asked)
        assert (2 <= len(found.choices) <= 4) == (found.decision is Decision.ambiguous)
        assert set(found.choices) <= set(found.hits)


def test_scores_fall_and_the_first_is_the_confidence(searcher: Searcher) -> None:
    found = searcher.search("đăng ký kết hôn")
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert found.confidence == pytest.approx(scores[0], abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_answered(searcher: Searcher, asked: str) -> None:
    found = searcher.search(asked)
    assert all(0 <= hit.score <= 1 for hit in found.hits)
    assert 0 <= found.confidence <= 1


def test_a_huge_message_is_cut(searcher: Searcher) -> None:
    assert searcher.search("khai sinh " * 100_000).hits


def test_a_code_that_is_not_known_any_more_is_left_out() -> None:
    procedures, encoder = shelf(), random_encoder()
    index = index_content.build(procedures, everyday.phrases(procedures, {}), encoder)
    found = Searcher(index, encoder, known={"1.000002"}).search("đăng ký khai sinh")
    assert set(codes(found.hits)) <= {"1.000002"}


def test_an_empty_catalogue_finds_nothing() -> None:
    encoder = random_encoder()
    empty = index_content.build({}, [], encoder)
    assert Searcher(empty, encoder).search("khai sinh").hits == ()


def test_several_threads_get_the_same_answers(searcher: Searcher) -> None:
    asked = ["khai sinh", "mất sổ đỏ", "đổi bằng lái", "giấy cưới"] * 10
    alone = [codes(searcher.search(text).hits) for text in asked]
    together: list[list[list[str]]] = [[] for _ in range(4)]

    def run(place: int) -> None:
        together[place] = [codes(searcher.search(text).hits) for text in asked]

    threads = [threading.Thread(target=run, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers == alone for answers in together)
