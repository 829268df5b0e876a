"""Every sentence of the five sources stands in the structured plans, and nothing stands there that no source says."""

import re
from collections import Counter
from pathlib import Path

import pytest

from plans.loading import DATA, PLAN_FILES, load_plans
from plans.models import Document, Plan, Section
from plans.text import text_lines
from tests.plans.organisation import make_organisation

pytestmark = pytest.mark.django_db

# Where a page break of the scan cuts one sentence into two paragraphs: the end of the first, the start of the second.
CUTS = (
    ("kịp thời phản ánh, phối", "hợp giải quyết"),
    ("trẻ em có hoàn cảnh khó khăn,", "trẻ em mồ côi"),
    ("Phát huy vai trò của", "các cơ quan thông tấn"),
    ("Đ/c Bùi Mai Hoa-UVBTV Tỉnh ủy,", "Trưởng Ban Tuyên giáo"),  # one recipient on two lines
    ("cá nhân, xã hội tham gia, phối hợp", "thực hiện tốt các chính sách"),
    ("Bộ trưởng Bộ Lao động -", "Thương binh và Xã hội"),
    ("nhà văn hoá, cơ sở thể", "đục thể thao"),
    ("công tác bảo vệ, chăm sóc", "và giáo dục trẻ em"),
)
STRAY_PAGE_NUMBER = "2 1. Đẩy mạnh công tác thông tin"


def source_lines(name: str) -> list[str]:
    """The source without emphasis marks, blank lines, bookmarks and page breaks."""
    text = (DATA / "sources" / name).read_text(encoding="utf-8")
    text = text.replace("[bookmark: _GoBack]", "").replace("*", "")
    text = text.replace("Kính gửi: - ", "Kính gửi:\n- ")
    text = re.sub(r"^#+ *", "", text, flags=re.MULTILINE).replace(STRAY_PAGE_NUMBER, STRAY_PAGE_NUMBER[2:])
    lines = [line for line in map(one_spaced, text.split("\n")) if line]
    joined: list[str] = []
    for line in lines:
        if joined and any(joined[-1].endswith(end) and line.startswith(start) for end, start in CUTS):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def one_spaced(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip().replace("Số:", "Số")


def comparable(lines: list[str]) -> list[str]:
    """Lines without the separators at the end of a list of recipients, which are layout."""
    return [re.sub(r"[;,.]$", "", one_spaced(line)) if line.startswith("- ") else one_spaced(line) for line in lines]


def sentences(lines: list[str]) -> Counter[str]:
    parts = (part for line in lines for part in re.split(r"(?<=[.;:!?…])\s+", one_spaced(line)))
    return Counter(part.strip(" ;:,.-") for part in parts if part.strip(" ;:,.-"))


def compare(plan: Plan) -> tuple[Counter[str], Counter[str]]:
    """Sentences that the plan lost, and sentences that no source says."""
    source = sentences(source_lines(f"{plan.document.key}.txt"))
    entered = sentences(text_lines(plan))
    return source - entered, entered - source


@pytest.fixture
def plans() -> dict[str, Plan]:
    return {plan.document.key or "": plan for plan in load_plans(make_organisation())}


@pytest.mark.parametrize("stem", [name.removesuffix(".toml") for name in PLAN_FILES])
def test_every_sentence_is_there_and_none_is_invented(plans, stem):
    lost, invented = compare(plans[stem])
    assert not lost
    assert not invented


@pytest.mark.parametrize("stem", [name.removesuffix(".toml") for name in PLAN_FILES])
def test_text_stands_in_the_order_of_the_source(plans, stem):
    def body(lines):
        first = next(i for i, line in enumerate(lines) if line.startswith("Thực hiện ") and line.endswith((":", ".")))
        ends = [i for i, line in enumerate(lines) if line in {"Nơi nhận:", "TM. BAN THƯỜNG VỤ"}]
        return comparable(lines[first : min(ends, default=None)])

    assert body(text_lines(plans[stem])) == body(source_lines(f"{stem}.txt"))


def test_control_a_deleted_bullet_is_noticed(plans):
    plan = plans["57-kh-cdvc"]
    plan.sections.get(key="III.2-3").delete()
    lost, _ = compare(plan)
    assert any("an toàn và phát triển của thai nhi" in sentence for sentence in lost)


def test_control_one_of_several_equal_lines_is_noticed(plans):
    plan = plans["kh-ubnd-cam-tan"]
    task = plan.sections.get(key="II.3").task
    task.time_label = ""
    task.save(update_fields=["time_label"])
    lost, _ = compare(plan)
    assert lost == Counter({"Thời gian thực hiện": 1, "Thường xuyên hàng năm": 1})


def test_control_an_invented_sentence_is_noticed(plans):
    plan = plans["162-kh-duk"]
    Section.objects.create(plan=plan, order=99, kind=Section.Kind.PARAGRAPH, body="Câu này không có trong văn bản.")
    _, invented = compare(plan)
    assert invented == Counter({"Câu này không có trong văn bản": 1})


def test_phrases_taken_from_the_text_are_verbatim(plans):
    """Citations, responsibilities, time frames and duties quote; nothing is reworded."""
    for stem, plan in plans.items():
        text = one_spaced(" ".join(source_lines(f"{stem}.txt"))).casefold()
        quoted = [citation.text for citation in plan.document.citations.all()]
        for section in plan.sections.all():
            quoted += [responsibility.bodies for responsibility in section.responsibilities.all()]
            quoted += [section.task.time_frame] if hasattr(section, "task") else []
        for duty in plan.duties.all():
            quoted += [duty.phrase, duty.recipient_name, duty.route, duty.embedded_in]
            quoted += [rule.phrase for rule in duty.due_rules.all()]
        assert [phrase for phrase in quoted if phrase.casefold() not in text] == []


def test_source_files_are_kept_beside_the_plan(plans):
    for stem, plan in plans.items():
        assert plan.document.source_text == Path(DATA / "sources" / f"{stem}.txt").read_text(encoding="utf-8")


def test_what_a_source_does_not_say_is_empty(plans):
    letter = plans["cong-van-ldld-tinh"].document
    assert (letter.number, letter.issued_on, letter.signer_name, letter.place_name) == ("", None, "", "")
    party = plans["162-kh-duk"].document
    assert (party.issued_on, party.issued_year, party.place_name) == (None, None, "")
    commune = plans["kh-ubnd-cam-tan"].document
    assert (commune.serial, commune.issued_on, commune.issued_month, commune.issued_year) == (None, None, 5, 2024)
    assert Document.objects.get(key="80-2017-nd-cp").issued_on is None
