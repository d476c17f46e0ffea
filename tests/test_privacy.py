"""Sealed data open only with a key of the ring and only in their own place; logs show nobody's numbers."""

from __future__ import annotations

import io
import logging
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import (
    BadKey,
    CannotDecrypt,
    KeyRing,
    install_log_mask,
    load_or_create_key,
    mask,
    mask_event,
    new_key,
)

OLD, NEW = new_key(), new_key()
RING = KeyRing.parse(OLD)


@given(st.binary(max_size=2000))
def test_what_was_sealed_opens_again(plain: bytes) -> None:
    assert RING.open(RING.seal(plain, "messages/a/1"), "messages/a/1") == plain


def test_the_same_words_are_never_sealed_alike() -> None:
    assert RING.seal(b"khai sinh", "messages/a/1") != RING.seal(b"khai sinh", "messages/a/1")


def test_sealed_data_do_not_open_in_another_place() -> None:
    with pytest.raises(CannotDecrypt, match="changed or moved"):
        RING.open(RING.seal(b"khai sinh", "messages/a/1"), "messages/a/2")


@pytest.mark.parametrize("at", [0, 1, 5, 17, -1])
def test_one_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(RING.seal(b"khai sinh", "messages/a/1"))
    sealed[at] ^= 1
    with pytest.raises(CannotDecrypt):
        RING.open(bytes(sealed), "messages/a/1")


@pytest.mark.parametrize("length", [0, 1, 4, 20, 32])
def test_what_was_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(CannotDecrypt):
        RING.open(RING.seal(b"khai sinh", "messages/a/1")[:length], "messages/a/1")


def test_a_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    sealed = RING.seal(b"khai sinh", "messages/a/1")
    rotated = KeyRing.parse(f"{NEW}, {OLD}")
    assert rotated.open(sealed, "messages/a/1") == b"khai sinh"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal(b"khai sinh", "messages/a/1"))


def test_a_missing_key_is_named_by_its_id_and_not_by_the_data() -> None:
    sealed = RING.seal(b"khai sinh", "messages/a/1")
    with pytest.raises(CannotDecrypt, match=RING.current.id.hex()) as refused:
        KeyRing.parse(NEW).open(sealed, "messages/a/1")
    assert "MOTCUA_SECRET_KEYS" in str(refused.value)


def test_hashes_tell_apart_what_only_looks_joined() -> None:
    assert RING.hash("ab", "c") != RING.hash("a", "bc")
    assert RING.hash("a") != KeyRing.parse(NEW).hash("a")
    assert KeyRing.parse(f"{NEW},{OLD}").hashes("a") == [KeyRing.parse(NEW).hash("a"), RING.hash("a")]


@pytest.mark.parametrize("text", ["", " , ", "no base64!", "c2hvcnQ=", "A" * 43 + "="])
def test_a_bad_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadKey, match="MOTCUA_SECRET_KEYS") as refused:
        KeyRing.parse(text)
    assert not text.strip(" ,") or text not in str(refused.value)


def test_many_that_start_at_once_use_the_same_new_key(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(load_or_create_key(tmp_path / "k"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16 and len(set(found)) == 1
    assert KeyRing.parse(found[0])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("gọi 0912345678 nhé", "gọi ***678 nhé"),
        ("gọi +84 912 345 678 nhé", "gọi ***678 nhé"),
        ("số 0912.345.678,", "số ***678,"),
        ("máy bàn 024-3825-1234.", "máy bàn ***234."),
        ("cccd 001099012345", "cccd ***345"),
        ("cccd 001 099 012 345", "cccd ***345"),
        ("cmnd 012345678 cũ", "cmnd ***678 cũ"),
        ("thẻ 4111 1111 1111 1111", "thẻ ***111"),
        ("thẻ 9704-3600-0000-0000-123", "thẻ ***123"),
        ("thư an.nguyen+1@example.com.vn", "thư a***@***"),
        ("hồ sơ H29.12-251124-0001", "hồ sơ H29.12-***01"),
        ("hồ sơ 000.00.12.H29-251124-0001", "hồ sơ 000.00.12.H29-***01"),
        ("POST https://api.telegram.org/bot123456789:AAE_abcdefghijklmnopqrstuvwxyz-12345/sendMessage", None),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("sđt0912345678nhé", "sđt***678nhé"),
        ("chat_id=1111111111", "chat_id=***111"),
    ],
)
def test_what_tells_who_somebody_is_is_masked(written: str, shown: str | None) -> None:
    masked = mask(written)
    if shown is None:
        assert "AAE_" not in masked and "sendMessage" in masked
    else:
        assert masked == shown


@pytest.mark.parametrize(
    "text",
    [
        "thủ tục 1.001193 lệ phí 250.000 đ",
        "1.001193.000.00.00.H29",
        "2026-11-24 22:50:06,123 INFO",
        "từ 2026-11-24 đến 2027-02-06",
        "127.0.0.1:8000 GET /procedures/1.001193 200",
        "nghị định 123/2015/NĐ-CP điều 4",
        "50984941f7cc439ab0c6ffd4f7c18c5e",
        "conversation 50984941001234567890ffd4f7c18c5e",
        "",
    ],
)
def test_what_tells_nobody_is_left_readable(text: str) -> None:
    assert mask(text) == text


@pytest.fixture
def logged() -> io.StringIO:
    """What a child logger with a handler of its own writes, once the mask is on."""
    install_log_mask()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    logger = logging.getLogger("bot.somewhere.deep")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_every_logger_is_masked_also_in_arguments_and_traces(logged: io.StringIO) -> None:
    logger = logging.getLogger("bot.somewhere.deep")
    logger.warning("from %s: %s, chat %d", "0912345678", {"id": "001099012345"}, 1111111111)
    try:
        raise ValueError("citizen 001099012345")
    except ValueError:
        logger.exception("failed")
    shown = logged.getvalue()
    assert "***678" in shown and "***111" in shown and "ValueError: citizen ***345" in shown
    assert "0912345678" not in shown and "001099012345" not in shown and "1111111111" not in shown


def test_an_access_line_printed_from_its_arguments_is_masked() -> None:
    install_log_mask()
    record = logging.getLogRecordFactory()("uvicorn.access", 20, "", 1, "%s %s", ("1.2.3.4", "/s?q=0912345678"), None)
    assert record.args == ("1.2.3.4", "/s?q=***678")


def test_arguments_given_by_name_are_masked(logged: io.StringIO) -> None:
    logging.getLogger("bot.somewhere.deep").warning("%(phone)s", {"phone": "0912345678"})
    assert logged.getvalue() == "bot.somewhere.deep ***678\n"


def test_structured_events_are_masked_too() -> None:
    assert mask_event(None, "info", {"event": "từ 0912345678", "n": 3}) == {"event": "từ ***678", "n": 3}
