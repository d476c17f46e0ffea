"""Quality and speed, measured: `motcua evaluate` on question files, `motcua bench` on this machine."""

from bot.evaluation.retrieval import evaluate

__all__ = ["evaluate"]
