"""The simulation of a draft rulebook, in its forms."""

from collections.abc import Iterable
from typing import Final

from desk.cli.differences import change_in_words, changes_as_document
from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, day
from desk.words import counted, happened
from review.simulating.effects import Effect, Line
from review.simulating.simulation import Simulation

COLUMNS: Final = (
    *("integration", "name", "partner", "stage", "gate", "passed_gate", "item", "title"),
    *("effect", "was", "rests_on", "seen", "since", "asked_from"),
)
EFFECT_WORDS: Final = {
    Effect.FAILS.value: "would fail",
    Effect.PASSES.value: "would pass",
    Effect.IN_SHADOW.value: "would fail once it is asked",
    Effect.NEEDS_PERSON.value: "needs a person's word",
    Effect.CANT_TELL.value: "unknown until the next audit",
}
AUDIENCE_WORDS: Final = {"partner": "the partner", "endpoints": "endpoints", "endpoints_of_partner": "their endpoints"}
SHOWN: Final = 25
"""Lines of a list on the terminal; the JSON and the sheet have all of them."""


def present(found: Simulation) -> Presented:
    document = _document(found)
    return Presented(
        title=f"What {found.draft} would do",
        document=document,
        headline=_headline(document),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=document["integrations"],
        page="simulation.html",
    )


def effect_in_words(value: str) -> str:
    return EFFECT_WORDS[value]


def told_to(message: Document) -> str:
    """Who gets it, as people say it."""
    if message["partner"]:
        return str(message["partner"])
    audience: str = message["audience"]
    return AUDIENCE_WORDS.get(audience, f"the {audience.replace('_', ' ')}")


def _document(found: Simulation) -> Document:
    queue, suggestion = found.queue, found.suggestion
    return {
        "report": "simulation",
        "at": instant(found.at),
        "on": found.on.isoformat(),
        "before": found.before,
        "draft": found.draft,
        "changes": changes_as_document(found.changes),
        "changes_in_words": [change_in_words(change) for change in found.changes],
        "live": found.live,
        "never_audited": found.never_audited,
        "under_way": found.under_way,
        "counts": {effect.value: found.counted(effect) for effect in Effect},
        "counts_of_passed_gates": {effect.value: found.counted(effect, passed=True) for effect in Effect},
        "would_fall": list(found.would_fall),
        "would_recover": list(found.would_recover),
        "items": [
            {
                "item": one.item,
                "title": one.title,
                "gate": one.gate.value,
                **{effect.value: one.effects[effect] for effect in Effect},
                "asked_from": day(one.asked_from),
            }
            for one in found.items
        ],
        "integrations": [
            {
                "integration": one.slug,
                "name": one.name,
                "partner": one.partner,
                "stage": one.stage.value,
                "passed_gate": one.passed,
                **_line(one.line),
            }
            for one in found.lines
        ],
        "submissions": [
            {
                "submission": one.submission,
                "integration": one.slug,
                "partner": one.partner,
                "keeps": one.kept,
                **_line(one.line),
            }
            for one in found.open_lines
        ],
        "messages": [
            {
                "event": one.event.value,
                "audience": one.audience.value,
                "partner": one.partner,
                "number": one.number,
            }
            for one in found.messages
        ],
        "queue": {
            "now": queue.now,
            "with_proposals_now": queue.now + len(queue.proposed_now),
            "with_proposals_then": queue.would_be,
            "proposals_appear": list(queue.appear),
            "proposals_disappear": list(queue.disappear),
        },
        "suggestion": {
            "valid_from": suggestion.valid_from.isoformat(),
            "shadow_until": day(suggestion.shadow_until),
            "arithmetic": [{"why": step.why, "day": step.day.isoformat()} for step in suggestion.steps],
        },
    }


def _line(line: Line) -> Document:
    return {
        "item": line.item,
        "title": line.title,
        "gate": line.gate.value,
        "effect": line.effect.value,
        "was": line.was,
        "rests_on": line.how.value,
        "seen": line.seen,
        "since": instant(line.since),
        "asked_from": day(line.asked_from),
    }


def _headline(document: Document) -> str:
    told = [f"{number} {EFFECT_WORDS[effect]}" for effect, number in document["counts"].items() if number]
    over = (
        f"{counted(document['live'], 'live integration')} and {counted(document['under_way'], 'submission')} under way"
    )
    unseen = document["never_audited"]
    told += [f"of {unseen} nothing is known, because no audit has looked at them"] if unseen else []
    what = "; ".join(told) if told else "nothing would change for anybody"
    return f"{document['draft']} instead of {document['before']} on {document['on']}, over {over}: {what}"


def _lines(document: Document) -> list[str]:
    lines: list[str] = []
    if document["items"]:
        effects = [effect.value for effect in Effect]
        head = ("item", *(EFFECT_WORDS[effect] for effect in effects), "asked from")
        names = ("item", *effects, "asked_from")
        lines += ["", *table(head, [[row[name] for name in names] for row in document["items"]])]
    lines += _some(
        ("integration", "item", "effect", "was", "since", "seen"),
        (
            (row["integration"], row["item"], EFFECT_WORDS[row["effect"]], row["was"], row["since"], row["seen"])
            for row in document["integrations"]
        ),
    )
    if document["submissions"]:
        lines += ["", "Under way, were they sent anew; each keeps its version:"]
        lines += _some(
            ("submission", "integration", "keeps", "item", "effect"),
            (
                (row["submission"], row["integration"], row["keeps"], row["item"], EFFECT_WORDS[row["effect"]])
                for row in document["submissions"]
            ),
        )[1:]
    if document["messages"]:
        rows = [(happened(row["event"]), told_to(row), row["number"]) for row in document["messages"]]
        lines += ["", "Messages that would go out:", *_some(("event", "to", "messages"), rows)[1:]]
    return [*lines, *_queue_in_words(document["queue"]), *_date_in_words(document["suggestion"])]


def _some(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    every = list(rows)
    if not every:
        return []
    more = [f"and {len(every) - SHOWN} more; --json and --csv name them all"] if len(every) > SHOWN else []
    return ["", *table(head, every[:SHOWN]), *more]


def _queue_in_words(queue: Document) -> list[str]:
    appear, gone = len(queue["proposals_appear"]), len(queue["proposals_disappear"])
    told = f"{queue['now']} wait now; with the graduations that are ready {queue['with_proposals_now']}"
    return ["", f"Queue: {told}, under the draft {queue['with_proposals_then']} ({appear} appear, {gone} fall away)"]


def _date_in_words(suggestion: Document) -> list[str]:
    shadow = f", shadow_until = {suggestion['shadow_until']}" if suggestion["shadow_until"] else ""
    lines = ["", f"Suggested: valid_from = {suggestion['valid_from']}{shadow}"]
    return [*lines, *(f"  {step['day']}  {step['why']}" for step in suggestion["arithmetic"])]
