"""Zalo's settings: off by default, whole in production, templates by their names."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.privacy import new_key
from bot.settings import Settings


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)


def test_it_is_off_until_an_app_is_named() -> None:
    assert not settings().is_zalo_on
    assert settings(zalo_app_id="255").blank_zalo_secret == "ZALO_APP_SECRET"


@pytest.mark.parametrize("blank", ["zalo_app_secret", "zalo_oa_secret"])
def test_production_refuses_an_account_without_its_secrets(blank: str) -> None:
    whole = {"zalo_app_id": "255", "zalo_app_secret": "a", "zalo_oa_secret": "b"}
    keys = {"env": "production", "secret_keys": new_key()}
    assert settings(**keys, **whole).is_zalo_on
    with pytest.raises(ValidationError, match=blank.upper()):
        settings(**keys, **(whole | {blank: ""}))


def test_templates_are_named_with_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZALO_TEMPLATES", " news=123, dossier_news = 456 ")
    monkeypatch.setenv("ZALO_API_BASE", "http://localhost:9/")
    assert settings().zalo_templates == {"news": "123", "dossier_news": "456"}
    assert settings().zalo_api_base == "http://localhost:9"


@pytest.mark.parametrize("text", ["new=1", "news", "news=", "=1"])
def test_a_template_that_nobody_knows_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="ZALO_TEMPLATES"):
        settings(zalo_templates=text)


def test_secrets_are_not_printed() -> None:
    shown = repr(settings(zalo_app_secret="s3cret", zalo_oa_secret="s3cret", zalo_refresh_token="s3cret"))
    assert "s3cret" not in shown
