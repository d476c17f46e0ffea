"""Before the sweep deletes drafts whose time is over: their pages go, unless another dossier needs them."""

from __future__ import annotations

import logging
from datetime import datetime

from bot.submission.dossiers import Dossiers
from bot.submission.papers.paging import Paging

log = logging.getLogger(__name__)


async def forget_expired(dossiers: Dossiers, paging: Paging, now: datetime) -> int:
    """How many drafts were seen to; trouble is told and keeps the sweep from nothing.

    An expired draft opens for nobody any more, so nobody can go on with it in between.
    """
    count = 0
    try:
        for dossier in await dossiers.expired(now):
            await paging.forget(dossier, dossier.conversation_id)
            count += 1
    except Exception:
        log.exception("pages of expired drafts stay until their conversations go")
    return count
