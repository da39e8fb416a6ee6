"""Security and what else the partner tells: replays, the test account, membership."""

from urllib.parse import urljoin, urlsplit

from checklist.case import Case, check
from checklist.fetch import PLAIN
from checklist.mail_address import mail_domain
from checklist.outcome import CheckResult, Evidence

REPLAY_VALUES = {"accepts_replays": "true or false", "honours_timestamp": "true or false", "rate_limits": "in words"}


@check("security.guidance", reads=("security", "partner.website"))
async def guidance(case: Case) -> CheckResult:
    """The guidance is read, the Acceptable Use Policy accepted, and a security contact named."""
    given = case.dossier.security
    wanted = {
        "guidance_read": "the guidance is not marked as read",
        "acceptable_use_accepted": "the Acceptable Use Policy is not accepted",
    }
    todo = {
        "guidance_read": "Read the security guidance; set `security.guidance_read` to true.",
        "acceptable_use_accepted": "Read the Acceptable Use Policy; set `security.acceptable_use_accepted` to true.",
        "contact": "Give the e-mail or https address that takes reports of security problems as `security.contact`.",
    }
    open_points = {name: words for name, words in wanted.items() if not getattr(given, name)}
    contact = (given.contact or "").strip().removeprefix("mailto:")
    if mail_domain(contact) is None and not contact.startswith("https://"):
        seen = f"{contact!r} is neither an e-mail nor an https address" if contact else "no security contact is named"
        open_points["contact"] = seen
    evidence = [Evidence("answer", f"security contact {contact}")] if contact else []
    if open_points:
        fix = " ".join(todo[name] for name in open_points)
        return case.failed("; ".join(open_points.values()), *evidence, fix=fix, missing=list(open_points))
    noted = await _security_txt(case)
    if noted is not None:
        evidence.append(noted)
    told = "the guidance is agreed, with a contact" + (", and the site has a security.txt" if noted is not None else "")
    return case.passed(told, *evidence, security_txt=noted is not None)


@check("replay.info", reads=("replay",))
def replay(case: Case) -> CheckResult:
    """Whether replays are accepted, `timestamp` is honoured, and which rate limits apply."""
    given = case.dossier.replay
    answers = {
        "accepts_replays": None if given.accepts_replays is None else "yes" if given.accepts_replays else "no",
        "honours_timestamp": None if given.honours_timestamp is None else "yes" if given.honours_timestamp else "no",
        "rate_limits": given.rate_limits or None,
    }
    missing = [name for name, answer in answers.items() if answer is None]
    evidence = [Evidence("answer", f"{name}: {answer}") for name, answer in answers.items() if answer is not None]
    if missing:
        told = f"not told yet: {', '.join(name.replace('_', ' ') for name in missing)}"
        fix = "Add " + ", ".join(f"`replay.{name}` ({REPLAY_VALUES[name]})" for name in missing) + "."
        return case.failed(told, *evidence, fix=fix, missing=missing)
    return case.passed("replays, timestamps and rate limits are explained", *evidence)


@check("test.account", reads=("test_account",))
def test_account(case: Case) -> CheckResult:
    """A username and a password for an account that reviewers may use."""
    given = case.dossier.test_account
    has_secret = given.secret is not None and given.secret.get_secret_value().strip() != ""
    missing = [name for name, there in (("username", bool(given.username)), ("secret", has_secret)) if not there]
    if missing:
        fix = "Give " + " and ".join(f"`test_account.{name}`" for name in missing) + "."
        return case.failed(f"the test account lacks its {' and its '.join(missing)}", fix=fix, missing=missing)
    return case.passed(
        "a test account is provided; its secret stays encrypted", Evidence("answer", f"username {given.username}")
    )


@check("select.member", reads=("select_member",))
def select_member(case: Case) -> CheckResult:
    """Membership in Segment Select; a bonus, never required."""
    if case.dossier.select_member:
        return case.passed(
            "a Segment Select member, by the partner's own word", Evidence("answer", "select_member: true")
        )
    return case.not_applicable("not a member of Segment Select, which is never required")


async def _security_txt(case: Case) -> Evidence | None:
    site = case.dossier.partner.website
    if not site or urlsplit(site).scheme not in {"http", "https"}:
        return None
    url = urljoin(site, "/.well-known/security.txt")
    fetched = await case.context.fetcher.get(url, accept=PLAIN)
    lines = [line.strip() for line in fetched.text.splitlines() if line.strip().lower().startswith("contact:")]
    if not fetched.ok or not lines:
        return None
    return Evidence("page", lines[0][:300], fetched.final_url, fetched.status, fetched.fetched_at)
