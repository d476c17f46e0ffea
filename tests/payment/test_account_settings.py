"""Merchant accounts are set whole or not at all, and production refuses what would lose money."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.doctor import examine
from bot.payment.account_settings import NEEDED, accounts_of, half_filled, whole
from bot.payment.providers.wire import Wire
from bot.privacy import new_key
from bot.settings import Settings

REAL = {"vnpay_pay_url": "https://pay.example.vn", "vnpay_api_url": "https://api.example.vn"}


def given(**values: str) -> Settings:
    return Settings(_env_file=None, env="test", **values)


def production(**values: str) -> Settings:
    more = {"secret_keys": new_key(), "public_url": "https://motcua.example.vn"}
    return Settings(_env_file=None, env="production", **(more | values))


def filled(provider: str) -> dict[str, str]:
    return {name: f"https://pay.example.vn/{name}" for name in NEEDED[provider]}


def is_on(settings: Settings) -> set[str]:
    return {one.name for one in accounts_of(settings).providers(Wire(None)) if one.is_on}


@pytest.mark.parametrize("provider", NEEDED)
def test_an_account_is_on_when_it_is_whole_and_off_when_anything_is_missing(provider: str) -> None:
    assert is_on(given()) == set() and not half_filled(given())
    assert is_on(given(**filled(provider))) == {provider} == set(whole(given(**filled(provider))))
    for name in NEEDED[provider]:
        settings = given(**(filled(provider) | {name: "  "}))
        assert is_on(settings) == set()
        assert half_filled(settings) == {provider: (name,)}


def test_production_refuses_a_half_filled_account_and_names_what_is_missing() -> None:
    with pytest.raises(ValidationError, match="MOTCUA_VNPAY_SECRET is blank"):
        production(vnpay_tmn_code="A", **REAL)


def test_production_refuses_platforms_for_trials_and_an_address_nobody_can_tell_us_at() -> None:
    whole_account = {"vnpay_tmn_code": "A", "vnpay_secret": "s"}
    with pytest.raises(ValidationError, match="MOTCUA_VNPAY_PAY_URL"):
        production(**whole_account)
    with pytest.raises(ValidationError, match="PUBLIC_URL"):
        production(**whole_account, **REAL, public_url="http://motcua.example.vn")
    assert is_on(production(**whole_account, **REAL)) == {"vnpay"}


def test_no_secret_is_printed() -> None:
    assert "hush" not in repr(given(vnpay_tmn_code="A", vnpay_secret="hush"))


def test_the_doctor_names_what_is_missing_in_vietnamese() -> None:
    def payment(settings: Settings) -> tuple[bool, str]:
        found = next(one for one in examine(settings) if one.what == "Thanh toán")
        return found.is_well, found.says

    assert payment(given())[0] is True
    is_well, says = payment(given(momo_partner_code="A", momo_secret="s"))
    assert not is_well and "MoMo" in says and "MOTCUA_MOMO_ACCESS_KEY" in says
    is_well, says = payment(given(**filled("vietqr"), public_url="https://motcua.example.vn"))
    assert is_well and "QR" in says
