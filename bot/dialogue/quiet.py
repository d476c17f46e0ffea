"""Silences Rasa before it is imported: no telemetry, no citizens' words in any log, no TensorFlow chatter."""

from __future__ import annotations

import io
import logging
import os
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import structlog

_SETTINGS = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "RASA_MAX_CACHE_SIZE": "0",  # our own cache knows about helper modules and word lists, Rasa's does not
    "CUDA_VISIBLE_DEVICES": "",
}
_LOGGERS = ("rasa", "matplotlib", "tensorflow", "apscheduler")


def hush() -> None:
    """Must run before `import rasa`: an embedded Rasa prints messages at DEBUG and reports home by default."""
    os.environ.update(_SETTINGS)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def silence() -> Iterator[None]:
    """Around Rasa's imports and its training: warnings about old libraries, progress bars, coloured successes."""
    os.environ["TQDM_DISABLE"] = "1"
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def without_heavy_imports() -> Iterator[None]:
    """`import underthesea` pulls in torch and transformers when it can (15 s, 450 MB) for functions not used here."""
    hidden = [name for name in ("torch", "transformers") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None in sys.modules makes an import fail at once
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, types) is None:
                del sys.modules[name]
