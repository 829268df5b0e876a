"""Texts of sample reports: made up of ready sentences, different from unit to unit and from year to year.

They differ enough that a text which is the same as another one is so on purpose, and every one says what it is.
"""

import random
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

SENTENCES = 3
DATA = Path(__file__).parent / "data" / "sample_texts.toml"


def compose(code: str, *, unit: str, kind: str, year: int) -> str:
    """The text of one item in one report, the same on every machine; ``unit`` is the unit's code."""
    made_up = random.Random(f"{unit} {kind} {year} {code}")  # noqa: S311 (sample texts)
    pools = _data()
    pool: list[str] = pools["texts"].get(code, pools["texts"]["other"])
    chosen = made_up.sample(pool, k=SENTENCES)
    return " ".join([pools["label"], *(_filled(sentence, made_up) for sentence in chosen)])


def _filled(sentence: str, made_up: random.Random) -> str:
    return sentence.format(
        n=made_up.randint(11, 240),
        k=made_up.randint(2, 8),
        place=made_up.choice(_data()["places"]),
        body=made_up.choice(_data()["bodies"]),
    )


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))
