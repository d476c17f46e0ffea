"""Settings work out of the box, are all documented, and do not let a careless production start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.privacy import new_key
from bot.settings import Settings, variable_name

EXAMPLE = Path(__file__).parent.parent / ".env.example"
VARIABLES = {variable_name(field) for field in Settings.model_fields}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def production(**changes: object) -> Settings:
    return Settings(_env_file=None, env="production", **({"secret_keys": new_key()} | changes))


def test_every_setting_is_in_the_example_with_a_line_of_explanation() -> None:
    listed, explained = set(), False
    for line in EXAMPLE.read_text("utf-8").splitlines():
        name = re.match(r"([A-Z_]+)=", line)
        if name:
            assert explained, f"{name[1]} is not explained"
            listed.add(name[1])
        else:
            explained = line.startswith("#")
    assert listed == VARIABLES


def test_the_example_as_it_stands_changes_no_default() -> None:
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)


def test_every_variable_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_DATA_DIR", "/srv/motcua")
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:abc")
    monkeypatch.setenv("MOTCUA_ALLOWED_ORIGINS", "https://a.gov.vn/, https://b.gov.vn")
    monkeypatch.setenv("MOTCUA_CATALOGUE", "")
    read = Settings(_env_file=None)
    assert (read.data_dir, read.port, read.telegram_bot_token.get_secret_value()) == (
        Path("/srv/motcua"),
        9000,
        "123:abc",
    )
    assert read.allowed_origins == ("https://a.gov.vn", "https://b.gov.vn")
    assert read.catalogue is None
    assert Settings(_env_file=None, port=1).port == 1


def test_other_programs_variables_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENV", "DATA_DIR", "QUESTIONS", "HOTLINE"):
        monkeypatch.setenv(name, "something else")
    assert Settings(_env_file=None) == Settings(_env_file=None, env="demo", data_dir="var")


@pytest.mark.parametrize(
    ("changes", "variable"),
    [
        ({"secret_keys": ""}, "MOTCUA_SECRET_KEYS"),
        ({"secret_keys": "   "}, "MOTCUA_SECRET_KEYS"),
        ({"secret_keys": "changethis"}, "MOTCUA_SECRET_KEYS"),
        ({"secret_keys": "A" * 43 + "="}, "MOTCUA_SECRET_KEYS"),
        ({"secret_keys": f"{new_key()},c2hvcnQ="}, "MOTCUA_SECRET_KEYS"),
        ({"telegram_bot_token": "123:abc"}, "TELEGRAM_WEBHOOK_SECRET"),
        ({"allowed_origins": "*"}, "MOTCUA_ALLOWED_ORIGINS"),
    ],
)
def test_production_refuses_a_careless_setting_and_names_it(changes: dict, variable: str) -> None:
    with pytest.raises(ValidationError, match=variable):
        production(**changes)


def test_production_starts_with_a_key_of_its_own() -> None:
    assert production().key_ring().current
    assert production(telegram_bot_token="123:abc", telegram_webhook_secret="s3cret").is_telegram_on
    assert production(telegram_bot_token="123:abc", telegram_mode="polling").is_telegram_on
    assert not production(telegram_bot_token="123:abc", telegram_mode="off").is_telegram_on


def test_a_secret_shows_in_no_message_and_no_printout() -> None:
    key = new_key()
    shown = repr(production(secret_keys=key, telegram_bot_token="123:abc", telegram_webhook_secret="s3cret"))
    assert key not in shown and "123:abc" not in shown and "s3cret" not in shown
    with pytest.raises(ValidationError) as refused:
        production(secret_keys="hunter2", database_url="postgresql://bot:hunter2@db/motcua")
    assert "hunter2" not in str(refused.value)


def test_a_webhook_secret_telegram_would_refuse_is_refused_at_start() -> None:
    with pytest.raises(ValidationError, match="TELEGRAM_WEBHOOK_SECRET"):
        Settings(_env_file=None, telegram_webhook_secret="with space")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d?sslmode=require", "postgresql+psycopg://u:p@h/d?sslmode=require"),
        ("postgresql+asyncpg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite+aiosqlite:////srv/a.sqlite3", "sqlite:////srv/a.sqlite3"),
    ],
)
def test_the_usual_spellings_of_a_database_address_are_understood(given: str, used: str) -> None:
    assert Settings(_env_file=None, database_url=given).sqlalchemy_url == used


def test_an_address_of_another_database_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        _ = Settings(_env_file=None, database_url="mysql://u:p@h/d").sqlalchemy_url


def test_the_key_of_a_demonstration_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    demo = Settings(_env_file=None, data_dir=tmp_path / "new")
    assert demo.key_ring().current.id == demo.key_ring().current.id
    path = tmp_path / "new" / "secret.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]
