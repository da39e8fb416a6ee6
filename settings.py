"""What the environment tells us, typed. Read by entry points only; rules and verbs take what they need."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Variables start with LAUNCH_REVIEW_; a `.env` file in the working folder is read too."""

    model_config = SettingsConfigDict(
        env_prefix="LAUNCH_REVIEW_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    data: Path = Field(default=Path(".data"), description="folder of everything that is stored in files")
    database_url: str = Field(default="", description="SQLAlchemy address; default: SQLite in the data folder")
    secret_key: SecretStr = Field(default=SecretStr(""), description="encrypts secrets at rest, signs links")
    base_url: str = Field(default="http://127.0.0.1:8300", description="where people reach the desk")
    undo_seconds: int = Field(
        default=60, ge=0, le=600, description="how long a decision can be undone, and the partner waits for its news"
    )
    rulebook: str = Field(default="", description="version for new submissions; default: the one in force today")

    oidc_issuer: str = Field(default="", description="the team's identity provider (OpenID Connect); empty: none")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_channel: str = ""
    slack_api_url: str = "https://slack.com/api/"

    smtp_url: SecretStr = Field(default=SecretStr(""), description="smtp://user:password@host:port or smtps://…")
    mails_a_day: int = Field(
        default=6, ge=1, description="what each person of a partner gets in a day at most, urgent mails apart"
    )
    mail_from: str = "Launch Review <launch-review@localhost>"

    fetch_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host:port pairs reachable although private; for development only"
    )
    fetch_hosts: Annotated[dict[str, str], NoDecode] = Field(
        default={}, description="name=address:port pairs; for development only"
    )
    fetch_ca: Path | None = Field(
        default=None, description="PEM file of certificates to trust instead of the system's; for development only"
    )
    customers_source: SecretStr = Field(
        default=SecretStr(""), description="where customers are counted: a file, an https:// or a SQLAlchemy address"
    )
    customers_query: str = Field(default="", description="the query for a SQLAlchemy address, or @ and its file")
    customers_token: SecretStr = Field(default=SecretStr(""), description="bearer token for an https:// address")
    retention: Annotated[dict[str, str], NoDecode] = Field(
        default={}, description="name=days pairs: how long evidence, messages, audits and drafts are kept"
    )
    browser: str = Field(
        default="",
        description="shows pages that scripts fill: `system` for the system's Chromium, or its path; empty: none",
    )

    @field_validator("fetch_allow", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("retention", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        return {name.strip(): days.strip() for name, _, days in pairs}

    @field_validator("fetch_hosts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.strip() for part in value.split(",") if part.strip()]
        if wrong := [pair for pair in pairs if "=" not in pair or ":" not in pair]:
            message = f"{wrong[0]!r} is no name=address:port pair, such as docs.partner.test=127.0.0.1:8401"
            raise ValueError(message)
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def slack_acts(self) -> bool:
        """Whether people can act from Slack: we can speak to it, and it can reach us in one of two ways."""
        heard = self.slack_app_token.get_secret_value() or self.slack_signing_secret.get_secret_value()
        return bool(self.slack_bot_token.get_secret_value() and heard)

    @property
    def database_address(self) -> str:
        """The database's address: the one that is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'launch-review.sqlite').resolve()}"
