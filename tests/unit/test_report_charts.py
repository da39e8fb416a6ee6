"""Charts: what they show, that they can be read without seeing them, and that no text becomes markup."""

from xml.etree import ElementTree as ET

import pytest

from desk.reporting.charts.answers import answers_chart, within_hours
from desk.reporting.charts.causes import causes_chart
from desk.reporting.charts.load import load_chart
from desk.reporting.charts.months import months_chart
from desk.reporting.charts.shares import shares_chart
from desk.reporting.charts.svg import WIDTH, shortened

HOSTILE = "</text><script>alert('it')</script>\"&"


def months(*kept, first=1, year=2026):
    """A target's cohorts from January on, each with the percent kept."""
    cohorts = [
        {"month": f"{year + (first + index - 1) // 12}-{(first + index - 1) % 12 + 1:02}", "attainment_percent": share}
        for index, share in enumerate(kept)
    ]
    return {"target": "decision", "cohorts": cohorts}


def answers(*points, promised=((16, 9),), median=2.0, p90=None):
    return {
        "target": "first_response",
        "answered": [{"hours": hours, "percent": percent} for hours, percent in points],
        "promised": [{"hours": hours, "number": number} for hours, number in promised],
        "median_hours": median,
        "p90_hours": p90,
    }


def sides(reviewer, partner, engine, **more):
    return {"reviewer_percent": reviewer, "partner_percent": partner, "engine_percent": engine, **more}


def causes(*pairs):
    whole, so_far, rows = sum(number for _, number in pairs), 0, []
    for cause, number in pairs:
        so_far += number
        shares = {"percent": 100 * number / whole, "cumulative_percent": 100 * so_far / whole}
        rows.append({"cause": cause, "number": number, **shares})
    return rows


def reviewer(name, is_open, past=0):
    return {"name": name, "open": is_open, "past": past}


CHARTS = {
    "months": months_chart(months(100.0, None, 99.6)),
    "answers": answers_chart(answers((1, 20), (2, 60), (30, 60))),
    "shares": shares_chart(sides(60.0, 30.0, 10.0, kinds=[sides(60.0, 30.0, 10.0, kind="launch")])),
    "causes": causes_chart(causes((HOSTILE, 3), ("nobody had taken it", 1))),
    "load": load_chart([reviewer(HOSTILE, 4, 1), reviewer("Rosa", 0)]),
}


def root(chart):
    return ET.fromstring(str(chart))


def words(chart):
    return [node.text for node in root(chart).iter("text")]


def pieces(chart):
    """The bars as x, width and filling, without those of a legend."""
    found = [node.attrib for node in root(chart).iter("rect") if node.get("class") == "piece"]
    return [(float(one["x"]), float(one["width"]), one.get("fill", "")) for one in found if float(one["y"]) > 16]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_a_role_a_title_and_a_description(name):
    chart = root(CHARTS[name])
    ids = {node.get("id"): node.text for node in chart.iter() if node.get("id")}

    assert chart.get("role") == "img"
    assert [node.tag for node in chart][:2] == ["title", "desc"]
    assert ids[chart.get("aria-labelledby")]
    assert ids[chart.get("aria-describedby")]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_brings_no_script_no_style_and_no_colour_of_its_own(name):
    nodes = list(root(CHARTS[name]).iter())

    assert not {node.tag for node in nodes} & {"script", "style", "image", "foreignObject", "a"}
    assert not [key for node in nodes for key in node.attrib if key in {"style", "href", "stroke"} or key[:2] == "on"]
    assert {node.get("fill", "url(#")[:5] for node in nodes} == {"url(#"}


@pytest.mark.parametrize("name", CHARTS)
def test_everything_lies_within_the_chart(name):
    _, _, width, height = (float(part) for part in root(CHARTS[name]).get("viewBox").split())
    for node in root(CHARTS[name]).iter("text"):
        assert 0 <= float(node.get("x")) <= width
        assert 0 < float(node.get("y")) <= height


@pytest.mark.parametrize("name", CHARTS)
def test_every_filling_that_is_used_is_there(name):
    ids = {f"url(#{node.get('id')})" for node in root(CHARTS[name]).iter("pattern")}

    assert {filling for _, _, filling in pieces(CHARTS[name])} - {""} <= ids


@pytest.mark.parametrize("name", ["causes", "load"])
def test_hostile_words_stay_words(name):
    assert "<script" not in str(CHARTS[name])
    assert HOSTILE[:8] in "".join(words(CHARTS[name]))


def test_a_month_has_its_number_rounded_down_and_one_without_any_a_dash():
    assert words(months_chart(months(100.0, None, 99.6)))[3:] == ["100", "Jan", "–", "Feb", "99", "Mar", "2026"]


def test_a_column_is_as_high_as_its_share():
    chart = root(months_chart(months(100.0, 50.0, 0.0)))

    assert [float(node.get("height")) for node in chart.iter("rect")] == [100, 50, 0]


def test_only_the_newest_twelve_months_are_drawn_each_in_its_place():
    told = months(*range(20), first=6, year=2025)
    told["cohorts"] = [one for one in told["cohorts"] if one["month"] != "2026-06"]
    shown = words(months_chart(told))[3:]

    assert shown[:4] == ["8", "Feb", "9", "Mar"]
    assert shown[8:10] == ["–", "Jun"]
    assert shown[22:] == ["19", "Jan", "2026", "2027"]


def test_the_description_of_months_tells_where_it_began_where_it_ends_and_the_lowest():
    chart = root(months_chart(months(90.0, 70.5, 80.0)))

    assert chart.find("desc").text == "90.0 % in 2026-01, 80.0 % in 2026-03; lowest 70.5 % in 2026-02."
    assert root(months_chart(months(None))).find("desc").text == "Nothing is settled yet."


def test_the_target_is_marked_where_it_lies_on_the_axis():
    chart = root(answers_chart(answers((4, 50), (20, 100), promised=((16, 9),))))
    axis = {node.text: float(node.get("x")) for node in chart.iter("text")}
    (target,) = [node for node in chart.iter("line") if node.get("class") == "target"]

    assert float(target.get("x1")) == float(target.get("x2")) == pytest.approx(axis["16 h"], abs=0.01)
    assert "target 16 h" in axis


def test_two_lengths_of_a_promise_are_marked_and_all_are_told():
    chart = root(answers_chart(answers((4, 50), promised=((16, 9), (8, 4), (40, 1)))))

    assert [node.text for node in chart.iter("text") if "target" in node.text] == ["target 16 h", "target 8 h"]
    assert "Promised in 16 h, 8 h and 40 h" in chart.find("desc").text


def test_the_stair_rises_where_answers_came():
    chart = root(answers_chart(answers((8, 50), (16, 100))))
    (curve,) = [node for node in chart.iter("polyline") if node.get("class") == "curve"]
    points = [tuple(float(part) for part in point.split(",")) for point in curve.get("points").split()]

    assert [y for _, y in points] == [150, 150, 93, 93, 36]
    assert points[1][0] == points[2][0]
    assert points[3][0] == points[4][0] == pytest.approx(points[0][0] + 2 * (points[1][0] - points[0][0]), abs=0.02)


def test_what_took_for_ever_does_not_press_the_others_together():
    chart = root(answers_chart(answers((4, 50), (9, 96), (4_000, 100))))

    assert "20 h" in words(answers_chart(answers((4, 50), (9, 96), (4_000, 100))))
    assert "the longest wait so far is 4000 h" in chart.find("desc").text


def test_half_and_nine_in_ten_are_told_or_that_they_are_not_reached():
    assert words(answers_chart(answers((1, 20), (2, 60))))[-1] == "half within 2 h and 9 in 10 not reached"


def test_hours_within_which_a_share_was_answered_are_read_off_the_stair():
    points = answers((1, 20.0), (2, 60.0))["answered"]

    assert [within_hours(points, share) for share in (10, 20, 50, 90)] == [1, 1, 2, ""]


def test_shares_fill_the_whole_bar_each_with_its_own_filling():
    first, second, third = pieces(shares_chart(sides(60.0, 30.0, 10.0, kinds=[])))

    assert [first[2], second[2], third[2]] == ["", "url(#turns-stripes)", "url(#turns-dots)"]
    assert first[0] + first[1] == pytest.approx(second[0], abs=0.02)
    assert third[0] + third[1] == pytest.approx(WIDTH - 0.5, abs=0.02)


def test_each_kind_has_its_bar_and_its_numbers_in_words():
    told = words(CHARTS["shares"])

    assert told[:3] == ["reviewer", "partner", "engine"]
    assert told[3:] == [
        "All",
        "reviewer 60.0 %, partner 30.0 % and engine 10.0 %",
        "Launch into Public Beta",
        "reviewer 60.0 %, partner 30.0 % and engine 10.0 %",
    ]


def test_causes_come_with_what_they_make_together():
    told = words(causes_chart(causes(("nobody had taken it", 3), ("with Rosa", 1))))

    assert told[2:] == ["nobody had taken it", "3 · 75.0 % · 75.0 %", "with Rosa", "1 · 25.0 % · 100.0 %"]


def test_more_than_eight_causes_share_a_last_row():
    chart = causes_chart(causes(*((f"cause {index}", 20 - index) for index in range(12))))
    told = words(chart)[2::2]

    assert told == [*(f"cause {index}" for index in range(7)), "5 other causes"]
    assert sum(width for _, width, _ in pieces(chart)) == pytest.approx(WIDTH - 8, abs=0.1)


def test_a_bar_of_load_is_striped_as_far_as_it_is_past():
    past, in_time = pieces(load_chart([reviewer("Rosa", 4, 1)]))

    assert (past[2], in_time[2]) == ("url(#load-stripes)", "")
    assert in_time[1] == pytest.approx(3 * past[1], abs=0.02)
    assert past[0] + past[1] == pytest.approx(in_time[0], abs=0.02)


def test_nobody_with_anything_open_has_no_bar():
    assert pieces(load_chart([reviewer("Rosa", 0)])) == []


def test_long_names_are_cut_where_they_would_run_into_the_numbers():
    name = "With somebody whose name is much longer than any row of a chart could ever hold"

    assert shortened("Rosa", 100) == "Rosa"
    assert shortened(name, 100).endswith("…")
    assert name not in words(load_chart([reviewer(name, 1)]))
