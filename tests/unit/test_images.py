"""What an SVG may hold, told without building a tree of it, whatever a stranger sends."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.images import LARGEST_SVG, NoSvg, svg_facts

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
HTML = 'xmlns:h="http://www.w3.org/1999/xhtml"'
BOX = 'viewBox="0 0 4 2"'


def svg(inner: str = "", attributes: str = BOX, before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" {XLINK} {HTML} {attributes}>{inner}</svg>'.encode()


def of(count: int, piece: str) -> str:
    return piece * count


@pytest.mark.parametrize(
    "body",
    [
        svg("<title>Acme</title><path d='M0 0h4'/><!-- made by hand -->"),
        svg("<defs><linearGradient id='a'/></defs><rect fill='url(#a)'/><use xlink:href='#a'/>"),
        svg("<style>.a{fill:url('#a')} .b{mask:url( \"#b\" )}</style><g style=\"fill:url('#a')\"/>"),
        svg("<style>@font-face{src:url(data:font/woff2;base64,AAAA)}</style>"),
        svg("<style><![CDATA[.a{fill:red}]]></style>"),
        svg("<image xlink:href='data:image/png;base64,AAAA'/><image href='data:image/jpeg;base64,AA\nAA'/>"),
        svg("<a href='https://acme.example/'><text>JavaScript: made easy</text></a>"),
        svg("<animate attributeName='opacity' values='0;1'/><g transform='rotate(45)'/>"),
        svg(before='<?xml version="1.0" encoding="UTF-8" standalone="no"?><?xpacket begin=""?>'),
        svg(
            before='<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        ),
        b"\xef\xbb\xbf" + svg(),
        svg().decode().encode("utf-16"),
    ],
)
def test_what_drawing_programs_write_is_no_trouble(body):
    assert svg_facts(body).troubles == ()


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ("<script/>", "a script element"),
        ("<h:script/>", "a script element"),
        ("<foreignObject><h:p/></foreignObject>", "a foreignobject element"),
        ("<h:meta http-equiv='refresh' content='0;url=https://evil.test'/>", "HTML (a meta element)"),
        ("<g onclick='x()'/>", "an onclick handler"),
        ("<animate onbegin='x()'/>", "an onbegin handler"),
        ("<a href='javascript:x()'/>", "a javascript address"),
        ("<a xlink:href=' java&#10;script&#9;:x()'/>", "a javascript address"),
        ("<a href='data:text/html,x'/>", "a reference to data:text/html,x"),
        ("<a><set attributeName='href' to='javascript:x()'/></a>", "a javascript address"),
        ("<a><animate attributeName='xlink:href' values='#;javascript:x()'/></a>", "a javascript address"),
        ("<set attributeName='onclick' to='x()'/>", "an animation of onclick"),
        ("<set attributeName='href' to='https://evil.test'/>", "an animation of href"),
        ("<image href='https://evil.test/a.png'/>", "a reference to https://evil.test/a.png"),
        ("<image href='//evil.test/a.png'/>", "a reference to //evil.test/a.png"),
        ("<use href='file.svg#a'/>", "a reference to file.svg#a"),
        ("<use href='data:image/svg+xml;base64,AAAA#a'/>", "a reference to data:image/svg+xml;base64,AAAA#a"),
        ("<g xml:base='https://evil.test/'/>", "an xml:base, which moves its references elsewhere"),
        ("<rect fill='url(https://evil.test/a#b)'/>", "a style that loads something from elsewhere"),
        ("<rect style='filter:u\\72l(//evil.test/a#b)'/>", "a style that loads something from elsewhere"),
        ("<style>@import 'https://evil.test/';</style>", "a style that loads something from elsewhere"),
        ("<style>@\\69mport 'https://evil.test/';</style>", "a style that loads something from elsewhere"),
        ("<style>a{}<g/>@import 'https://evil.test/';</style>", "a style that loads something from elsewhere"),
        ("<style>a{b:'/*'} @import 'x'; a{b:'*/'}</style>", "a style that loads something from elsewhere"),
        ("<style>a{b:image-set('https://evil.test/' 1x)}</style>", "a style that loads something from elsewhere"),
        ('<style>a{b:url(#c)} d{b:url("https://evil.test/")}</style>', "a style that loads something from elsewhere"),
    ],
)
def test_what_runs_or_loads_is_told(inner, told):
    assert told in svg_facts(svg(inner)).troubles


def test_a_style_sheet_of_the_whole_file_is_told():
    body = svg(before="<?xml-stylesheet href='https://evil.test/a.css'?>")
    assert svg_facts(body).troubles == ("a style that loads something from elsewhere",)


def test_an_attribute_that_a_document_type_adds_is_told():
    body = svg("<g/>", before="<!DOCTYPE svg [<!ATTLIST g onclick CDATA 'x()'>]>")
    assert svg_facts(body).troubles == ("an onclick handler",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no XML (no element found"),
        (b"<html/>", "whose root is 'html'"),
        (b"<x:svg xmlns:x='http://evil.test/'/>", "whose root is 'svg'"),
        (b"\x1f\x8b\x08", "no XML"),
        (svg("\0"), "no XML"),
        (svg("<g>"), "no XML (mismatched tag: line 1"),
        (svg("&a;", before="<!DOCTYPE svg [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"), "defines entities"),
        (svg("&a;", before="<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"), "defines entities"),
        (svg(before="<!DOCTYPE svg [<!ENTITY % a SYSTEM 'https://evil.test/'> %a;]>"), "defines entities"),
        (svg(before="<?xml version='1.0' encoding='cp037'?>"), "in the encoding cp037"),
        (svg(before="<?xml version='1.0' encoding='unicode_escape'?>"), "in the encoding unicode_escape"),
        (svg(of(300, "<g>") + of(300, "</g>")), "nested more than 200 deep"),
        (svg(of(60_000, "<g/>")), "more than 50,000 elements"),
        (svg("<g " + " ".join(f"a{number}=''" for number in range(1_100)) + "/>"), "more than 1,000 attributes"),
        (b" " * (LARGEST_SVG + 1), "2,000,001 bytes"),
    ],
)
def test_what_is_no_svg_is_told(body, words):
    with pytest.raises(NoSvg) as told:
        svg_facts(body)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("attributes", "aspect"),
    [
        ("viewBox='0 0 200 50'", 4),
        ("viewBox=' 0,0 ,200, 50 ' width='1' height='1'", 4),
        ("width='20px' height='10'", 2),
        ("width='2IN' height='1in'", 2),
        ("", None),
        ("width='100%' height='100%'", None),
        ("width='1in' height='96px'", None),
        ("viewBox='0 0 0 0'", None),
        ("viewBox='0 0 -4 -4'", None),
        ("viewBox='0 0 1e999 1e999'", None),
        ("viewBox='0 0 1e308 1e-300'", None),
        ("viewBox='0 0 1e-300 1e308'", None),
        ("viewBox='0 0 1.2.3 1'", None),
        ("viewBox='0 0 nan nan'", None),
        ("viewBox='" + of(400_000, "0 ") + "'", None),
    ],
)
def test_the_shape_is_a_finite_number_or_not_known(attributes, aspect):
    assert svg_facts(svg(attributes=attributes)).aspect == aspect


@pytest.mark.parametrize(
    "body",
    [
        svg(of(480_000, "<g/>")),
        svg(of(130_000, "<text>a</text>")),
        svg(of(15_000, "<text>a") + of(15_000, "</text>")),
        svg("<g " + " ".join(f"a{number}=''" for number in range(150_000)) + "/>"),
        svg("<path d='" + of(450_000, "M0 0") + "'/>"),
        svg("<style>url(" + of(1_900_000, " ") + "</style>"),
        svg("<style>" + of(400_000, "url(") + "</style>"),
        svg("<a href='" + of(1_900_000, " ") + "x'/>"),
        svg("<style>" + of(900_000, "/*") + "</style>"),
        svg("<style>" + of(600_000, "\\6a") + "</style>"),
    ],
    ids=range(10),
)
def test_a_file_made_to_cost_costs_little(body):
    """No timed test: each of these hung a regular expression or weighed a hundred megabytes as a tree."""
    tracemalloc.start()
    try:
        with suppress(NoSvg):
            svg_facts(body)
        assert tracemalloc.get_traced_memory()[1] < 32_000_000
    finally:
        tracemalloc.stop()


@given(st.text(alphabet="<>/!-[]?ab=\"'&;: #svgxmlncde\n\x00", max_size=200), st.booleans())
def test_any_text_is_an_svg_or_none(text, whole):
    try:
        facts = svg_facts(svg(text) if whole else text.encode())
    except NoSvg:
        return
    assert facts.aspect is None or facts.aspect > 0


@given(st.binary(max_size=100))
def test_any_bytes_are_an_svg_or_none(body):
    try:
        svg_facts(body)
    except NoSvg:
        return
