"""The five source plans as official documents: every sentence there, the frame by the rules, nothing invented."""

import datetime

import pytest

from plans.letterheads import load_letterheads
from plans.loading import load_plans
from plans.models import Citation, Plan, Section
from plans.official.blocks import Bullet, Heading, KeyLine, Paragraph, from_json, text_of, to_json
from plans.official.from_plan import SAMPLE_NOTICE, heading_level, plan_document
from plans.official.layout import appendix_part, attached_to, document_title, main_part
from plans.official.numbering import BLANK
from tests.builders import make_plan, make_unit
from tests.plans.organisation import make_organisation

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def documents(django_db_setup, django_db_blocker):
    """The five plans, loaded once and rolled back after the module."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        units = make_organisation()
        load_letterheads(units, valid_from=datetime.date(2018, 1, 1))
        load_plans(units)
        made = {plan.document.key: plan_document(plan, on=TODAY) for plan in Plan.objects.order_by("pk")}
        transaction.set_rollback(True)
    return made


def words(segments):
    return "".join(segment.text for segment in segments)


def printed(document):
    part = main_part(document)
    lines = [words(block["segments"]) for block in part["blocks"]]
    return part, lines


# --- A: Công đoàn Viên chức tỉnh Đắk Lắk -----------------------------------------------------------------------------
def test_union_plan_of_2024(documents):
    part, lines = printed(documents["57-kh-cdvc"])
    assert part["style"] == "nd30"
    assert part["superior"] == ["LIÊN ĐOÀN LAO ĐỘNG", "TỈNH ĐẮK LẮK"]
    assert part["issuer"] == ["CÔNG ĐOÀN VIÊN CHỨC TỈNH"]
    assert part["number"] == "Số: 57/KH-CĐVC"
    assert part["place_and_date"] == "Đắk Lắk, ngày 24 tháng 5 năm 2024"
    assert part["type_name"] == "KẾ HOẠCH"
    assert part["citations"] == []
    assert part["signature"] == {
        "authority": ("TM. BAN THƯỜNG VỤ",),
        "posts": ["CHỦ TỊCH"],
        "name": "Phạm Thị Anh Đức",
    }
    assert [words(line) for line in part["recipients"]] == [
        "Các CĐCS trực thuộc;",
        "Ban Tuyên giáo-nữ công LĐLĐ tỉnh (b/c);",
        "Lưu: VP CĐVC.",
    ]
    assert lines[0].startswith("Thực hiện Kế hoạch số 54/KH-LĐLD ngày 17/5/2024")
    assert "I. MỤC ĐÍCH, YÊU CẦU" in lines
    assert lines[-1].endswith("nghiêm túc triển khai thực hiện./.")


def test_parts_points_and_dashes_keep_their_order_and_levels(documents):
    body = documents["57-kh-cdvc"].body
    headings = [(block.level, block.number) for block in body if isinstance(block, Heading)]
    assert [number for level, number in headings if level == 1] == ["I.", "II.", "III.", "IV."]
    assert [number for level, number in headings if level == 2] == ["1.", "2.", "3.", "4.", "5.", "1.", "2."]
    assert any(isinstance(block, Bullet) and block.marker == "-" for block in body)
    points = [block for block in body if isinstance(block, Paragraph) and block.number]
    assert text_of(points[0].runs).startswith("Nâng cao nhận thức, trách nhiệm của các cấp công đoàn")


# --- B: Đảng ủy Khối -------------------------------------------------------------------------------------------------
def test_party_plan(documents):
    part, lines = printed(documents["162-kh-duk"])
    assert part["style"] == "party"
    assert part["number"] == "Số 162-KH/ĐUK"
    assert part["place_and_date"] == f"{BLANK}, ngày {BLANK} tháng {BLANK} năm {BLANK}"
    assert words(part["subject"]).startswith("thực hiện Chỉ thị số 28-CT/TW ngày 25/12/2023")
    assert part["signature"]["authority"] == ("T/M BAN THƯỜNG VỤ",)
    assert part["signature"]["posts"] == ["PHÓ BÍ THƯ"]
    assert words(part["recipients"][-1]) == "Lưu VPĐUK."
    assert lines[-1].endswith("nghiêm túc triển khai thực hiện.")
    assert "Chưa có địa danh" in documents["162-kh-duk"].missing


# --- C: the letter ---------------------------------------------------------------------------------------------------
def test_letter_without_number_date_and_signature(documents):
    document = documents["cong-van-ldld-tinh"]
    part, lines = printed(document)
    assert part["letter"]
    assert part["type_name"] == ""
    assert part["issuer"] == ["LIÊN ĐOÀN LAO ĐỘNG TỈNH"]
    assert part["number"].startswith(f"Số: {BLANK}/")
    assert [words(line) for line in part["addressees"]] == [
        "Các Liên đoàn Lao động huyện, thị xã, thành phố;",
        "Các công đoàn ngành địa phương.",
    ]
    assert part["signature"] is None
    assert part["recipients"] == []
    assert lines[-1].endswith("theo quy định./.")
    assert {"Chưa có số", "Chưa có ngày ban hành", "Chưa có họ tên người ký"} <= set(document.missing)


# --- D: LĐLĐ tỉnh Bình Thuận -----------------------------------------------------------------------------------------
def test_union_plan_of_2018(documents):
    part, lines = printed(documents["60-kh-ldld"])
    assert part["number"] == "Số: 60/KH-LĐLĐ"
    assert part["place_and_date"] == "Bình Thuận, ngày 20 tháng 4 năm 2018"
    assert part["issuer"] == ["LIÊN ĐOÀN LAO ĐỘNG", "TỈNH BÌNH THUẬN"]
    assert part["signature"]["posts"] == ["PHÓ CHỦ TỊCH"]
    assert words(part["recipients"][-1]) == "Lưu: VT, NC."
    assert lines[-1].endswith("chuyên đề hoạt động nữ công./.")


# --- E: UBND xã Cẩm Tân ----------------------------------------------------------------------------------------------
def test_commune_plan_is_a_draft_with_blanks(documents):
    part, lines = printed(documents["kh-ubnd-cam-tan"])
    assert part["number"] == f"Số: {BLANK}/KH-UBND"
    assert part["place_and_date"] == f"Cẩm Tân, ngày {BLANK} tháng 5 năm 2024"
    assert part["signature"]["authority"] == ("KT. CHỦ TỊCH",)
    assert part["signature"]["posts"] == ["PHÓ CHỦ TỊCH"]
    assert lines[-1].endswith("trên địa bàn thôn./.")
    assert any("của cấp tỉnh, huyện, xã." in line for line in lines)


def test_lead_support_and_time_stand_as_labelled_lines(documents):
    keys = [block for block in documents["kh-ubnd-cam-tan"].body if isinstance(block, KeyLine)]
    assert KeyLine("Ngành chủ trì", "Công chức Văn hóa – xã hội") in keys
    assert any(key.label == "Thời gian thực hiện" and key.text.startswith("Thường xuyên") for key in keys)
    assert any(key.label == "Các ngành phối hợp" for key in keys)


def test_every_document_survives_json(documents):
    for document in documents.values():
        assert from_json(to_json(document)) == from_json(to_json(from_json(to_json(document))))


# --- forms that the five do not have ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "level"), [("I.", 1), ("Phần I", 1), ("1.", 2), ("10.", 2), ("1.2.", 3), ("a)", 4), ("đ)", 4), ("", 1)]
)
def test_level_of_a_heading_follows_its_number(number, level):
    assert heading_level(number, depth=0) == level


@pytest.mark.django_db
def test_plan_without_opening_lists_its_legal_basis():
    plan = make_plan(make_unit("Công đoàn Thử Nghiệm"))
    Citation.objects.create(document=plan.document, text="Kế hoạch số 54/KH-LĐLĐ", order=1)
    Citation.objects.create(document=plan.document, text="Căn cứ Luật Trẻ em", order=2)
    Citation.objects.create(document=plan.document, text="Luật khác", order=3, relation=Citation.Relation.MENTION)
    assert plan_document(plan, on=TODAY).citations == ("Căn cứ Kế hoạch số 54/KH-LĐLĐ", "Căn cứ Luật Trẻ em")
    Section.objects.create(plan=plan, kind=Section.Kind.PREAMBLE, body="Thực hiện Kế hoạch số 54/KH-LĐLĐ:")
    assert plan_document(plan, on=TODAY).citations == ()


@pytest.mark.django_db
def test_unit_without_letterhead_prints_its_name():
    plan = make_plan(make_unit("Công đoàn Thử Nghiệm"))
    document = plan_document(plan, on=TODAY)
    assert main_part(document)["issuer"] == ["CÔNG ĐOÀN THỬ NGHIỆM"]
    assert document.superior_lines == ()


@pytest.mark.django_db
def test_letterhead_of_the_day_of_issue_is_taken():
    unit = make_unit("Công đoàn Thử Nghiệm")
    day = datetime.date(2024, 5, 24)
    unit.letterheads.create(valid_from=datetime.date(2020, 1, 1), valid_to=day, issuer_line="TÊN CŨ")
    unit.letterheads.create(valid_from=day, issuer_line="TÊN\nMỚI", body_code="CĐTN")
    document = plan_document(make_plan(unit, issued_on=day), on=TODAY)
    assert document.issuer_lines == ("TÊN", "MỚI")
    assert document.number.body_code == "CĐTN"
    before = plan_document(make_plan(unit, issued_on=day - datetime.timedelta(days=1)), on=TODAY)
    assert before.issuer_lines == ("TÊN CŨ",)


@pytest.mark.django_db
def test_sample_document_is_marked():
    plan = make_plan(make_unit("Công đoàn Thử Nghiệm"))
    assert plan_document(plan, on=TODAY).notice == ""
    plan.document.is_sample = True
    assert plan_document(plan, on=TODAY).notice == SAMPLE_NOTICE


def test_title_and_attachment_line_name_the_document(documents):
    document = documents["57-kh-cdvc"]
    assert document_title(document).startswith("Kế hoạch số 57/KH-CĐVC Triển khai")
    expected = "(Kèm theo Kế hoạch số 57/KH-CĐVC ngày 24 tháng 5 năm 2024 của Công đoàn Viên chức tỉnh)"
    assert attached_to(document) == expected
    assert document.appendices == ()
    with pytest.raises(IndexError):
        appendix_part(document, 1)
