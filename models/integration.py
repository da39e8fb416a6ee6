"""Integrations and their components: one tile of the catalog, and what it is built of."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, choice, only_rows
from models.enums import ComponentKind, IntegrationStage
from models.people import Partner


class Integration(Base):
    """One tile of the catalog. Its slug never changes (the database refuses it)."""

    __tablename__ = "integrations"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("slug = lower(slug) AND length(slug) >= 1", name="slug_is_lower_case"),
        # Relisting goes back to where the integration was, so a delisted one must remember it.
        CheckConstraint("(stage = 'delisted') = (delisted_from IS NOT NULL)", name="delisted_remembers_its_stage"),
        Index(
            "ix_integrations_next_run_at",
            "next_run_at",
            **only_rows("next_run_at IS NOT NULL"),
        ),
        Index("ix_integrations_stage", "stage"),
        {"comment": "one row per tile of the catalog"},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(100), comment="never changes once created", info={"never_changes": True})
    name: Mapped[str] = mapped_column(String(200), comment="reflects the tool's name")
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True, comment="who builds it")
    stage: Mapped[IntegrationStage] = mapped_column(
        choice(IntegrationStage, "stage_is_known"), comment="where it is on its path"
    )
    stage_since: Mapped[datetime] = mapped_column(comment="when it entered this stage")
    delisted_from: Mapped[IntegrationStage | None] = mapped_column(
        choice(IntegrationStage, "delisted_from_is_known"), comment="the stage relisting returns to"
    )
    listing: Mapped[dict[str, Any] | None] = mapped_column(
        comment="what is live: the document of the approved revision, or the imported catalog facts"
    )
    catalog_id: Mapped[str | None] = mapped_column(String(64), unique=True, comment="the catalog's own id")
    verified_at: Mapped[datetime | None] = mapped_column(comment="when the tile was last seen live in the catalog")
    last_audited_at: Mapped[datetime | None] = mapped_column(comment="end of its last audit")
    next_run_at: Mapped[datetime | None] = mapped_column(
        comment="from when the launch flow has something to do here; empty when nothing is due"
    )
    run_leased_until: Mapped[datetime | None] = mapped_column(
        comment="a worker is on it until then; one that died lets go"
    )
    failed_runs: Mapped[int] = mapped_column(default=0, comment="launch runs that failed in a row; spaces the tries")
    version: Mapped[int] = mapped_column(default=1, comment="counts changes; a stale writer is refused")

    partner: Mapped[Partner] = relationship()
    components: Mapped[list["Component"]] = relationship(
        back_populates="integration", cascade="all, delete-orphan", order_by="Component.kind"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it off the class


class Component(Base):
    """What a partner built: at most one of each kind in an integration."""

    __tablename__ = "components"
    __table_args__ = (UniqueConstraint("integration_id", "kind"), {"comment": "what an integration is built of"})

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integrations.id"), comment="whose component it is")
    kind: Mapped[ComponentKind] = mapped_column(choice(ComponentKind, "kind_is_known"), comment="what was built")
    endpoint: Mapped[str | None] = mapped_column(String(2048), comment="where a subscription receives calls")
    methods: Mapped[list[str]] = mapped_column(default=list, comment="Spec calls it says it supports")

    integration: Mapped[Integration] = relationship(back_populates="components")
