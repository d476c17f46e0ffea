"""Words of a Vietnamese message, by underthesea, with their places in the text."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.dialogue.quiet import without_heavy_imports

LONGEST_SEGMENTED = 400  # characters; a longer story is cut at spaces, its words carry it


@lru_cache(maxsize=1)
def _segmenter():
    with without_heavy_imports():
        from underthesea import word_tokenize
    word_tokenize("đăng ký khai sinh")  # its first concurrent calls fail: the model is assigned before it is loaded
    return word_tokenize


def locate(text: str, words: list[str]) -> list[tuple[str, int, int]]:
    """Each word with its start and end in `text`; a word that is not there as such is split at spaces, or dropped."""
    found, at = [], 0
    for word in words:
        start = text.find(word, at)
        parts = [word] if start >= 0 else word.split()
        for part in parts:
            start = text.find(part, at)
            if start >= 0:
                at = start + len(part)
                found.append((text[start:at], start, at))
    return found


def words_of(text: str) -> list[tuple[str, int, int]]:
    """Words with places; always at least one, because Rasa wants a token even for an empty message."""
    words = _segmenter()(text) if 0 < len(text) <= LONGEST_SEGMENTED else text.split()
    return locate(text, words) or [(text or " ", 0, max(len(text), 1))]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class VietnameseTokenizer(Tokenizer):
    """The text is NFC already (`views.prepare`), so places in it are the citizen's own."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["underthesea"]

    @staticmethod
    def supported_languages() -> list[str]:
        return ["vi"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        return self._apply_token_pattern(
            [Token(word, start, end) for word, start, end in words_of(message.get(attribute))]
        )
