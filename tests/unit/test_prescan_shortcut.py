"""Most pages need no walk over their tags, and no look at the attributes of each: the answer is the same."""

from hypothesis import given
from hypothesis import strategies as st

from checklist.pages import prescan
from checklist.pages.prescan import MAX_ATTRIBUTES, MAX_OPEN_FORMATTING, refusal

PIECES = (
    "<",
    ">",
    "</",
    "/>",
    "<a",
    "<b>",
    "<p ",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "x",
    "=",
    '"',
    "'",
    " ",
    "/",
)
ATTRIBUTES = ("x ", "x=1 ", 'x="y" ', "x='>' ", 'x="<b>"', "=", "a=b/c ", 'a"b"="c" ', "/x", "x = y ")
some = st.sampled_from((*PIECES, *ATTRIBUTES))
many = st.builds(
    lambda piece, times: piece * times,
    st.sampled_from((*ATTRIBUTES, "<b>", "<a ", '<a b="')),
    st.sampled_from([MAX_OPEN_FORMATTING, MAX_OPEN_FORMATTING + 1, *range(MAX_ATTRIBUTES - 1, MAX_ATTRIBUTES + 3)]),
)


@given(st.lists(some | many, max_size=6).map("".join))
def test_only_odd_tags_can_have_too_many_attributes(markup):
    if prescan._is_small(markup):
        assert prescan._MANY_ATTRIBUTES.search(markup) is None


@given(st.lists(some | many, max_size=6).map("".join))
def test_what_is_let_through_at_once_would_be_let_through_by_the_walk(markup):
    walked = prescan._walked(markup)
    if prescan._is_small(markup) and "</" not in markup:  # end tags have no attributes, whatever is written in them
        assert walked is None


@given(st.lists(some | many, max_size=6).map("".join), st.sampled_from(ATTRIBUTES[:3]))
def test_a_tag_with_too_many_attributes_is_seen_wherever_it_stands(before, attribute):
    """Also where the text before it is only half of a tag, or a script."""
    assert not prescan._is_small(f"{before}<p {attribute * (MAX_ATTRIBUTES + 1)}>")


def test_attributes_up_to_the_bound_are_no_reason_to_refuse():
    assert prescan._is_small(f"<p {'x=1 ' * MAX_ATTRIBUTES}>")
    assert refusal(f"<p {'x=1 ' * MAX_ATTRIBUTES}>") is None
    assert refusal(f"<p {'x=1 ' * (MAX_ATTRIBUTES + 1)}>") is not None


def test_an_ordinary_page_needs_no_walk_however_long_it_is():
    row = '<li class="entry"><a href="/more/1?a=b&amp;c=d" data-list=1>Reading</a> <span>words</span><br/></li>'
    assert prescan._is_small(f"<style>{'a{b:c} ' * 20_000}</style><ul>{row * 200}</ul>")
