"""Rasa inside our process: understands a message, lets its rules choose one action, runs that action."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.dialogue.action import Action
from bot.dialogue.quiet import hush
from bot.dialogue.understanding import Understanding
from bot.dialogue.views import prepare
from knowledge.schema import Facet

if TYPE_CHECKING:
    from bot.dialogue.components.processor import InProcessProcessor

EMPTY_INTENT = "gibberish"
_WARM_UP = ("xin chào", "làm căn cước cần giấy tờ gì", "so do bi mat lam lai o dau")


class ModelMissing(RuntimeError):
    """What must be trained before serving is not there."""


def newest_model(data_dir: Path) -> Path:
    """The dialogue model trained last; raises ModelMissing."""
    found = (data_dir / "models" / "rasa").glob("*.tar.gz")
    newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise ModelMissing("no dialogue model is trained yet: run `motcua prepare`")
    return newest


class MissingAction(RuntimeError):
    """The domain names an action that no class stands for."""


class RasaDialogue:
    """One loaded model. Safe for concurrent turns on one event loop: a turn keeps its state to itself."""

    def __init__(self, processor: InProcessProcessor) -> None:
        self._processor = processor

    @classmethod
    async def load(cls, model_path: Path, actions: Sequence[Action]) -> RasaDialogue:
        """Loads and warms everything up, off the event loop. Raises MissingAction."""
        dialogue = cls(await asyncio.to_thread(_load, model_path, {action.name: action for action in actions}))
        for text in _WARM_UP:
            await dialogue.parse(text)
        return dialogue

    async def parse(self, text: str) -> Understanding:
        """What the message means; nothing is run."""
        understanding, _ = await self._parse(text)
        return understanding

    async def respond(self, text: str, sender: str, surroundings: Any) -> Any:
        """The answer of the one action that the rules chose. What the action raises comes out here."""
        from rasa.core.channels.channel import UserMessage

        from bot.dialogue.components.processor import TurnChannel

        understanding, parsed = await self._parse(text)
        channel = TurnChannel(understanding, surroundings)
        await self._processor.handle_message(UserMessage(understanding.text, channel, sender, parse_data=parsed))
        if channel.trouble is not None:
            raise channel.trouble
        if not channel.answers:
            raise MissingAction(f"no action answered intent {understanding.intent}")
        return channel.answers[0]

    async def _parse(self, text: str) -> tuple[Understanding, Mapping[str, Any]]:
        from rasa.core.channels.channel import UserMessage

        prepared = prepare(text)
        if not prepared:
            return _nothing(), {"text": "", "intent": {"name": EMPTY_INTENT, "confidence": 1.0}, "entities": []}
        parsed = await self._processor.parse_message(UserMessage(prepared))
        return _understanding(prepared, parsed), parsed


def _load(model_path: Path, actions: Mapping[str, Action]) -> InProcessProcessor:
    hush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa's libraries are old and say so
        from bot.dialogue.components.processor import InProcessProcessor

        processor = InProcessProcessor(str(model_path), actions)
    missing = sorted(set(processor.domain.user_actions) - set(actions))
    if missing:
        raise MissingAction(f"no class for {', '.join(missing)}")
    return processor


def _understanding(text: str, parsed: Mapping[str, Any]) -> Understanding:
    entities: dict[str, tuple[str, ...]] = {}
    for found in parsed["entities"]:
        entities[found["entity"]] = (*entities.get(found["entity"], ()), found["value"])
    return Understanding(
        text=text,
        intent=parsed["intent"]["name"] or EMPTY_INTENT,
        confidence=parsed["intent"]["confidence"],
        facets=tuple(Facet(facet) for facet in parsed.get("facets", ())),
        entities=entities,
    )


def _nothing() -> Understanding:
    return Understanding(text="", intent=EMPTY_INTENT, confidence=1.0)
