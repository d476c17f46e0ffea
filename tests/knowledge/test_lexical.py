"""Words in common: weights, unknown words, and sums over sparse rows."""

from __future__ import annotations

import numpy as np

from knowledge import lexical

TEXTS = ["đăng ký khai sinh", "đăng ký khai tử", "đăng ký kết hôn", "cấp giấy phép lái xe"]
DOCUMENTS = [lexical.terms(text) for text in TEXTS]
VOCABULARY = lexical.learn_vocabulary(DOCUMENTS, [])


def best(query: str) -> int:
    wanted = lexical.query_terms(VOCABULARY, lexical.terms(query))
    return int(np.argmax(lexical.score(lexical.bm25(VOCABULARY, DOCUMENTS), wanted.places)))


def test_a_rare_word_decides() -> None:
    assert [best("đăng ký tử"), best("dang ky hon"), best("xe")] == [1, 2, 3]


def test_a_common_word_is_worth_less() -> None:
    common, rare = (lexical.query_terms(VOCABULARY, lexical.terms(word)).weights[0] for word in ("đăng", "xe"))
    assert common < rare


def test_unknown_words_count_against_a_query() -> None:
    known = lexical.query_terms(VOCABULARY, lexical.terms("khai sinh"))
    half = lexical.query_terms(VOCABULARY, lexical.terms("khai sinh blockchain"))
    assert known.known_share == 1.0
    assert half.known_share < 0.7


def test_a_phrase_is_most_like_itself() -> None:
    matrix = lexical.cosine(VOCABULARY, DOCUMENTS)
    for place, text in enumerate(TEXTS):
        wanted = lexical.query_terms(VOCABULARY, lexical.terms(text))
        likeness = lexical.score(matrix, wanted.places, wanted.weights) / np.linalg.norm(wanted.weights)
        assert int(np.argmax(likeness)) == place
        assert likeness[place] == np.float32(1.0).item() or abs(likeness[place] - 1) < 1e-5


def test_shares_of_a_document_add_up_to_one() -> None:
    matrix = lexical.presence(VOCABULARY, DOCUMENTS, as_share=True)
    assert np.allclose(np.asarray(matrix.sum(axis=0)), 1, atol=1e-5)


def test_spans() -> None:
    assert lexical.spans(np.array([5, 9, 2]), np.array([2, 0, 1])).tolist() == [5, 6, 2]
    assert lexical.spans(np.array([], dtype=int), np.array([], dtype=int)).tolist() == []


def test_nothing_known_scores_nothing() -> None:
    empty = lexical.learn_vocabulary([], [])
    assert lexical.query_terms(empty, lexical.terms("khai sinh")).known_share == 0
    assert lexical.score(lexical.bm25(empty, [[], []]), np.array([], dtype=int)).tolist() == [0, 0]
