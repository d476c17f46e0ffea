"""What an operator sets for Zalo: blank is off; in a demonstration a blank account is played by the sandbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.channels import zalo_phone_templates, zalo_templates

API_BASE = "https://openapi.zalo.me"
OAUTH_BASE = "https://oauth.zaloapp.com"
BUSINESS_BASE = "https://business.openapi.zalo.me"


class ZaloSettings(BaseSettings):
    """Settings takes these over; their variables begin with ZALO_."""

    zalo_app_id: str = ""  # blank: the channel is off
    zalo_app_secret: SecretStr = SecretStr("")
    zalo_oa_secret: SecretStr = SecretStr("")  # blank: the webhook is off, anyone could forge it
    zalo_refresh_token: SecretStr = SecretStr("")  # begins with it, once; afterwards the database knows better ones
    zalo_templates: Annotated[dict[str, str], NoDecode] = {}
    zalo_phone_templates: Annotated[dict[str, str], NoDecode] = {}  # blank: no message goes to a telephone number
    zalo_api_base: str = API_BASE
    zalo_oauth_base: str = OAUTH_BASE
    zalo_business_base: str = BUSINESS_BASE

    @field_validator("zalo_templates", "zalo_phone_templates", mode="before")
    @classmethod
    def _read_templates(cls, value: object, info: ValidationInfo) -> object:
        """ "news=123,dossier_news=456"."""
        if not isinstance(value, str):
            return value
        known = zalo_templates.load() if info.field_name == "zalo_templates" else zalo_phone_templates.load()
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        read = {name.strip(): template_id.strip() for name, _, template_id in pairs}
        for name, template_id in read.items():
            if name not in known or not template_id:
                variable = (info.field_name or "").upper()
                raise ValueError(f"{variable}: {name!r} is no template of {info.field_name}.yml, or has no id")
        return read

    @field_validator("zalo_api_base", "zalo_oauth_base", "zalo_business_base")
    @classmethod
    def _drop_last_slash_of_zalo(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def is_zalo_on(self) -> bool:
        return bool(self.zalo_app_id)

    @property
    def missing_phone_templates(self) -> list[str]:
        """Those without which none is sent; empty also where none is wanted."""
        missing = [name for name in zalo_phone_templates.load() if name not in self.zalo_phone_templates]
        return missing if self.zalo_phone_templates else []

    @property
    def blank_zalo_secret(self) -> str | None:
        """The variable that is missing where an account is named."""
        secrets = {"ZALO_APP_SECRET": self.zalo_app_secret, "ZALO_OA_SECRET": self.zalo_oa_secret}
        blank = (name for name, secret in secrets.items() if not secret.get_secret_value())
        return next(blank, None) if self.is_zalo_on else None


ZALO_NAMES = frozenset(ZaloSettings.model_fields)
