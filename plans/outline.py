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
    label: str = ""  # where it stands, for people: "III.2, gạch 1"
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
            label=_label(section, above),
        )
        nodes[section.pk] = node
        (above.children if above else top).append(node)
    return top


def _label(section: Section, above: Node | None) -> str:
    """The place of a section: its own number after those above it; "1.1." already holds the "1." above it."""
    number = section.number.strip(".)")
    if above is None:
        return number or section.get_kind_display()
    if section.kind == Section.Kind.BULLET:
        bullets = sum(child.section.kind == Section.Kind.BULLET for child in above.children)
        return f"{above.label}, gạch {bullets + 1}"
    if not number:
        return above.label
    repeated = above.section.number if above.section.number.strip(".") else ""
    if repeated and section.number.startswith(repeated):
        head = above.label.removesuffix(above.section.number.strip(".)"))
        return f"{head}{number}"
    return f"{above.label}.{number}"


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Every node of the tree in reading order."""
    for node in nodes:
        yield node
        yield from walk(node.children)
