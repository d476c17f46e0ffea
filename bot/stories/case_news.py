"""What helpers' Telegram chats are told: cases that wait, and the citizen's words to whoever took one there.

A case's own lines and the conversation's are its news, written with each change; how far they were told stands
beside them and moves in the transaction that tells. So nothing is told twice, and what a crash cut off is told later.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.channels.reply import Reply
from bot.desk.parts import DeskParts
from bot.desk.transcript import Transcript, last_words
from bot.handoff import chat_sentences as words
from bot.handoff.case import Case, Status
from bot.handoff.chats import CHANNEL, Chat, Chats, chats_of, tell_in, unfocus_in
from bot.handoff.people import Helper
from bot.handoff.tables import case_lines, case_news, cases
from bot.services import Services
from bot.stories.case_summary import newest_lines
from bot.tables import conversations

log = logging.getLogger(__name__)

AT_ONCE = 50
LINES_BEFORE = 10  # of the conversation, for who takes a case
_newest = (
    sa.select(sa.func.max(case_lines.c.number)).where(case_lines.c.case_id == cases.c.id).correlate(cases)
).scalar_subquery()
_is_live = cases.c.status.in_([sa.literal_column("'open'"), sa.literal_column("'claimed'")])
_is_followed = sa.and_(cases.c.status == "claimed", case_news.c.follower_id == cases.c.helper_id)
_has_news = sa.or_(
    case_news.c.case_id.is_(None),
    _newest > case_news.c.told_number,
    sa.and_(_is_followed, conversations.c.last_seq > case_news.c.told_seq),
)
_DUE = (
    sa.select(cases.c.id)
    .select_from(
        cases.join(conversations, conversations.c.id == cases.c.conversation_id).outerjoin(
            case_news, case_news.c.case_id == cases.c.id
        )
    )
    .where(sa.or_(sa.and_(_is_live, _has_news), sa.and_(~_is_live, case_news.c.is_over == sa.false())))
    .order_by(cases.c.opened_at)
    .limit(AT_ONCE)
)
_LAST_SEQ = sa.select(conversations.c.last_seq).where(conversations.c.id == sa.bindparam("conversation"))


@dataclass(frozen=True)
class _Known:
    """A case as it is now, and how far it was told."""

    case: Case
    told: Any  # the row of case_news, or None
    kinds: tuple[str, ...]  # of the lines not told yet
    number: int
    last_seq: int
    chats: tuple[Chat, ...]  # the team's group and its people's own
    holder: Helper | None
    members: dict[str, Helper] = field(repr=False)


class CaseNews:
    def __init__(self, services: Services, desk: DeskParts, chats: Chats, desk_url: str) -> None:
        self._services, self._desk, self._chats, self._url = services, desk, chats, desk_url
        self._store = services.store

    async def tell_due(self) -> int:
        """How many cases had news."""
        if not await self._chats.are_any():
            return 0
        ids = await self._store.database.read(lambda connection: list(connection.execute(_DUE).scalars()))
        told = [await self._tried(case_id) for case_id in ids]
        await self._chats.empty_delivered()
        return sum(told)

    async def _tried(self, case_id: str) -> bool:
        try:
            return await self._tell(case_id)
        except Exception:
            log.exception("the news of case %s could not be told; tried again", case_id[:6])
            return False

    async def follow(self, case: Case, helper: Helper) -> None:
        """From now on the citizen's words come into the helper's chat, beginning with the newest so far."""

        def work(connection: sa.Connection) -> None:
            last = connection.execute(_LAST_SEQ, {"conversation": case.conversation_id}).scalar() or 0
            row = connection.execute(sa.select(case_news).where(case_news.c.case_id == case.id)).first()
            begin = {"follower_id": helper.id, "told_seq": max(last - LINES_BEFORE, 0)}
            if row is None:
                new = {"case_id": case.id, "told_number": 0, "is_over": False, **begin}
                connection.execute(sa.insert(case_news), new)
            elif row.follower_id != helper.id:
                connection.execute(sa.update(case_news).where(case_news.c.case_id == case.id).values(begin))

        await self._store.database.write(work)

    async def unfollow(self, case: Case, helper: Helper) -> None:
        ours = sa.update(case_news).where(case_news.c.case_id == case.id, case_news.c.follower_id == helper.id)

        def work(connection: sa.Connection) -> None:
            connection.execute(ours.values(follower_id=None))
            unfocus_in(connection, helper.id, case.id)

        await self._store.database.write(work)

    # ---- one case

    async def _tell(self, case_id: str) -> bool:
        known = await self._known(case_id)
        if known is None:
            return False
        letters = [*await self._of_waiting(known), *await self._of_followed(known), *self._of_others(known)]
        letters.sort(key=lambda letter: letter[0].id)
        try:
            is_told = await self._store.database.write(
                lambda connection: self._write(connection, known, letters, self._store.clock())
            )
        except IntegrityError:
            return False  # another process was quicker
        if is_told and letters:
            self._store.ring(CHANNEL)
        return is_told

    async def _known(self, case_id: str) -> _Known | None:
        case = await self._desk.cases.find(case_id)
        if case is None:
            return None
        members = {one.id: one for one in await self._desk.directory.members(case.team.id)} if case.team else {}
        holder = await self._desk.directory.helper(case.helper_id) if case.helper_id else None
        lines = await self._desk.cases.lines(case)

        def work(connection: sa.Connection) -> _Known | None:
            row = connection.execute(sa.select(case_news).where(case_news.c.case_id == case_id)).first()
            last = connection.execute(_LAST_SEQ, {"conversation": case.conversation_id}).scalar() or 0
            asked = [*members, *filter(None, (row and row.follower_id, case.helper_id))]
            chats = chats_of(connection, case.team.id if case.team else "", asked)
            number = lines[-1].number if lines else 0
            kinds = tuple(line.kind for line in lines if row is None or line.number > row.told_number)
            return _Known(case, row, kinds, number, last, tuple(chats), holder, members)

        return await self._store.database.read(work)

    async def _of_waiting(self, known: _Known) -> list[tuple[Chat, Reply]]:
        """To the team's group, and to those of the team who are on duty."""
        case = known.case
        kinds = [kind for kind in known.kinds if kind in words.NEWS]
        if case.status is not Status.open or not kinds:
            return []
        catalogue = self._services.library.snapshot.catalogue
        procedure = catalogue[case.procedure_code].name if case.procedure_code in catalogue else ""
        told = last_words(await newest_lines(self._services, case.conversation_id))
        private = words.waits(case, kinds[-1], procedure, told, self._url)
        public = words.waits(case, kinds[-1], procedure, (), self._url)
        mine = [chat for chat in known.chats if chat.helper_id and self._is_told(known, chat.helper_id)]
        groups = [chat for chat in known.chats if chat.team_id]
        return [*((chat, private) for chat in mine), *((chat, public) for chat in groups)]

    def _is_told(self, known: _Known, helper_id: str) -> bool:
        one = known.members.get(helper_id)
        return one is not None and not one.is_away

    async def _of_followed(self, known: _Known) -> list[tuple[Chat, Reply]]:
        """The citizen's words, to the one who took the case in Telegram and has it still."""
        case, told = known.case, known.told
        follows = told is not None and told.follower_id is not None and told.follower_id == case.helper_id
        chat = next((one for one in known.chats if one.helper_id and one.helper_id == case.helper_id), None)
        if not follows or case.status is not Status.claimed or chat is None:
            return []
        name = known.holder.shown_name if known.holder else ""
        transcript, letters = Transcript(is_masked=True), []
        for line in await newest_lines(self._services, case.conversation_id):
            spoken = transcript.read([line])
            if not told.told_seq < line["seq"] <= known.last_seq:
                continue
            for one in spoken:
                if one.name != name or not name:
                    is_focus = chat.focus == case.id
                    letters.append((chat, words.line(case, one.who, one.text, one.files, self._url, is_focus)))
        consents = [kind for kind in known.kinds if kind in ("consented", "refused")]
        return [*letters, *((chat, words.consent_told(case, kind, self._url)) for kind in consents)]

    def _of_others(self, known: _Known) -> list[tuple[Chat, Reply]]:
        """That somebody has it, that it is over, that it was given to a colleague or taken from one."""
        case, letters = known.case, []
        was = known.told.follower_id if known.told is not None else None
        for chat in known.chats:
            is_holder = chat.helper_id is not None and chat.helper_id == case.helper_id
            was_theirs = was is not None and chat.helper_id == was
            was_waiting = chat.team_id is not None and case.claimed_at is None
            if chat.team_id and case.status is Status.claimed and {"claimed", "handed_on"} & {*known.kinds}:
                letters.append((chat, words.somebody_has(case, known.holder.name if known.holder else "")))
            elif not case.status.is_live and (was_theirs or was_waiting):
                letters.append((chat, words.is_over(case)))
            elif was_theirs and not (is_holder and case.status is Status.claimed):
                letters.append((chat, words.left_you(case)))
            elif is_holder and case.status is Status.claimed and "handed_on" in known.kinds and was != chat.helper_id:
                letters.append((chat, words.given_to_you(case, self._url)))
        return letters

    def _write(
        self, connection: sa.Connection, known: _Known, letters: list[tuple[Chat, Reply]], now: datetime
    ) -> bool:
        case, told = known.case, known.told
        still = case.status is Status.claimed and told is not None and told.follower_id == case.helper_id
        values = {
            "told_number": known.number,
            "told_seq": known.last_seq,
            "follower_id": told.follower_id if still else None,
            "is_over": not case.status.is_live,
        }
        if told is None:
            connection.execute(sa.insert(case_news), {"case_id": case.id, **values})
        else:
            known_as = ("case_id", "told_number", "told_seq")
            same = [getattr(case_news.c, name) == getattr(told, name) for name in known_as]
            same.append(case_news.c.follower_id.is_not_distinct_from(told.follower_id))
            if connection.execute(sa.update(case_news).where(*same).values(values)).rowcount != 1:
                return False
            if told.follower_id and not still:
                unfocus_in(connection, told.follower_id, case.id)
        for chat, reply in letters:
            tell_in(connection, self._store.keys, chat.id, (reply,), now, case.id)
        return True
