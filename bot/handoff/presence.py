"""An open page says that its helper is there, and learns in the same statement whether its session still counts."""

from __future__ import annotations

import sqlalchemy as sa

from bot.handoff.tables import desk_accounts, helpers
from bot.store import Store
from bot.tables import Moment

_COUNTS = sa.exists().where(
    desk_accounts.c.helper_id == helpers.c.id, desk_accounts.c.generation == sa.bindparam("generation")
)
_SEEN = (
    sa.update(helpers)
    .where(helpers.c.id == sa.bindparam("helper"), helpers.c.is_active, _COUNTS)
    .values(seen_at=sa.bindparam("now", type_=Moment))
)


async def is_still_here(store: Store, helper_id: str, generation: int) -> bool:
    """False, and nothing noted, once the session was ended elsewhere or its helper left the list."""
    named = {"helper": helper_id, "generation": generation, "now": store.clock()}
    return await store.database.write(lambda connection: connection.execute(_SEEN, named).rowcount) == 1
