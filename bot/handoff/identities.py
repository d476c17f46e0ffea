"""Which account of the province's sign-in belongs to which helper: bound once, by a telephone that was verified."""

from __future__ import annotations

import sqlalchemy as sa

from bot.handoff.places import PHONE
from bot.handoff.tables import desk_identities, helpers
from bot.handoff.team_list import read_phone
from bot.store import Store


class Identities:
    """Only the imported list gives rights; a binding finds somebody in it again."""

    def __init__(self, store: Store) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock

    async def helper_id(self, issuer: str, subject: str) -> str | None:
        """Also of one who is no longer in the list."""
        return await self._database.read(lambda connection: _bound(connection, issuer, subject))

    async def bind(self, issuer: str, subject: str, phone: str) -> str | None:
        """The helper of this telephone; None when nobody in the list has it, or another account was bound to them."""
        number = read_phone(phone)
        if number is None:
            return None
        ours = sa.select(helpers.c.id).where(helpers.c.phone_hash.in_(self._keys.hashes(PHONE, number)))
        new = {"issuer": issuer, "subject": subject, "bound_at": self._clock()}

        def work(connection: sa.Connection) -> str | None:
            helper_id = connection.execute(ours.where(helpers.c.is_active)).scalar()
            taken = sa.select(desk_identities.c.subject).where(desk_identities.c.helper_id == helper_id)
            if helper_id is None or connection.execute(taken).first():
                return None
            connection.execute(sa.insert(desk_identities), {**new, "helper_id": helper_id})
            return helper_id

        try:
            return await self._database.write(work)
        except sa.exc.IntegrityError:  # the same sign-in in two windows: the other one has bound it
            return await self.helper_id(issuer, subject)


def _bound(connection: sa.Connection, issuer: str, subject: str) -> str | None:
    table = desk_identities.c
    found = sa.select(table.helper_id).where(table.issuer == issuer, table.subject == subject)
    return connection.execute(found).scalar()


def let_go(connection: sa.Connection, helper_id: str) -> None:
    """The telephone may have another owner now: who comes next must prove again that it is theirs."""
    connection.execute(sa.delete(desk_identities).where(desk_identities.c.helper_id == helper_id))
