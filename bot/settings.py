"""Every environment variable, typed, with a working default; production refuses blank or default secrets."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasGenerator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from bot.channels.zalo_settings import ZALO_NAMES, ZaloSettings
from bot.payment.account_settings import PaymentSettings, for_trials, half_filled, whole
from bot.privacy import KeyRing, load_or_create_key

# Variables that belong to us alone carry a prefix; the others have names that hosts and other tools know.
SHARED_NAMES = {
    "database_url",
    "port",
    "host",
    "public_url",
    "encoder_model",
    "encoder_query_prefix",
    "encoder_passage_prefix",
    "telegram_bot_token",
    "telegram_webhook_secret",
    "telegram_api_base",
    "telegram_mode",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
    *ZALO_NAMES,
}


def variable_name(field: str) -> str:
    """The environment variable of a field."""
    return field.upper() if field in SHARED_NAMES else f"MOTCUA_{field.upper()}"


class Environment(StrEnum):
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class TelegramMode(StrEnum):
    WEBHOOK = "webhook"
    POLLING = "polling"
    OFF = "off"


class OneStopProtocol(StrEnum):
    EXCHANGE = "exchange"  # the provincial systems: DongBoHoSoMC and its sisters
    DVC_SYNC = "dvc_sync"  # the ministries' interface of 2026


class Settings(PaymentSettings, ZaloSettings):
    """Read once at start and handed to `create_app`; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=variable_name),
        validate_by_name=True,  # in code and tests: Settings(data_dir=…)
        env_prefix="MOTCUA_",  # or else a stranger's ENV or QUESTIONS would be read by field name
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",  # the environment and .env hold other people's variables too
        frozen=True,
        hide_input_in_errors=True,
    )

    env: Environment = Environment.DEMO
    data_dir: Path = Path("var")
    database_url: str = Field(default="", repr=False)  # blank: SQLite under data_dir
    host: str = "0.0.0.0"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""  # blank: the address is unknown, so no webhook is registered
    secret_keys: SecretStr = SecretStr("")  # base64, comma separated; the first encrypts, all decrypt
    hotline: str = "1800 1096"  # the National Public Service Portal's; a province puts its own here

    catalogue: Path | None = None
    questions: Path | None = None
    encoder_model: str = ""  # blank: the encoder the project trains itself
    encoder_query_prefix: str = ""
    encoder_passage_prefix: str = ""

    telegram_bot_token: SecretStr = SecretStr("")  # blank: the channel is off
    telegram_webhook_secret: SecretStr = SecretStr("")  # blank: the webhook is off, anyone could forge it
    telegram_api_base: str = "https://api.telegram.org"
    telegram_mode: TelegramMode = TelegramMode.WEBHOOK

    oidc_issuer: str = ""  # blank: helpers sign in with passwords only; kept as written, tokens name it exactly so
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")

    one_stop_base: str = ""  # blank: nothing is handed over, except in demo to our own sandbox
    one_stop_protocol: OneStopProtocol = OneStopProtocol.EXCHANGE
    one_stop_user: str = ""
    one_stop_password: SecretStr = SecretStr("")
    one_stop_unit: str = ""  # the agency's code, the first part of its dossier codes
    one_stop_auth_path: str = "auth"
    one_stop_integration_path: str = "integration"
    one_stop_notice_secret: SecretStr = SecretStr("")  # blank: progress is not received, only asked for
    one_stop_poll_minutes: int = Field(default=15, ge=1)
    one_stop_pay_first: bool = False  # True: the agency takes a dossier with a fee only once it is paid
    quiet_hours: str = Field(default="21:00-07:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")

    retention_days: int = Field(default=180, ge=1)
    desk_audit_months: int = Field(default=24, ge=1, le=1200)
    draft_days: int = Field(default=30, ge=1)
    payment_notice_days: int = Field(default=730, ge=90)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    rate_limit_per_minute: int = Field(default=60, ge=1)
    max_upload_bytes: int = Field(default=10 * 1024 * 1024, ge=1)
    max_upload_files: int = Field(default=30, ge=1)
    max_photo_megapixels: int = Field(default=64, ge=1)
    max_paper_pages: int = Field(default=50, ge=1)
    max_paper_bytes: int = Field(default=6_000_000, ge=100_000)
    clamav: str = Field(default="", pattern=r"^(|/.+|.+:\d{1,5})$")  # blank: files are not scanned

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())

    @field_validator("telegram_api_base", "public_url", "one_stop_base")
    @classmethod
    def _drop_last_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _refuse_what_telegram_refuses(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", value.get_secret_value()):
            raise ValueError("TELEGRAM_WEBHOOK_SECRET: Telegram allows 1 to 256 letters, digits, _ and -")
        return value

    @model_validator(mode="after")
    def _refuse_weak_production(self) -> Self:
        if self.env is Environment.PRODUCTION:
            self._refuse_blank_secrets()
        if self.secret_keys.get_secret_value().strip():
            self.key_ring()
        return self

    def _refuse_blank_secrets(self) -> None:
        if not self.secret_keys.get_secret_value().strip():
            raise ValueError("MOTCUA_SECRET_KEYS is blank: production needs a key of its own (see .env.example)")
        if self._has_telegram_webhook and not self.telegram_webhook_secret.get_secret_value():
            raise ValueError("TELEGRAM_WEBHOOK_SECRET is blank: without it anyone could forge a citizen's message")
        if self.blank_zalo_secret:
            raise ValueError(f"{self.blank_zalo_secret} is blank: Zalo's calls and ours could not be proved genuine")
        if self.one_stop_base and not self.one_stop_password.get_secret_value():
            raise ValueError("MOTCUA_ONE_STOP_PASSWORD is blank: the one-stop system would refuse every dossier")
        if self.blank_oidc:
            raise ValueError(f"{self.blank_oidc} is blank: the province's sign-in is set whole or not at all")
        if self.is_oidc_on and not (self.oidc_issuer.startswith("https://") and self.public_url):
            raise ValueError("OIDC_ISSUER must begin with https://, and PUBLIC_URL say where helpers come back to")
        if "*" in self.allowed_origins:
            raise ValueError("MOTCUA_ALLOWED_ORIGINS is '*': production names the portals that may embed the widget")
        self._refuse_careless_money()

    def _refuse_careless_money(self) -> None:
        for names in half_filled(self).values():
            raise ValueError(f"{variable_name(names[0])} is blank: a merchant account is set whole or not at all")
        for name in for_trials(self):
            raise ValueError(f"{variable_name(name)} is a platform for trials: no money would move")
        if whole(self) and not self.public_url.startswith("https://"):
            raise ValueError("PUBLIC_URL must begin with https://: payment providers tell us there what was paid")

    @property
    def _has_telegram_webhook(self) -> bool:
        return bool(self.telegram_bot_token.get_secret_value()) and self.telegram_mode is TelegramMode.WEBHOOK

    @property
    def is_telegram_on(self) -> bool:
        return bool(self.telegram_bot_token.get_secret_value()) and self.telegram_mode is not TelegramMode.OFF

    @property
    def blank_oidc(self) -> str | None:
        """The variable that is missing where another of the three is set."""
        three = {"OIDC_ISSUER": self.oidc_issuer, "OIDC_CLIENT_ID": self.oidc_client_id}
        three["OIDC_CLIENT_SECRET"] = self.oidc_client_secret.get_secret_value()
        return next((name for name, value in three.items() if not value), None) if any(three.values()) else None

    @property
    def is_oidc_on(self) -> bool:
        return bool(self.oidc_issuer) and self.blank_oidc is None

    @property
    def attachments_dir(self) -> Path:
        return self.data_dir / "attachments"

    @property
    def sqlalchemy_url(self) -> str:
        """The address in SQLAlchemy's terms, whichever of the usual spellings was given."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'motcua.sqlite3').resolve()}"
        scheme, separator, rest = self.database_url.partition("://")
        family = scheme.partition("+")[0]
        if not separator or family not in {"sqlite", "postgres", "postgresql"}:
            raise ValueError("DATABASE_URL must start with sqlite:// or postgresql://")
        return f"{'sqlite' if family == 'sqlite' else 'postgresql+psycopg'}://{rest}"

    def key_ring(self) -> KeyRing:
        """The keys in force; outside production a missing key is made once and kept beside the data."""
        given = self.secret_keys.get_secret_value().strip()
        if given:
            return KeyRing.parse(given)
        return KeyRing.parse(load_or_create_key(self.data_dir / "secret.key"))
