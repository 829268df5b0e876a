"""What a workbook would do, before it does it."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any


class Rejected(Exception):
    """What the acts themselves refused while they were written, with all lines of the list of errors."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("; ".join(line["reason"] for line in errors))
        self.errors = errors


@dataclass
class Plan:
    """What a file would do. Kinds of workbooks add what they need for writing it."""

    errors: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    changes: list[list[str]] = field(default_factory=list)
    unresolved: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)  # what hangs on units that would end; see WorkbookImport

    @property
    def stops(self) -> bool:
        return bool(self.errors or self.unresolved)

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.changes, ensure_ascii=False).encode()).hexdigest()

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by
