"""`motcua doctor`: looks at what an operator can get wrong and says it in Vietnamese."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.payment.account_settings import for_trials, half_filled, is_anything_set, whole
from bot.settings import Environment, Settings, variable_name
from bot.wording import say

LOW_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    what: str
    is_well: bool
    says: str


def examine(settings: Settings) -> list[Finding]:
    """One finding for each thing looked at; a look that breaks down is a finding, never an exception."""
    looks: list[tuple[str, Callable[[Settings], str]]] = [
        ("secrets", _secrets),
        ("models", _models),
        ("index", _index),
        ("database", _database),
        ("disk", _disk),
        ("telegram", _telegram),
        ("zalo", _zalo),
        ("payment", _payment),
        ("oidc", _oidc),
    ]
    return [_look(name, look, settings) for name, look in looks]


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    elsewhere = {"payment": "paying.doctor.what", "zalo": "zalo.doctor.what", "oidc": "oidc.doctor.what"}
    what = say(elsewhere.get(name) or f"doctor.{name}.what")
    try:
        return Finding(what, True, look(settings))
    except Ailing as ailing:
        return Finding(what, False, str(ailing))
    except Exception as error:
        return Finding(what, False, say("doctor.broken", error=f"{type(error).__name__}: {error}"))


class Ailing(Exception):
    """Something is not as it should be; the message is the Vietnamese sentence."""


def _secrets(settings: Settings) -> str:
    if not settings.secret_keys.get_secret_value().strip():
        return say("doctor.secrets.made_here")
    settings.key_ring()
    return say("doctor.secrets.well")


def _models(settings: Settings) -> str:
    folder = settings.data_dir / "models"
    if not any(folder.glob("rasa/**/*.tar.gz")) or not (folder / "encoder").exists():
        raise Ailing(say("doctor.models.missing"))
    return say("doctor.models.well")


def _index(settings: Settings) -> str:
    from knowledge.library import IndexCorrupt, IndexMissing, Library

    try:
        snapshot = Library.open(settings.data_dir).snapshot
    except (IndexMissing, IndexCorrupt) as error:
        raise Ailing(say("doctor.index.missing", error=error)) from error
    return say("doctor.index.well", count=len(snapshot.catalogue))


def _database(settings: Settings) -> str:
    from bot.store import open_store

    async def ping() -> None:
        store = await open_store(settings)
        try:
            await store.ping()
        finally:
            await store.close()

    asyncio.run(ping())
    return say("doctor.database.well")


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free
    if free < LOW_DISK_BYTES:
        raise Ailing(say("doctor.disk.low", megabytes=free // 1_000_000))
    return say("doctor.disk.well", gigabytes=free // 1_000_000_000)


def _telegram(settings: Settings) -> str:
    if not settings.is_telegram_on:
        return say("doctor.telegram.not_used")
    return asyncio.run(_ask_telegram(settings))


def _zalo(settings: Settings) -> str:
    if not settings.is_zalo_on:
        return say("zalo.doctor.not_used")
    if settings.blank_zalo_secret:
        raise Ailing(say("zalo.doctor.blank", name=settings.blank_zalo_secret))
    name, troubles = asyncio.run(_ask_zalo(settings))
    if troubles:
        raise Ailing("; ".join(troubles))
    by_phone = "on" if settings.zalo_phone_templates else "off"
    return say("zalo.doctor.well", name=name) + say(f"zalo.doctor.by_phone.{by_phone}")


async def _ask_zalo(settings: Settings) -> tuple[str, list[str]]:
    import httpx

    from bot.channels import zalo_checkup
    from bot.store import open_store
    from bot.stories.messengers import account_of

    store = await open_store(settings)
    try:
        async with httpx.AsyncClient() as client:
            return await zalo_checkup.examine(store, account_of(settings), client)
    finally:
        await store.close()


async def _ask_telegram(settings: Settings) -> str:
    from telegram.error import InvalidToken, TelegramError

    from bot.channels.telegram import build_bot

    try:
        async with build_bot(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_base) as bot:
            info = await bot.get_webhook_info()
            name = bot.username
    except InvalidToken as error:
        raise Ailing(say("doctor.telegram.bad_token")) from error
    except TelegramError as error:
        raise Ailing(say("doctor.telegram.unreachable", error=type(error).__name__)) from error
    if settings.telegram_mode == "webhook" and not info.url:
        raise Ailing(say("doctor.telegram.no_webhook"))
    if info.last_error_message:
        raise Ailing(say("doctor.telegram.failing", error=info.last_error_message))
    return say("doctor.telegram.well", name=name)


def _payment(settings: Settings) -> str:
    for provider, blank in half_filled(settings).items():
        missing = ", ".join(map(variable_name, blank))
        raise Ailing(say("paying.doctor.half", provider=say(f"payment.provider.{provider}"), missing=missing))
    if not is_anything_set(settings):
        is_demo = settings.env is Environment.DEMO
        return say("paying.doctor.sandbox") if is_demo else say("paying.doctor.not_used")
    if not settings.public_url:
        raise Ailing(say("paying.doctor.no_address"))
    names = ", ".join(say(f"payment.provider.{name}") for name in whole(settings))
    trials = ", ".join(map(variable_name, for_trials(settings)))
    return say("paying.doctor.trials", names=names, trials=trials) if trials else say("paying.doctor.well", names=names)


def _oidc(settings: Settings) -> str:
    from bot.desk import oidc, oidc_checkup
    from bot.jobs import public_base

    if settings.blank_oidc:
        raise Ailing(say("oidc.doctor.blank", name=settings.blank_oidc))
    if not settings.is_oidc_on:
        return say("oidc.doctor.not_used")
    client = oidc.client_of(settings, public_base(settings))
    if client is None:
        raise Ailing(say("oidc.doctor.no_address"))
    address, troubles = asyncio.run(oidc_checkup.examine(client, lambda: datetime.now(UTC)))
    if troubles:
        raise Ailing("; ".join(troubles))
    return say("oidc.doctor.well", address=address)
