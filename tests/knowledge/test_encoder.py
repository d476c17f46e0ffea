"""The encoder: the same numbers with torch and without, the same words the same vector, trained to mean something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge import encoder
from knowledge.encoder import EncoderMissing
from tests.knowledge.shelf import put_small_encoder, random_encoder

TEXTS = ["mất sổ đỏ", "xin giay doc than", "🙂", "", "Đăng ký khai sinh cho con"]


def test_without_one_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="motcua train"):
        encoder.open_encoder(tmp_path)


def test_vectors_have_length_one_or_say_nothing() -> None:
    lengths = np.linalg.norm(random_encoder().encode_queries(TEXTS), axis=1)
    assert np.allclose(lengths, [1, 1, 0, 0, 1], atol=1e-5)


def test_diacritics_and_shorthand_make_no_difference() -> None:
    one, other, third = random_encoder().encode_queries(["đăng ký khai sinh", "dang ky khai sinh", "đki khai sinh"])
    assert np.allclose(one, other)
    assert np.allclose(one, third)


def test_a_slip_stays_near() -> None:
    right, slipped, strange = random_encoder(64).encode_queries(
        ["đăng ký kết hôn", "đăng kys kêt hônn", "giá vàng hôm nay"]
    )
    assert right @ slipped > right @ strange


def test_no_texts_give_no_vectors() -> None:
    assert random_encoder(8).encode_queries([]).shape == (0, 8)


def test_other_numbers_have_another_id(tmp_path: Path) -> None:
    put_small_encoder(tmp_path / "a")
    put_small_encoder(tmp_path / "b", seed=2)
    one, other = (encoder.open_encoder(tmp_path / name) for name in "ab")
    assert one.id != other.id


def test_another_number_of_buckets_is_refused(tmp_path: Path) -> None:
    put_small_encoder(tmp_path)
    (encoder.folder(tmp_path) / encoder.CONFIG_FILE).write_text('{"buckets": 7}', "utf-8")
    with pytest.raises(ValueError, match="7 buckets"):
        encoder.open_encoder(tmp_path)


@pytest.mark.slow
def test_training_brings_paraphrases_together_and_repeats_itself() -> None:
    from knowledge.train import Material, Recipe, train_in_memory

    texts = [
        Material("1.000001", "", ["bỏ vợ", "ra tòa bỏ nhau", "không sống với chồng nữa"], ["Ly hôn"]),
        Material("1.000002", "", ["mất sổ đỏ", "làm lại bìa đất"], ["Cấp lại giấy chứng nhận"]),
        Material("1.000003", "", ["đẻ con", "làm giấy cho bé mới sinh"], ["Đăng ký khai sinh"]),
    ]
    recipe = Recipe(dim=16, epochs=30)
    one, again = train_in_memory(texts, recipe), train_in_memory(texts, recipe)
    assert np.array_equal(one.table, again.table)
    asked, right, wrong = one.encode_queries(["bỏ vợ", "ly hôn", "khai sinh"])
    assert asked @ right > asked @ wrong + 0.2


@pytest.mark.slow
def test_sentence_transformers_reads_the_same_model(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from knowledge.hashed_syllables import save_model

    made = random_encoder(16)
    save_model(made.rows, made.table, tmp_path / "model")
    ours = encoder.load_own(tmp_path / "model").encode_queries(TEXTS)
    theirs = SentenceTransformer(str(tmp_path / "model"), device="cpu", trust_remote_code=True).encode(TEXTS)
    assert np.allclose(ours, theirs, atol=1e-3)


@pytest.mark.slow
def test_another_sentence_transformers_model_can_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    bag = BoW(vocab=["khai", "sinh", "kết", "hôn", "query:", "passage:"])
    SentenceTransformer(modules=[bag], device="cpu").save(str(tmp_path / "bag"))
    monkeypatch.setenv("ENCODER_MODEL", str(tmp_path / "bag"))
    monkeypatch.setenv("ENCODER_QUERY_PREFIX", "query: ")
    monkeypatch.setenv("ENCODER_PASSAGE_PREFIX", "passage: ")
    used = encoder.open_encoder(tmp_path)
    asked, said = used.encode_queries(["khai sinh"])[0], used.encode_passages(["khai sinh"])[0]
    assert used.dim == 6
    assert np.isclose(np.linalg.norm(asked), 1)
    assert 0.5 < asked @ said < 1


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    from knowledge.train import contrast

    sums = np.random.default_rng(3).normal(size=(8, 5))
    _, gradient = contrast(sums, 0.5)
    for row, column in ((0, 0), (3, 2), (7, 4)):
        step = np.zeros_like(sums)
        step[row, column] = 1e-5
        slope = (contrast(sums + step, 0.5)[0] - contrast(sums - step, 0.5)[0]) / 2e-5
        assert np.isclose(slope, gradient[row, column], atol=1e-6)
