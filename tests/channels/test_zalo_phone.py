"""Messages to a telephone number over a pretended Zalo: the wire format, and every refusal told apart."""

from __future__ import annotations

import logging

import pytest
from pydantic import ValidationError

from bot.channels.zalo_phone import FOR_THE_OPERATOR, Became
from bot.settings import Settings
from bot.store import Store
from tests.channels.zalo_world import World, zalo_world

NUMBER = "0912345678"
CODE = {"ma": "482 915", "lam_giup": "Chị Sen (Tổ 1) làm giúp: khai sinh"}


@pytest.fixture
def database_url() -> str:
    """Nothing here differs between databases."""
    return ""


async def sent(world: World, number: str = NUMBER, values: dict[str, str] = CODE) -> Became:
    return await world.work.phone.send(number, "assist_code", values, "s.1")


async def test_a_code_arrives_on_the_telephone_in_zalos_format(store: Store) -> None:
    async with zalo_world(store) as world:
        assert await sent(world) is Became.sent
        call = {"phone": "84912345678", "template_id": "81", "template_data": CODE, "tracking_id": "s.1"}
        assert world.records.calls == [call]
        (told,) = world.told("84912345678")
        await world.sandbox.state.courier.arrived()
        assert world.desk.arrived == ["s.1"] and not await world.work_off()
        assert "Mã của bạn: 482 915" in told and "Chị Sen (Tổ 1) làm giúp: khai sinh" in told


async def test_a_link_is_a_button_and_long_words_are_cut_to_what_zalo_takes(store: Store) -> None:
    async with zalo_world(store) as world:
        values = {"nguoi_giup": "Chị Sen (Tổ 1)", "viec": "việc rất dài " * 40, "duong_dan": "a" * 43}
        assert await world.work.phone.send(NUMBER, "assist_page", values, "t" * 60) is Became.sent
        (line,) = world.records.citizen("84912345678").lines
        assert line.buttons[0]["payload"] == {"url": f"https://motcua.test/helped/sheets/{'a' * 43}"}
        data, tracking = (world.records.calls[0][name] for name in ("template_data", "tracking_id"))
        assert len(data["viec"]) <= 120 and len(tracking) == 48


@pytest.mark.parametrize(
    ("code", "became"),
    [
        (-118, Became.no_zalo),
        (-114, Became.unwilling),
        (-141, Became.unwilling),
        (-115, Became.quota),
        (-144, Became.quota),
        (-131, Became.template),
        (-146, Became.template),
        (-117, Became.template),
        (-135, Became.account),
        (-133, Became.night),
        (-32, Became.busy),
        (-100, Became.busy),
        (-98765, Became.busy),
    ],
)
async def test_each_refusal_is_told_apart_and_no_log_holds_the_number(
    store: Store, code: int, became: Became, caplog: pytest.LogCaptureFixture
) -> None:
    async with zalo_world(store) as world:
        world.records.phone_codes["84912345678"] = code
        with caplog.at_level(logging.INFO):
            assert await sent(world) is became
        assert "912345678" not in caplog.text
        levels = {record.levelno for record in caplog.records if record.name == "bot.channels.zalo_phone"}
        assert levels == {logging.ERROR if became in FOR_THE_OPERATOR else logging.INFO}
        assert not world.told("84912345678")


async def test_an_answer_that_never_came_leaves_it_open(store: Store) -> None:
    async with zalo_world(store) as world:
        world.records.faults.share = 1.0
        world.records.faults.random.seed(3)
        became = [await sent(world) for _ in range(6)]
        assert set(became) == {Became.unknown}
        assert len(world.told("84912345678")) == world.records.faults.answers_lost > 0


async def test_a_stale_token_is_renewed_once_and_a_dead_consent_is_told(store: Store) -> None:
    async with zalo_world(store) as world:
        await sent(world)
        world.records.access.clear()  # answered with -124 on this host
        assert await sent(world) is Became.sent
        world.records.revoke()
        assert await sent(world) is Became.token
    async with zalo_world(store, consented=False) as world:
        assert await sent(world) is Became.token


async def test_what_cannot_be_a_number_or_a_template_costs_no_call_or_is_told(store: Store) -> None:
    async with zalo_world(store) as world:
        assert await sent(world, "12345") is Became.bad_number
        assert await sent(world, "0271234567") is Became.bad_number  # nobody's mobile
        assert await sent(world, values={**CODE, "ma": " "}) is Became.template
        world.records.phone_templates["81"].is_approved = False
        assert await sent(world) is Became.template
        assert world.records.calls == []


async def test_the_accounts_day_is_used_up(store: Store, clock) -> None:
    async with zalo_world(store) as world:
        world.records.phone_messages_per_day = 1
        assert [await sent(world), await sent(world)] == [Became.sent, Became.quota]
        clock.advance(hours=25)
        assert await sent(world) is Became.sent


def test_ids_are_read_by_name_and_a_missing_half_is_known() -> None:
    read = Settings(_env_file=None, zalo_phone_templates="assist_code=12, assist_page = 34")
    assert read.zalo_phone_templates == {"assist_code": "12", "assist_page": "34"}
    assert read.missing_phone_templates == []
    assert Settings(_env_file=None, zalo_phone_templates="assist_code=12").missing_phone_templates == ["assist_page"]
    assert Settings(_env_file=None).missing_phone_templates == []
    for wrong in ("news=12", "assist_code="):
        with pytest.raises(ValidationError, match="ZALO_PHONE_TEMPLATES"):
            Settings(_env_file=None, zalo_phone_templates=wrong)
