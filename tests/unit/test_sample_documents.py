import re
from urllib.parse import urlsplit

import pytest

from checklist.dossier import Dossier
from models.enums import Role
from sample.content import SCREENSHOTS, SITES, files
from sample.partners import NAMES, DocumentUnknown, document, path
from sample.people import CONTACTS, PEOPLE

EVERYBODYS_HOSTS = {"x.com", "www.linkedin.com", "app.segment.com"}
"""Hosts that the programme itself asks partners to name; every other one is made up."""


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_a_submission(name):
    assert Dossier.parse(document(name), name).external_id


@pytest.mark.parametrize("name", NAMES)
def test_no_document_names_a_company_that_could_exist(name):
    hosts = {urlsplit(address).hostname for address in re.findall(r"https?://[^\s\"')]+", path(name).read_text())}
    mail_hosts = set(re.findall(r"@([a-z0-9.-]+\.[a-z]+)", path(name).read_text()))

    assert all(host.endswith(".example") for host in (hosts | mail_hosts) - EVERYBODYS_HOSTS)


def test_a_document_is_fresh_for_each_caller():
    document("quillharbor-launch")["partner"]["name"] = "Somebody else"

    assert document("quillharbor-launch")["partner"]["name"] == "Quillharbor"


def test_a_document_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(DocumentUnknown, match=r"no sample document '\.\./secrets'; there are: ambervane-launch, "):
        path("../secrets")


def test_the_corrected_document_answers_the_faulty_one():
    faulty, corrected = (Dossier.parse(document(name)) for name in ("mossbeacon-launch", "mossbeacon-launch-corrected"))

    assert corrected.external_id == faulty.external_id
    assert corrected.integration == faulty.integration
    changed = {key for key, digest in corrected.fingerprints().items() if digest != faulty.fingerprints()[key]}
    assert {"documentation", "catalog"} <= {key.partition(".")[0] for key in changed}


def test_every_page_a_document_names_is_published_sooner_or_later():
    published = {*files("first"), *files("later"), *SCREENSHOTS}
    named = {
        (urlsplit(address).hostname, urlsplit(address).path.rstrip("/") or "/")
        for name in NAMES
        for address in re.findall(r'= "(https://www\.[^"]+)"', path(name).read_text())
        if urlsplit(address).hostname in SITES
    }

    assert named
    assert named <= published


def test_the_links_between_the_pages_of_a_site_lead_somewhere():
    published = {*files("first"), *files("later")}
    linked = {
        (host, address)
        for (host, _), file in {**files("first"), **files("later")}.items()
        if file.suffix == ".html"
        for address in re.findall(r'href="(/[^"]*)"', file.read_text())
    }
    linked |= {(site.host, address) for site in SITES.values() for _, address in site.navigation}

    assert linked <= published


def test_three_people_of_the_team_can_sign_in_and_each_partner_has_a_contact():
    assert [person.role for person in PEOPLE] == [Role.REVIEWER, Role.LEAD, Role.MANAGER]
    assert {site.name for site in SITES.values()} == set(CONTACTS)
    everybody = [*PEOPLE, *CONTACTS.values()]
    assert len({person.email for person in everybody}) == len(everybody)
    assert all(re.fullmatch(r"[a-z]+@[a-z]+\.example", person.email) for person in everybody)
