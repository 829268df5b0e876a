"""The ordered sections of a plan as a tree, with what hangs on them, in a fixed number of queries."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from plans.models import Plan, Responsibility, Section, Task


@dataclass
class Node:
    """One section with its task, its responsibilities and what stands below it."""

    section: Section
    depth: int
    task: Task | None
    responsibilities: list[Responsibility]
    children: list["Node"] = field(default_factory=list)

    @property
    def labelled(self) -> list[Responsibility]:
        """Responsibilities that are lines of their own in the text ("Ngành chủ trì: …")."""
        return [responsibility for responsibility in self.responsibilities if responsibility.label]

    @property
    def anchor(self) -> str:
        return f"muc-{self.section.pk}"


def outline(plan: Plan) -> list[Node]:
    """The top nodes of the plan's text in reading order."""
    sections = plan.sections.select_related("task").prefetch_related("responsibilities").order_by("order", "pk")
    nodes: dict[int, Node] = {}
    top: list[Node] = []
    for section in sections:
        above = nodes.get(section.parent_id) if section.parent_id else None
        node = Node(
            section=section,
            depth=above.depth + 1 if above else 0,
            task=getattr(section, "task", None),
            responsibilities=list(section.responsibilities.all()),
        )
        nodes[section.pk] = node
        (above.children if above else top).append(node)
    return top


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Every node of the tree in reading order."""
    for node in nodes:
        yield node
        yield from walk(node.children)
