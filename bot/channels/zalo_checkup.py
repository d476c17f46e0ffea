"""What `motcua doctor` looks at in the Zalo channel: consent, account, webhook, clock."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from bot.channels import zalo_phone_templates
from bot.channels.zalo_api import ACCOUNT_PATH, ZaloApi, ZaloUnreachable
from bot.channels.zalo_errors import ZaloRefused
from bot.channels.zalo_oauth import ZaloOAuth
from bot.channels.zalo_routes import WEBHOOK_PATH
from bot.channels.zalo_tokens import CannotRenew, NoConsent, ZaloTokens
from bot.channels.zalo_work import Account
from bot.store import Store
from bot.wording import say

MOST_SKEW_SECONDS = 120.0
CALL_SECONDS = 10.0


async def examine(store: Store, account: Account, client: httpx.AsyncClient) -> tuple[str, list[str]]:
    """The account's name, and a Vietnamese sentence for each thing that is wrong."""
    tokens = ZaloTokens(store, ZaloOAuth(client, account.oauth_base, account.app))
    name, troubles = "", []
    try:
        name = str((await ZaloApi(client, account.api_base, tokens).get(ACCOUNT_PATH)).get("name", ""))
    except NoConsent as reason:
        troubles.append(say("zalo.doctor.no_consent", reason=reason))
    except ZaloRefused as refused:
        troubles.append(say("zalo.doctor.refused", reason=refused))
    except (ZaloUnreachable, CannotRenew) as error:
        troubles.append(say("zalo.doctor.unreachable", reason=error))
    missing = [name for name in zalo_phone_templates.load() if name not in account.phone_template_ids]
    if account.phone_template_ids and missing:
        troubles.append(say("zalo.doctor.half_by_phone", missing=", ".join(missing)))
    found = [await _webhook(account.public_url, client), await _clock(account.api_base, client, store.clock())]
    return name, troubles + [trouble for trouble in found if trouble]


async def _webhook(public_url: str, client: httpx.AsyncClient) -> str | None:
    """Called as Zalo's console does, without a signature: it answers 200 and drops it."""
    if not public_url.startswith("https://"):
        return say("zalo.doctor.no_address")
    try:
        answer = await client.post(f"{public_url}{WEBHOOK_PATH}", content=b"{}", timeout=CALL_SECONDS)
    except httpx.HTTPError as error:
        return say("zalo.doctor.webhook_away", reason=type(error).__name__)
    return None if answer.status_code == 200 else say("zalo.doctor.webhook_wrong", status=answer.status_code)


async def _clock(base: str, client: httpx.AsyncClient, now: datetime) -> str | None:
    """Zalo's own clock stands in each of its answers."""
    try:
        told = (await client.get(base, timeout=CALL_SECONDS)).headers.get("Date", "")
        skew = abs((parsedate_to_datetime(told) - now).total_seconds())
    except (httpx.HTTPError, ValueError, TypeError):
        return None  # that it cannot be reached has been told, and without its time nothing can be said
    return say("zalo.doctor.clock", seconds=round(skew)) if skew > MOST_SKEW_SECONDS else None
