"""The same actions for a stock action server: each says one fixed sentence, so that only the road is compared."""

from __future__ import annotations

from rasa_sdk import Action

from bot.evaluation.rasa_bench import ACTION_NAMES, SENTENCE


def _action(action_name: str) -> type[Action]:
    class Fixed(Action):
        def name(self) -> str:
            return action_name

        def run(self, dispatcher, tracker, domain) -> list:
            dispatcher.utter_message(text=SENTENCE)
            return []

    Fixed.__name__ = action_name
    return Fixed


# rasa-sdk finds actions by walking the subclasses of Action when it imports this module
ACTIONS = [_action(name) for name in ACTION_NAMES]
