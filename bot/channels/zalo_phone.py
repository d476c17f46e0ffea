"""Template messages to a telephone number: for somebody who has no chat with the account, paid for one by one."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from enum import StrEnum

from bot.channels import zalo_metrics
from bot.channels.zalo_api import ZaloApi, ZaloUnreachable
from bot.channels.zalo_errors import Consequence, ZaloRefused
from bot.channels.zalo_pace import Crowded
from bot.channels.zalo_phone_templates import filled
from bot.channels.zalo_tokens import CannotRenew, NoConsent

log = logging.getLogger(__name__)

PHONE_PATH = "/message/template"
MOST_TRACKING_CHARS = 48
_MOBILE = re.compile(r"0[35789]\d{8}")


class Became(StrEnum):
    """What became of a message."""

    sent = "sent"
    bad_number = "bad_number"
    no_zalo = "no_zalo"  # nobody uses Zalo with this number
    unwilling = "unwilling"  # refuses such messages, has left Zalo for long, or has too old a Zalo
    quota = "quota"  # the day's number of messages, or the account's money, is used up
    template = "template"  # not approved, switched off, unknown, or filled in wrongly
    account = "account"  # the account or the app may not send
    token = "token"  # a person has to give the consent anew
    night = "night"
    busy = "busy"  # too many calls, or trouble at Zalo's: not sent
    unknown = "unknown"  # no answer: it may have been sent


_CODES: dict[Became, tuple[int, ...]] = {
    Became.bad_number: (-108,),
    Became.no_zalo: (-118,),
    # Inactive or refuses, old version, cannot receive, has not agreed to receive, refuses this kind, this account.
    Became.unwilling: (-110, -114, -119, -134, -139, -140, -141),
    # Money, the account's day, the template's day, a person's day and month.
    Became.quota: (-115, -137, -144, -147, -1471, -1472),
    # Unknown, empty, wrong or missing parameters, button, text, no permission, not approved, switched off for quality.
    Became.template: (
        *(-109, -111, -112, -1121, -1122, -1123, -1124, -113, -116, -117, -121, -130, -131, -132, -145, -146),
    ),
    # App unknown, off or not linked; account unknown, unverified or barred; development mode; no money account.
    Became.account: (
        *(-101, -102, -103, -104, -105, -106, -120, -125, -126, -127, -135, -1351, -136, -138),
        *(-204, -205, -209, -212, -219, -221, -223, -224, -320, -321),
    ),
    Became.night: (-133,),
}
_BY_CODE = {code: became for became, codes in _CODES.items() for code in codes}
FOR_THE_OPERATOR = (Became.quota, Became.template, Became.account, Became.token)


class ZaloPhone:
    """Sends once and says what became of it; whether to try again is for a person to say."""

    def __init__(self, api: ZaloApi, template_ids: Mapping[str, str]) -> None:
        self._api, self._template_ids = api, template_ids

    def has(self, *names: str) -> bool:
        return all(name in self._template_ids for name in names)

    async def send(self, phone: str, name: str, values: Mapping[str, str], tracking_id: str) -> Became:
        """`phone` as people write it, 0912345678; `name` of zalo_phone_templates.yml."""
        if not is_mobile(phone):
            return Became.bad_number
        body = {
            "phone": f"84{phone[1:]}",
            "template_id": self._template_ids[name],
            "template_data": filled(name, values),
            "tracking_id": tracking_id[:MOST_TRACKING_CHARS],
        }
        became = await self._post(body)
        if became is Became.sent:
            zalo_metrics.billed("phone template")
        return became

    async def _post(self, body: dict[str, object]) -> Became:
        try:
            await self._api.post(PHONE_PATH, body)
        except ZaloRefused as refused:
            return _told(refused)
        except ZaloUnreachable as error:
            log.warning("a message to a telephone number has no answer of Zalo's: %s", error)
            return Became.unknown
        except (Crowded, CannotRenew) as error:
            log.warning("a message to a telephone number was not sent: %s", type(error).__name__)
            return Became.busy
        except NoConsent as error:
            log.error("no message to a telephone number can be sent: consent %s", error)
            return Became.token
        return Became.sent


def is_mobile(phone: str) -> bool:
    """A number that can have Zalo at all."""
    return _MOBILE.fullmatch(phone) is not None


def _told(refused: ZaloRefused) -> Became:
    """Only the code is logged: Zalo's sentence may repeat the number."""
    has_tried_anew = refused.consequence is Consequence.NEW_TOKEN
    became = Became.token if has_tried_anew else _BY_CODE.get(refused.code, Became.busy)
    level = logging.ERROR if became in FOR_THE_OPERATOR else logging.INFO
    log.log(level, "Zalo refuses a message to a telephone number with %d: %s", refused.code, became)
    return became
