"""Which reasons fit a submission, in which order, and what a decision with one tells of."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from review.reasons_fitting import Fit, Items, LibraryReason, fit, in_order, said, tells_of

ASKED = ("test.auth", "docs.partner", "docs.segment", "catalog.mark", "marketing.utm")
ITEMS = Items(asked=ASKED, failed=("docs.segment", "catalog.mark"), unknown=("docs.partner",))


def reason(key: str, *items: str, **more) -> LibraryReason:
    return LibraryReason(key=key, version=1, title=more.pop("title", key), text=f"About {key}.", items=items, **more)


def test_what_failed_comes_first_then_what_nobody_could_tell_then_the_rest():
    reasons = [
        reason("elsewhere", "oauth.button"),
        reason("anything"),
        reason("passed", "test.auth"),
        reason("unknown", "docs.partner"),
        reason("failed-later", "catalog.mark"),
        reason("failed-first", "test.auth", "docs.segment"),
    ]
    ordered = [one.key for one in in_order(reasons, ITEMS)]
    assert ordered == ["failed-first", "failed-later", "unknown", "passed", "anything", "elsewhere"]


def test_of_equal_fit_the_title_decides():
    reasons = [reason("a", title="Zebra"), reason("b", title="apple")]
    assert [one.key for one in in_order(reasons, ITEMS)] == ["b", "a"]


def test_a_decision_tells_of_every_item_that_failed():
    assert tells_of(reason("x", "catalog.mark", "docs.segment", "docs.partner"), ITEMS) == (
        "docs.segment",
        "catalog.mark",
    )


def test_where_none_failed_it_tells_of_one_that_nobody_could_tell_else_of_the_first_that_is_asked():
    assert tells_of(reason("x", "test.auth", "docs.partner"), ITEMS) == ("docs.partner",)
    assert tells_of(reason("x", "marketing.utm", "test.auth"), ITEMS) == ("test.auth",)


def test_a_reason_that_speaks_of_nothing_asked_here_is_words_alone():
    assert tells_of(reason("x", "oauth.button"), ITEMS) == tells_of(reason("y"), ITEMS) == ()


def test_as_text_the_reviewers_words_come_first_then_each_reason_with_links_and_last_day():
    told = said(
        "  Nearly there. ",
        [
            (reason("a", title="A page", links=("https://segment.com/docs/",)), date(2026, 12, 1)),
            (reason("b", title="A word"), None),
        ],
    )
    assert told == (
        "Nearly there.\n\nA page: About a.\nhttps://segment.com/docs/\nPlease do this by Tuesday 1 December 2026.\n\n"
        "A word: About b."
    )
    assert said("", [(reason("b", title="A word"), None)]) == "A word: About b."
    assert said(" Only words. ", []) == "Only words."


SOME = st.sampled_from([*ASKED, "oauth.button", "gone.item"])


@given(
    spoken=st.lists(st.lists(SOME, max_size=4, unique=True), max_size=8),
    failed=st.sets(st.sampled_from(ASKED)),
    unknown=st.sets(st.sampled_from(ASKED)),
)
def test_every_reason_is_offered_once_best_fit_first_in_an_order_that_does_not_depend_on_the_given_one(
    spoken, failed, unknown
):
    items = Items(asked=ASKED, failed=tuple(failed), unknown=tuple(unknown - failed))
    reasons = [reason(f"r{number}", *of) for number, of in enumerate(spoken)]
    ordered = in_order(reasons, items)
    assert sorted(one.key for one in ordered) == sorted(one.key for one in reasons)
    assert [fit(one, items) for one in ordered] == sorted(fit(one, items) for one in reasons)
    assert in_order(reversed(reasons), items) == ordered
    for one in reasons:
        about = tells_of(one, items)
        assert set(about) <= set(one.items) & set(ASKED)
        assert bool(about) is (fit(one, items) in {Fit.FAILED, Fit.UNKNOWN, Fit.ASKED})
        assert fit(one, items) is not Fit.FAILED or set(about) <= failed
