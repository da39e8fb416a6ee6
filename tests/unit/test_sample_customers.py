from datetime import UTC, datetime, timedelta

from checklist.customers import count, window_of
from checklist.customers.file import CustomersFile
from sample.customers import SampleCustomers

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


async def counted(customers, slug, at):
    report = await CustomersFile(customers.path).usage(slug, *window_of(at, 30))
    return count(report.rows, at=at, window_days=30)


async def test_larkenfell_begins_with_two_active_customers_and_each_reason_not_to_count(tmp_path):
    seen = await counted(SampleCustomers(tmp_path / "customers.json", at=AT), "larkenfell", AT)

    assert len(seen.active) == 2
    assert [len(names) for names in (seen.affiliated, seen.not_production, seen.not_recent)] == [1, 1, 1]


async def test_the_third_customer_becomes_active_when_the_walk_says_so(tmp_path):
    later = AT + timedelta(days=40)
    customers = SampleCustomers(tmp_path / "new folder" / "customers.json", at=AT)
    customers.add_customer(at=later)

    seen = await counted(customers, "larkenfell", later)

    assert seen.active == ("Bramblegate Bikes", "Harrow & Pine", "Northlight Pharmacy")
    assert (await CustomersFile(customers.path).usage("larkenfell", *window_of(later, 30))).as_of == later
    assert [file.name for file in customers.path.parent.iterdir()] == ["customers.json"]


async def test_who_is_public_has_enough_customers(tmp_path):
    customers = SampleCustomers(tmp_path / "customers.json", at=AT)

    for slug in ("ambervane", "quillharbor"):
        assert len((await counted(customers, slug, AT)).active) >= 3
