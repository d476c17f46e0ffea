"""The merchant accounts as an operator sets them: blank is off, half-filled is a mistake that is named."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bot.payment.accounts import Accounts
from bot.payment.providers.momo import MomoAccount
from bot.payment.providers.national import NationalAccount
from bot.payment.providers.vietqr import PayosAccount
from bot.payment.providers.vnpay import VnpayAccount
from bot.payment.providers.zalopay import ZalopayAccount

_BLANK = SecretStr("")
TEST_PLACES = ("sandbox", "test-payment", "//sb-")  # how the addresses for trials are told from the real ones


class PaymentSettings(BaseSettings):
    """Settings takes these over; their variables begin with MOTCUA_."""

    national_pay_partner: str = ""
    national_pay_secret: SecretStr = _BLANK
    national_pay_base: str = ""
    national_pay_bearer: SecretStr = _BLANK
    national_pay_account: str = ""
    national_pay_bank: str = ""
    national_pay_name: str = ""
    payos_client_id: str = ""
    payos_api_key: SecretStr = _BLANK
    payos_checksum_key: SecretStr = _BLANK
    vnpay_tmn_code: str = ""
    vnpay_secret: SecretStr = _BLANK
    vnpay_pay_url: str = VnpayAccount.pay_url
    vnpay_api_url: str = VnpayAccount.api_url
    momo_partner_code: str = ""
    momo_access_key: SecretStr = _BLANK
    momo_secret: SecretStr = _BLANK
    momo_base: str = MomoAccount.base
    zalopay_app_id: str = ""
    zalopay_key: SecretStr = _BLANK
    zalopay_callback_key: SecretStr = _BLANK
    zalopay_base: str = ZalopayAccount.base


# What a provider cannot do without; the first of them marks a provider as meant to be on.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "national": (
        "national_pay_partner", "national_pay_secret", "national_pay_base", "national_pay_account",
        "national_pay_bank", "national_pay_name",
    ),
    "vietqr": ("payos_client_id", "payos_api_key", "payos_checksum_key"),
    "vnpay": ("vnpay_tmn_code", "vnpay_secret"),
    "momo": ("momo_partner_code", "momo_access_key", "momo_secret"),
    "zalopay": ("zalopay_app_id", "zalopay_key", "zalopay_callback_key"),
}  # fmt: skip
PLACES: Mapping[str, tuple[str, ...]] = {
    "national": ("national_pay_base",),
    "vnpay": ("vnpay_pay_url", "vnpay_api_url"),
    "momo": ("momo_base",),
    "zalopay": ("zalopay_base",),
}


def value_of(settings: PaymentSettings, name: str) -> str:
    value = getattr(settings, name)
    return (value.get_secret_value() if isinstance(value, SecretStr) else value).strip()


def half_filled(settings: PaymentSettings) -> dict[str, tuple[str, ...]]:
    """Providers for which something is set and something is missing: the fields that are missing."""
    found = {}
    for provider, names in NEEDED.items():
        blank = tuple(name for name in names if not value_of(settings, name))
        if blank and len(blank) < len(names):
            found[provider] = blank
    return found


def is_anything_set(settings: PaymentSettings) -> bool:
    return any(value_of(settings, name) for names in NEEDED.values() for name in names)


def whole(settings: PaymentSettings) -> tuple[str, ...]:
    """Providers for which everything is set."""
    return tuple(name for name, names in NEEDED.items() if all(value_of(settings, one) for one in names))


def for_trials(settings: PaymentSettings) -> tuple[str, ...]:
    """Fields of providers in use that lead to their platforms for trials, where no money moves."""
    used = [name for provider in whole(settings) for name in PLACES.get(provider, ())]
    return tuple(name for name in used if any(mark in value_of(settings, name) for mark in TEST_PLACES))


def accounts_of(settings: PaymentSettings) -> Accounts:
    """A half-filled account stays off: what it cannot verify it must not take."""

    def given(*names: str) -> list[str]:
        return [value_of(settings, name) for name in names]

    possible = {
        "national": lambda: NationalAccount(
            *given("national_pay_partner", "national_pay_secret", "national_pay_base", "national_pay_bearer"),
            *given("national_pay_account", "national_pay_bank", "national_pay_name"),
        ),
        "vietqr": lambda: PayosAccount(*given(*NEEDED["vietqr"])),
        "vnpay": lambda: VnpayAccount(*given(*NEEDED["vnpay"], *PLACES["vnpay"])),
        "momo": lambda: MomoAccount(*given(*NEEDED["momo"], *PLACES["momo"])),
        "zalopay": lambda: ZalopayAccount(*given(*NEEDED["zalopay"], *PLACES["zalopay"])),
    }
    return Accounts(**{name: possible[name]() for name in whole(settings)})
