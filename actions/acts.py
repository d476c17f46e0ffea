"""What a citizen wants done, chooses, or tells."""

from __future__ import annotations

from typing import Any

from actions.door import Door
from bot.dialogue.understanding import Understanding


class ChooseOption(Door):
    name = "action_choose"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.choose_option(understanding, surroundings)


class GivePlace(Door):
    name = "action_give_place"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.give_place(understanding, surroundings)


class StartSubmission(Door):
    name = "action_start_submission"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.start_submission(understanding, surroundings)


class TellStatus(Door):
    name = "action_status"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.status(understanding, surroundings)


class Pay(Door):
    """Tells how to pay; that something is paid only a verified notice can say."""

    name = "action_pay"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.pay(understanding, surroundings)


class Handoff(Door):
    name = "action_handoff"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.handoff(surroundings)


class SendPetition(Door):
    name = "action_petition"

    def run(self, understanding: Understanding, surroundings: Any) -> Any:
        return self.guide.petition(surroundings)
