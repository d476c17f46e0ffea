"""Learns `ranker.json`: searches for phrases that were kept out of the index and the encoder, and what to make of them.

Run by us with the whole catalogue (`python -m knowledge.train_ranker DATA_DIR`) when everyday wording or features
have changed; its outcome is part of the repository. Each round hides other phrases: of some procedures all, of others
a few, so that the ranker meets procedures with much, little and no everyday wording. Phrases of procedures that are
missing altogether and messages about nothing official teach it when to decline.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import yaml
from sklearn.linear_model import LogisticRegression

from knowledge import catalogue, everyday, index_content, noise, outside, ranker, ranking, train
from knowledge.everyday import Phrase
from knowledge.index_content import Progress
from knowledge.ranker import Layer, Logistic, Ranker
from knowledge.schema import Procedure

ROUNDS = 3
KEEP_RATES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.8)  # what of a procedure's phrases a round shows
# The last round is as life is, and only there is learned how sure to be: whole messages, typed as they were written,
# and wording for nearly everything that is asked.
LAST_KEEP_RATES = (0.5, 0.7, 0.8)
GONE_RATE = 0.04  # procedures that are missing from a round, whose phrases must then be declined
MOST_QUERIES = 4_000
REJECTED_IN_SCOPE = 0.04  # share of real questions that may be declined wrongly
WRONG_ANSWERS = 0.08  # share of the answers given at once that may be wrong
NLU_DIR = Path(__file__).parent.parent / "nlu_data" / "nlu"
# Intents whose messages name no procedure; the gateway's own ways answer them.
OUTSIDE = (
    "ask_about_bot", "chitchat", "emergency", "gibberish", "greet", "inject_prompt", "insult", "out_of_scope",
    "report_scam_or_otp", "say_goodbye", "send_petition", "speak_foreign_language", "talk_to_human", "thank",
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One search: its candidates' features, and which of them is meant (-1: not among them; None: no procedure is)."""

    features: np.ndarray
    meant: int | None
    round: int


def learn(
    procedures: Mapping[str, Procedure], phrases: Sequence[Phrase], strange: Sequence[str], progress: Progress
) -> Ranker:
    """The same input gives the same numbers on the same machine."""
    examples = []
    for number in range(ROUNDS):
        examples += search_hidden(procedures, phrases, strange, number)
        progress(f"round {number + 1} of {ROUNDS}: {len(examples)} searches")
    return fit(examples, progress)


def search_hidden(
    procedures: Mapping[str, Procedure], phrases: Sequence[Phrase], strange: Sequence[str], number: int
) -> list[Example]:
    """One round: hide, train and index with the rest, search for what was hidden."""
    rng = random.Random(number)
    is_last = number == ROUNDS - 1
    kept, hidden, gone = _hide(phrases, rng, LAST_KEEP_RATES if is_last else KEEP_RATES)
    if is_last:
        hidden = [phrase for phrase in hidden if phrase.kind != "name"]
    left = {code: procedure for code, procedure in procedures.items() if code not in gone}
    topics = {topic: tuple(text for text in texts if rng.random() < 0.6) for topic, texts in outside.topics().items()}
    texts = [*train.materials(left, kept), *train.outside_materials(topics)]
    encoder = train.train_in_memory(texts, train.Recipe(seed=number))
    shown = [text for texts in topics.values() for text in texts]
    index = index_content.build(left, kept, encoder, outside_texts=shown)
    rows = {code: row for row, code in enumerate(index.codes)}
    rng.shuffle(hidden)
    queries = [(phrase.text, rows.get(phrase.code)) for phrase in hidden[:MOST_QUERIES]]
    queries += [(text, None) for text in sorted({*strange, *outside.messages()} - set(shown))]
    found = []
    for text, row in queries:
        result = ranking.candidates(index, encoder, text if is_last or rng.random() < 0.5 else noise.typed(text, rng))
        if len(result.rows):
            place = None if row is None else int(next(iter(np.flatnonzero(result.rows == row)), -1))
            found.append(Example(result.features, place, number))
    return found


def _hide(
    phrases: Sequence[Phrase], rng: random.Random, keep_rates: Sequence[float]
) -> tuple[list[Phrase], list[Phrase], set[str]]:
    codes = sorted({phrase.code for phrase in phrases})
    gone = {code for code in codes if rng.random() < GONE_RATE}
    rates = {code: rng.choice(keep_rates) for code in codes}
    kept, hidden = [], []
    for phrase in phrases:
        is_kept = phrase.code not in gone and rng.random() < rates[phrase.code]
        (kept if is_kept else hidden).append(phrase)
    return kept, hidden, gone


def fit(examples: Sequence[Example], progress: Progress, hidden: tuple[int, ...] = ()) -> Ranker:
    """Ranks on all rounds but the last; what is said about sureness comes from the last alone, then all are used."""
    last = max(example.round for example in examples)
    early = [example for example in examples if example.round != last] or list(examples)
    late = [example for example in examples if example.round == last]
    trial = _fit_ranking(early, hidden)
    trial = replace(trial, temperature=_temperature(trial, late))
    trial = replace(trial, scope=_fit_scope(trial, late))
    trial = replace(trial, sureness=_fit_sureness(trial, late))
    trial = replace(trial, thresholds=_thresholds(trial, late))
    _report(trial, late, progress)
    final = _fit_ranking(examples, hidden)
    return replace(trial, mean=final.mean, scale=final.scale, layers=final.layers)


def _fit_ranking(examples: Sequence[Example], hidden: tuple[int, ...], epochs: int = 25) -> Ranker:
    """Softmax over the candidates of each search."""
    torch.manual_seed(0)
    usable = [
        example
        for example in examples
        if example.meant is not None and example.meant >= 0 and len(example.features) > 1
    ]
    stacked = np.concatenate([example.features for example in usable])
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-3
    values, mask, meant = _padded(usable, mean, scale)
    sizes = (values.shape[2], *hidden, 1)
    parts: list[torch.nn.Module] = []
    for one, other in zip(sizes, sizes[1:], strict=False):
        parts += [torch.nn.Linear(one, other), torch.nn.ReLU(), torch.nn.Dropout(0.1)]
    net = torch.nn.Sequential(*parts[:-2])
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-2)
    for epoch in range(epochs):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - epoch / epochs)
        for chosen in torch.randperm(len(usable)).split(128):
            logits = net(values[chosen])[..., 0] + mask[chosen]
            loss = torch.nn.functional.cross_entropy(logits, meant[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return Ranker(
        mean=mean, scale=scale, temperature=1.0, thresholds={}, layers=_layers(net),
        scope=Logistic(np.zeros(len(ranker.SCOPE_NUMBERS)), 0.0), sureness=Logistic(np.zeros(3), 0.0),
    )  # fmt: skip


def _layers(net: torch.nn.Sequential) -> tuple[Layer, ...]:
    linear = [part for part in net if isinstance(part, torch.nn.Linear)]
    return tuple(Layer(part.weight.detach().numpy().T.copy(), part.bias.detach().numpy().copy()) for part in linear)


def _padded(
    examples: Sequence[Example], mean: np.ndarray, scale: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    most = max(len(example.features) for example in examples)
    values = np.zeros((len(examples), most, len(mean)), dtype=np.float32)
    mask = np.full((len(examples), most), -1e9, dtype=np.float32)
    for place, example in enumerate(examples):
        values[place, : len(example.features)] = (example.features - mean) / scale
        mask[place, : len(example.features)] = 0
    return torch.from_numpy(values), torch.from_numpy(mask), torch.tensor([example.meant for example in examples])


def _temperature(trial: Ranker, late: Sequence[Example]) -> float:
    """The one under which the shares of unseen searches are worth most (log-likelihood)."""
    searches = [
        (trial.logits(example.features), example.meant)
        for example in late
        if example.meant is not None and example.meant >= 0
    ]

    def loss(temperature: float) -> float:
        warmed = replace(trial, temperature=temperature)
        return -float(np.mean([np.log(max(warmed.shares(logits)[meant], 1e-9)) for logits, meant in searches]))

    return min(np.arange(0.5, 3.01, 0.05).tolist(), key=loss)


def _fit_scope(trial: Ranker, late: Sequence[Example]) -> Logistic:
    numbers = np.array([ranker.scope_numbers(example.features, trial.logits(example.features)) for example in late])
    return _logistic(numbers, np.array([example.meant is not None for example in late]))


def _fit_sureness(trial: Ranker, late: Sequence[Example]) -> Logistic:
    rows, right = [], []
    for example in late:
        logits = trial.logits(example.features)
        shares = trial.shares(logits)
        order = np.argsort(-shares)
        rows.append(ranker.sureness_numbers(trial.in_scope(example.features, logits), shares[order]))
        right.append(example.meant is not None and order[0] == example.meant)
    return _logistic(np.array(rows), np.array(right), balanced=False)


def _logistic(numbers: np.ndarray, target: np.ndarray, balanced: bool = True) -> Logistic:
    mean, scale = numbers.mean(axis=0), numbers.std(axis=0) + 1e-6
    model = LogisticRegression(C=1.0, class_weight="balanced" if balanced else None, max_iter=1_000)
    model.fit((numbers - mean) / scale, target)
    weight = model.coef_[0] / scale
    return Logistic(weight, float(model.intercept_[0] - weight @ mean))


@dataclass(frozen=True)
class _Judged:
    in_scope: np.ndarray
    confidence: np.ndarray
    is_meant: np.ndarray
    is_right: np.ndarray


def _judge(trial: Ranker, late: Sequence[Example]) -> _Judged:
    rows = []
    for example in late:
        logits = trial.logits(example.features)
        shares = np.sort(trial.shares(logits))[::-1]
        in_scope = trial.in_scope(example.features, logits)
        is_right = example.meant is not None and int(np.argmax(logits)) == example.meant
        rows.append((in_scope, trial.confidence(in_scope, shares), example.meant is not None, is_right))
    return _Judged(*(np.array(column) for column in zip(*rows, strict=True)))


def _thresholds(trial: Ranker, late: Sequence[Example]) -> dict[str, float]:
    judged = _judge(trial, late)
    in_scope = float(np.quantile(judged.in_scope[judged.is_meant], REJECTED_IN_SCOPE))
    asked = judged.in_scope >= in_scope
    steps = [step for step in np.arange(0.2, 0.95, 0.01) if (asked & (judged.confidence >= step)).any()]
    wrong = {step: float(1 - judged.is_right[asked & (judged.confidence >= step)].mean()) for step in steps}
    match = next((step for step in steps if wrong[step] <= WRONG_ANSWERS), 0.6)
    return {"in_scope": round(in_scope, 4), "match": round(float(match), 4), "close": 0.1}


def _report(trial: Ranker, late: Sequence[Example], progress: Progress) -> None:
    judged, limits = _judge(trial, late), trial.thresholds
    asked = judged.in_scope >= limits["in_scope"]
    answered = asked & (judged.confidence >= limits["match"])
    first = judged.is_right[judged.is_meant].mean()
    declined, kept_out = 1 - asked[judged.is_meant].mean(), 1 - asked[~judged.is_meant].mean()
    wrong = 1 - judged.is_right[answered].mean()
    progress(f"unseen phrases: first is right {first:.3f}, temperature {trial.temperature:.2f}")
    progress(f"declined: {declined:.3f} of questions, {kept_out:.3f} of the rest")
    progress(f"answered at once: {answered[judged.is_meant].mean():.3f}, of these wrong {wrong:.3f}")


def outside_messages(folder: Path = NLU_DIR) -> list[str]:
    """Training messages of the intents that name no procedure."""
    found = []
    for intent in OUTSIDE:
        path = folder / f"{intent}.yml"
        data = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
        for block in data.get("nlu", []):
            lines = str(block.get("examples", "")).splitlines()
            found += [line.lstrip("- ").strip() for line in lines if line.strip()]
    return sorted(set(found))


def main(data_dir: Path) -> None:
    procedures = catalogue.load(data_dir)
    phrases = everyday.phrases(procedures, everyday.load(data_dir))
    learned = learn(procedures, phrases, outside_messages(), lambda line: print(line, flush=True))
    target = Path(__file__).with_name(ranker.PACKAGED)
    target.write_text(json.dumps(ranker.to_json(learned), ensure_ascii=False, indent=None) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
