"""What of the settings would let strangers listen, or in, is one clear line before anything starts."""

from datetime import UTC, datetime

import pytest

from desk.wiring import provider_of
from flows.wiring import SettingUnusable
from settings import Settings

OIDC = {"oidc_issuer": "https://id.example", "oidc_client_id": "launch-review", "oidc_client_secret": "shared"}


def provider(**given):
    return provider_of(Settings(_env_file=None, **given), lambda: datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize("address", ["http://desk.example", "http://192.0.2.7:8300", "desk.example", "", "http://[::1"])
def test_nobody_signs_in_over_what_others_can_read(address):
    with pytest.raises(SettingUnusable, match="LAUNCH_REVIEW_BASE_URL"):
        provider(base_url=address)


@pytest.mark.parametrize(
    "address", ["https://desk.example/review/", "http://127.0.0.1:8300", "http://localhost:8300", "http://[::1]:8300"]
)
def test_people_sign_in_over_https_and_on_this_machine(address):
    assert provider(base_url=address) is None


def test_a_provider_is_set_whole_or_not_at_all():
    assert str(provider(**OIDC)) == "id.example"
    for name in OIDC:
        with pytest.raises(SettingUnusable, match="set all three, or none"):
            provider(**OIDC | {name: ""})


def test_a_provider_answers_over_https():
    with pytest.raises(SettingUnusable, match="LAUNCH_REVIEW_OIDC_ISSUER"):
        provider(**OIDC | {"oidc_issuer": "http://id.example"})


def test_the_secret_that_is_shared_with_the_provider_is_shown_nowhere():
    assert "shared" not in repr(provider(**OIDC))
