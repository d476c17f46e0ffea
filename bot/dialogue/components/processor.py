"""Rasa's message processor with our actions inside it: fresh tracker a turn, no JSON copies, nothing kept."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action as RasaAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.action import Action
from bot.dialogue.components.runner import OrderedRunner
from bot.dialogue.understanding import Understanding


class TurnChannel(OutputChannel):
    """Carries one turn through Rasa: what the actions need, and what they answered."""

    def __init__(self, understanding: Understanding, surroundings: Any) -> None:
        self.understanding = understanding
        self.surroundings = surroundings
        self.answers: list[Any] = []
        self.trouble: Exception | None = None

    @classmethod
    def name(cls) -> str:
        return "gateway"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        raise NotImplementedError("what citizens read is said by the guide, not by Rasa's responses")


class ForgetfulTrackerStore(TrackerStore):
    """Every turn starts with a listening tracker and none is kept: no personal data rests here, turn 300 is turn 3."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return None

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        tracker = self.init_tracker(sender_id)
        # started and listening already, or Rasa would run a session start on every turn
        tracker.update_with_events([SessionStarted(), ActionExecuted(ACTION_LISTEN_NAME)], self.domain)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        return None


class InProcessAction(RasaAction):
    """One of ours in Rasa's shape. Stock Rasa would post the tracker as JSON and check the answer against a schema."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> str:
        return self._action.name

    async def run(self, output_channel: TurnChannel, nlg: Any, tracker: Any, domain: Any) -> list[Any]:
        try:
            answer = self._action.run(output_channel.understanding, output_channel.surroundings)
            output_channel.answers.append(await answer if inspect.isawaitable(answer) else answer)
        except Exception as error:  # Rasa would log it with the message and go on as if nothing had happened
            output_channel.trouble = error
        return []


class InProcessProcessor(MessageProcessor):
    """Runs our actions where stock Rasa runs remote ones."""

    def __init__(self, model_path: str, actions: Mapping[str, Action]) -> None:
        super().__init__(
            model_path=model_path,
            tracker_store=ForgetfulTrackerStore(None),
            lock_store=InMemoryLockStore(),
            generator=TemplatedNaturalLanguageGenerator({}),
        )
        self.tracker_store.domain = self.domain
        self._ours = {name: InProcessAction(action) for name, action in actions.items()}

    @staticmethod
    def _load_model(model_path: str) -> tuple[str, ModelMetadata, GraphRunner]:
        with tempfile.TemporaryDirectory() as folder:
            loaded = load_predict_graph_runner(Path(folder), Path(model_path), LocalModelStorage, OrderedRunner)
        return Path(model_path).name, *loaded

    def _check_for_unseen_features(self, parse_data: Mapping[str, Any]) -> None:
        """Nothing: tests hold domain and model together, and Rasa builds an empty domain a message to compare."""

    async def _run_action(self, action: RasaAction, *rest: Any, **named: Any) -> bool:
        ours = self._ours.get(action.name())
        goes_on = await super()._run_action(ours or action, *rest, **named)
        # An action of ours is the answer: that listening follows need not be predicted.
        return goes_on and ours is None
