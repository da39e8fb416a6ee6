"""Every table in one place, so that migrations and tests see the whole schema."""

from models import (
    api_token,
    audit,
    calendar_feed,
    clock,
    decision,
    delivery,
    draft,
    event,
    integration,
    kept_answer,
    note,
    people,
    picture,
    preference,
    reason,
    result,
    sign_in,
    submission,
    undo,
    webhook_endpoint,
)
from models.base import Base

MODULES = (
    people,
    integration,
    submission,
    result,
    decision,
    event,
    undo,
    clock,
    delivery,
    draft,
    audit,
    calendar_feed,
    picture,
    api_token,
    webhook_endpoint,
    preference,
    reason,
    note,
    sign_in,
    kept_answer,
)
metadata = Base.metadata
