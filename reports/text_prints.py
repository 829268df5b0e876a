"""Finds texts that are almost the same as last period's or as those of a unit beside.

1. A text becomes words: NFC, marks kept, case and punctuation folded.
2. Its runs of three words are hashed; the smallest hashes are its fingerprint, kept when it is filed. Of two texts
   alike, most of these hashes are the same, however long the texts are.
3. Fingerprints of units that file the same report to the same unit give the candidates; each is then compared word by
   word, so that a percentage on the screen is never an estimate.
"""

import re
from collections import Counter
from difflib import SequenceMatcher
from hashlib import blake2b
from typing import Any

from orgunits.vietnamese import nfc
from reports import reading
from reports.models import Revision, TextPrint

RUN = 3  # words
KEPT = 32  # hashes of a text
SAME_FROM = 80  # per cent of the words; below, two reports on the same work are alike by nature
SHORTEST = 8  # words; a shorter text says the same in many reports
# Of two texts that share four words in five, one hash in four is the same at the least, and almost never under four.
SHARED_FROM = 4
CONFIRMED = 3  # candidates that are compared word by word

_WORD = re.compile(r"[^\W_]+")
_NOTHING_TO_SAY = re.compile(
    r"(?:(?:trong|từ) (?:kỳ|năm|quý)(?: \w+){0,4} )?(?:đơn vị|công đoàn)?(?: \w+){0,3} ?"
    r"(?:không|chưa) (?:có|phát sinh)\b"
)
LONGEST_ALIGNED = 1500  # words; aligning longer texts word by word would hold up the filing for seconds
LONGEST_NOTHING = 20  # words; "Trong kỳ báo cáo đơn vị không phát sinh trường hợp nào …"


def words_of(text: str) -> list[str]:
    """The words that count when texts are compared."""
    return _WORD.findall(nfc(text).casefold())


def is_telling(words: list[str]) -> bool:
    """Whether the text says something of its own: not so short, and not that there was nothing."""
    if len(words) < SHORTEST:
        return False
    return len(words) > LONGEST_NOTHING or not _NOTHING_TO_SAY.match(" ".join(words))


def fingerprint(words: list[str]) -> list[int]:
    """The smallest hashes of the runs of words, in order; the same in every process and on every machine."""
    hashes = {int.from_bytes(blake2b(run.encode(), digest_size=4).digest()) for run in set(_runs(words))}
    return sorted(hashes)[:KEPT]


def _runs(words: list[str]) -> list[str]:
    return [" ".join(words[start : start + RUN]) for start in range(max(len(words) - RUN + 1, 1))]


def alike(first: list[str], second: list[str]) -> int:
    """How many per cent of the words of both stand in both in the same order, rounded down; 100 only where equal.

    Of texts above ``LONGEST_ALIGNED``, how many per cent of their runs of words stand in both. 0 where it is less than
    what matters here.
    """
    if first == second:
        return 100
    if max(len(first), len(second)) > LONGEST_ALIGNED:
        runs, others = Counter(_runs(first)), Counter(_runs(second))
        percent = 200 * (runs & others).total() // (runs.total() + others.total())
        return min(percent, 99) if percent >= SAME_FROM else 0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() * 100 < SAME_FROM or matcher.quick_ratio() * 100 < SAME_FROM:
        return 0
    together = sum(block.size for block in matcher.get_matching_blocks())
    return min(200 * together // (len(first) + len(second)), 99)


def flags(revision: Revision) -> dict[str, Any]:
    """``same_before`` and ``same_sibling`` of a revision that is being filed; keeps its fingerprints.

    Only what the unit wrote itself is compared: passages collected from below are theirs who wrote them.
    """
    written = {code: words_of(text) for code, text in (revision.content.get("texts") or {}).items()}
    telling = {code: words for code, words in written.items() if is_telling(words)}
    TextPrint.objects.filter(revision__report=revision.report_id).delete()  # of an earlier filing of this report
    if not telling:
        return {}
    prints = {code: fingerprint(words) for code, words in telling.items()}
    found = {"same_before": _same_before(revision, telling), "same_sibling": _same_sibling(revision, telling, prints)}
    TextPrint.objects.bulk_create(
        TextPrint(revision=revision, item_code=code, hashes=hashes, words=len(telling[code]))
        for code, hashes in prints.items()
    )
    return found


def _same_before(revision: Revision, telling: dict[str, list[str]]) -> dict[str, int]:
    before = reading.previous_revision(revision.report.obligation)
    texts = (before.content.get("texts") or {}) if before else {}
    percents = {code: alike(words_of(texts[code]), words) for code, words in telling.items() if code in texts}
    return {code: percent for code, percent in percents.items() if percent >= SAME_FROM}


def _same_sibling(
    revision: Revision, telling: dict[str, list[str]], prints: dict[str, list[int]]
) -> dict[str, list[int]]:
    """A revision beside that says the same, and the per cent, by item code; that with most in common is asked first."""
    candidates = _candidates(revision, telling, prints)
    wanted = {pk for pks in candidates.values() for pk in pks}
    texts = {row.pk: row.content.get("texts") or {} for row in Revision.objects.filter(pk__in=wanted).only("content")}
    found = {}
    for code, pks in candidates.items():
        compared = ((pk, alike(words_of(texts[pk].get(code, "")), telling[code])) for pk in pks)
        same = next(((pk, percent) for pk, percent in compared if percent >= SAME_FROM), None)
        if same:
            found[code] = list(same)
    return found


def _candidates(
    revision: Revision, telling: dict[str, list[str]], prints: dict[str, list[int]]
) -> dict[str, list[int]]:
    """Revisions beside that share most hashes, by item code: one query for all items and units."""
    obligation = revision.report.obligation
    beside = TextPrint.objects.filter(
        item_code__in=list(prints),
        words__gte=min(map(len, telling.values())) * SAME_FROM // (200 - SAME_FROM),
        revision__report__obligation__receiving_unit=obligation.receiving_unit_id,
        revision__report__obligation__duty=obligation.duty_id,
        revision__report__obligation__period=obligation.period_id,
    ).exclude(revision__report=revision.report_id)
    hashes = {code: set(values) for code, values in prints.items()}
    shared: dict[str, list[tuple[int, int]]] = {code: [] for code in prints}
    for code, pk, theirs in beside.order_by("pk").values_list("item_code", "revision_id", "hashes").iterator():
        common = len(hashes[code].intersection(theirs))
        if common >= min(SHARED_FROM, len(theirs)):
            shared[code].append((-common, pk))
    return {code: [pk for _, pk in sorted(rows)[:CONFIRMED]] for code, rows in shared.items()}
