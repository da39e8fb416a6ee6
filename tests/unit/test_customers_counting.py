"""Which customers count: distinct, unaffiliated, in production, inside the window. Facts in, names and hashes out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checklist.customers import Counted, Excluded, Usage, count, hashed, one_spelling
from checklist.customers.counting import company_of

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def used(customer, ago=DAY, **more):
    return Usage(integration="acme", customer=customer, last_success_at=AT - ago, **more)


def test_a_customer_counts_once_unaffiliated_in_production_and_recently():
    rows = [
        used("a"),
        used("a"),
        used("b", affiliated=True),
        used("b"),
        used("c", environment="staging"),
        used("d", 30 * DAY),
        used("e", 31 * DAY),
        used("f", -DAY),
        used("g", 90 * DAY),
        used("g"),
        Usage(integration="acme", customer="h", last_success_at=None),
    ]
    assert count(rows, at=AT, window_days=30) == Counted(("a", "d", "g"), ("b",), ("c",), ("e", "f", "h"))


@pytest.mark.parametrize(
    ("ago", "counts"),
    [
        (30 * DAY, True),
        (30 * DAY + SECOND, False),
        (timedelta(0), True),
        (-timedelta(minutes=5), True),
        (-timedelta(minutes=5) - SECOND, False),
    ],
)
def test_both_ends_of_the_window_belong_to_it_and_clocks_may_differ_by_five_minutes(ago, counts):
    assert bool(count([used("a", ago)], at=AT, window_days=30).active) is counts


@pytest.mark.parametrize(
    "spelling",
    [
        "Café Nord",
        "CAFÉ NORD",
        "  café   nord ",
        "Cafe\u0301 Nord",
        "Café\u00a0Nord",
        "Ca\u200bfé Nord",
        "Cafe\u200b\u0301 Nord",
        "\uff23afé Nord",
    ],
)
def test_two_spellings_are_one_customer(spelling):
    assert count([used("Café Nord"), used(spelling)], at=AT, window_days=30).active == ("Café Nord",)
    assert hashed([spelling], salt=b"s", integration="acme") == hashed(["Café Nord"], salt=b"s", integration="acme")


def test_different_names_are_different_customers():
    assert len(count([used("Cafe Nord"), used("Café Nord"), used("Café Nörd")], at=AT, window_days=30).active) == 3


@given(st.text(max_size=30))
def test_one_spelling_of_a_spelling_is_itself(name):
    assert one_spelling(one_spelling(name)) == one_spelling(name)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "A", "b", "c"]),
            st.sampled_from([DAY, 40 * DAY, -DAY]),
            st.booleans(),
            st.sampled_from(["production", "test"]),
        )
    )
)
def test_every_customer_is_in_exactly_one_group_whatever_the_order_of_the_rows(drawn):
    rows = [used(name, ago, affiliated=affiliated, environment=where) for name, ago, affiliated, where in drawn]
    counted = count(rows, at=AT, window_days=30)
    groups = (counted.active, counted.affiliated, counted.not_production, counted.not_recent)
    everybody = [one_spelling(name) for group in groups for name in group]
    assert sorted(everybody) == sorted({one_spelling(row.customer) for row in rows})
    backwards = count(rows[::-1], at=AT, window_days=30)
    assert [len(group) for group in groups] == [
        len(group) for group in (backwards.active, backwards.affiliated, backwards.not_production, backwards.not_recent)
    ]


@pytest.mark.parametrize(
    ("place", "company"),
    [
        ("acme.example", "acme.example"),
        ("https://www.acme.co.uk/about?x=1", "acme.co.uk"),
        ("jo@mail.Acme.example", "acme.example"),
        ("acme.github.io", "acme.github.io"),
        ("co.uk", None),
        ("bücher.example", "xn--bcher-kva.example"),
        ("Acme", None),
        ("Acme Inc. of York", None),
        ("n/a", None),
        ("192.0.2.7", None),
        ("http://[broken", None),
        ("..", None),
    ],
)
def test_the_company_of_a_host_an_address_or_a_mailbox(place, company):
    assert company_of(place) == company


def test_a_customer_whose_id_is_a_domain_is_known_by_it():
    excluded = Excluded.of(["https://acme.example"], [])
    counted = count([used("www.acme.example"), used("node.js")], at=AT, window_days=30, excluded=excluded)
    assert (counted.active, counted.affiliated) == (("node.js",), ("www.acme.example",))


def test_a_domain_on_the_list_stands_though_many_have_a_mailbox_there():
    excluded = Excluded.of(["jo@gmail.com"], ["mail.com", "Test Workspace"], shared=["gmail.com", "mail.com"])
    assert excluded.domains == {"mail.com"}
    assert "test workspace" in excluded.names


def test_a_hash_tells_neither_the_name_nor_that_one_customer_uses_two_integrations():
    one, two = (hashed(["Gullwing"], salt=b"salt", integration=slug) for slug in ("acme", "other"))
    assert one != two
    assert all(len(customer) == 16 and set(customer) <= set("0123456789abcdef") for customer in one + two)


@pytest.mark.parametrize("domain", ["a.example, b.example", ["a.example", "b.example"], "a.example;b.example"])
def test_a_source_may_name_several_domains(domain):
    assert used("a", domain=domain).domains == ("a.example", "b.example")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_a_source_may_name_no_domain(nothing):
    assert used("a", domain=nothing).domains == ()


@pytest.mark.parametrize("customer", ["", "  ", "\u200b", None, True, ["a"], "x" * 301])
def test_what_is_no_name_is_refused(customer):
    with pytest.raises(ValidationError):
        used(customer)


def test_a_number_is_a_name_as_warehouses_have_them():
    assert used(4711).customer == "4711"
