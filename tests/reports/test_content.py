"""What the typed text means: numbers, missing, zero and nil, limits, differences from the last period."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import content, form_fields
from reports.content_checks import differs_wildly
from reports.models import Report
from reports.whole_numbers import MOST_COUNT, MOST_MONEY, Unreadable, read_money, read_whole
from tests.builders import make_level, make_report, make_task, plan_form

# --- whole numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("00", 0),
        ("007", 7),
        ("1234", 1234),
        ("1.234", 1234),
        ("1 234", 1234),
        ("1\u00a0234\u00a0567", 1234567),
        ("1\u202f234", 1234),
        ("  12 ", 12),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1.234.567,00", 1234567),
        ("1.000", 1000),
        ("1.000.000.000", MOST_COUNT),
    ],
)
def test_numbers_that_can_be_read_in_one_way(text, number):
    assert read_whole(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "1.23", "1,234.5", "1.234,5", "12,5", "12.5", "1,234", "0.123", "0,5", "1.2345", "12.34.567", "1234.567",
        "1. 234", "1..234", "1.234 567", ".", ",", "1.234,000",
    ],
)  # fmt: skip
def test_numbers_that_can_be_read_in_two_ways_are_asked_about(text):
    with pytest.raises(Unreadable, match=r"^Không rõ “.*” là bao nhiêu\. Hãy ghi lại"):
        read_whole(text)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [("1,234", "1234", "1,234"), ("12,5", "125", "12,5"), ("1.23", "123", "1,23"), ("0,5", "5", "0,5")],
)
def test_both_readings_of_a_number_are_offered(text, one, other):
    with pytest.raises(Unreadable, match=rf"bạn muốn ghi {one} hay {other}\? Ô này chỉ nhận số nguyên"):
        read_whole(text)


@pytest.mark.parametrize("text", ["1.234,5", "1,234.5", "1..2", "12.34.567"])
def test_number_without_two_plain_readings_is_asked_in_general(text):
    with pytest.raises(Unreadable, match="Hãy ghi lại bằng số nguyên, ví dụ 1234"):
        read_whole(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5 triệu", 5_000_000),
        ("12,5 triệu", 12_500_000),
        ("12,5 triệu đồng", 12_500_000),
        ("12.5 triệu", 12_500_000),
        ("1,25 Tỷ", 1_250_000_000),
        ("2 tỉ", 2_000_000_000),
        ("500k", 500_000),
        ("5tr", 5_000_000),
        ("800 nghìn đ", 800_000),
        ("1 tỷ 250 triệu đồng", 1_250_000_000),
        ("16 triệu\u00a0500 ngàn", 16_500_000),
        ("0 triệu", 0),
    ],
)
def test_amount_in_millions_and_billions_that_reads_in_one_way(text, number):
    assert read_money(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "1.500 triệu", "1,500 tỷ", "1 tỷ 250", "5 triệu 3 tỷ", "1 triệu 2 triệu", "1 tỷ 2500 triệu", "1,5 tỷ 2 triệu",
        "1 tỷ 2,5 triệu", "1,2345 k", "5 triệu em", "khoảng 5 triệu", "5 triệu - 6 triệu", "-5 triệu",
        "1.000.000 triệu",
    ],
)  # fmt: skip
def test_amount_in_words_that_reads_in_two_ways_is_asked_about(text):
    with pytest.raises(Unreadable, match="Không rõ số tiền này là bao nhiêu"):
        read_money(text)


@pytest.mark.parametrize("text", ["abc", "5 em", "năm", "1e5", "0x10", "½", "١٢", "+5", "=1+1", "5 triệu"])
def test_words_are_not_numbers(text):
    with pytest.raises(Unreadable, match="không phải là số nguyên"):
        read_whole(text)


@pytest.mark.parametrize("text", ["-1", "- 1", "−5", "–1.234", "-0,5"])
def test_negative_is_refused_with_its_own_sentence(text):
    with pytest.raises(Unreadable, match="không được âm"):
        read_whole(text)


def test_limits_of_counts_and_of_money():
    assert read_whole(str(MOST_COUNT)) == MOST_COUNT
    assert read_money("1.000.000.000.000.000") == MOST_MONEY
    with pytest.raises(Unreadable, match=r"nhiều nhất là 1\.000\.000\.000\."):
        read_whole(str(MOST_COUNT + 1))
    with pytest.raises(Unreadable, match=r"nhiều nhất là 1\.000\.000\.000\.000\.000\."):
        read_money(str(MOST_MONEY + 1))
    with pytest.raises(Unreadable, match=r"nhiều nhất là 1\.000\.000\.000\.000\.000\."):
        read_money("2000000 tỷ")
    with pytest.raises(Unreadable, match="quá lớn"):
        read_whole("9" * 5000)


@pytest.mark.parametrize("text", ["500.000 đồng", "500000đ", "500 000 VND", "500.000"])
def test_money_may_carry_its_currency(text):
    assert read_money(text) == 500_000


@given(st.integers(min_value=0, max_value=MOST_MONEY), st.sampled_from([".", " ", "\u00a0", ""]))
def test_every_number_is_read_back_as_it_was_written(number, separator):
    written = f"{number:,}".replace(",", separator)
    assert read_whole(written, most=MOST_MONEY) == number


@given(st.text(alphabet="0123456789., -", max_size=14))
def test_what_is_read_never_differs_from_the_digits_typed(text):
    try:
        number = read_whole(text, most=10**14)
    except Unreadable:
        return
    whole = text.strip().split(",")[0] if text.count(",") == 1 else text
    assert str(number) == "".join(filter(str.isdigit, whole)).lstrip("0") or number == 0


# --- the last period ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "wild"),
    [
        (11, 33, False), (11, 34, True), (33, 11, False), (34, 11, True), (10, 1000, True), (1000, 10, True),
        (0, 500, True), (500, 0, True), (10, 1, False), (0, 10, False),
        (100, 300, False), (100, 301, True), (300, 100, False), (301, 100, True),
    ],
)  # fmt: skip
def test_three_times_is_allowed_and_more_is_not(before, now, wild):
    assert differs_wildly(before, now) is wild


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_difference_is_as_wild_upwards_as_downwards(one, other):
    assert differs_wildly(one, other) == differs_wildly(other, one)


# --- a whole form -------------------------------------------------------------------------------------------------

GROUPS = ("chu-chot", "nu-cong")


@pytest.fixture
def report(cast) -> Report:
    return make_report(cast.obligation)


def typed(**changes: str) -> dict[str, str]:
    """A sound draft for the form of ``make_form``; ``__`` stands for the dot of a field name."""
    raw = {f"can-bo.{group}.{part}": number for group in GROUPS for part, number in (("n", "45"), ("d", "50"))}
    raw |= {"tre-em-duoc-ho-tro.v": "12", "kinh-phi.v": "1.500.000", "ket-qua": "Đã làm tốt."}
    return raw | {name.replace("__", ".").replace("_", "-"): text for name, text in changes.items()}


def parse(report, raw, previous=None):
    return content.parse(report, raw, previous=previous)


def test_sound_draft_becomes_content(report):
    parsed = parse(report, typed())
    assert parsed.is_valid
    assert parsed.content == {
        "figures": {
            "can-bo": {"chu-chot.n": 45, "chu-chot.d": 50, "nu-cong.n": 45, "nu-cong.d": 50},
            "tre-em-duoc-ho-tro": {"v": 12},
            "kinh-phi": {"v": 1_500_000},
        },
        "texts": {"ket-qua": "Đã làm tốt."},
        "choices": {},
        "tasks": {},
        "activities": [],
        "models": [],
        "attachments": [],
        "explanations": {},
        "collected": {},
    }


def test_empty_draft_tells_every_missing_item_at_once(report):
    assert set(parse(report, {}).errors) == {"can-bo.chu-chot.n", "tre-em-duoc-ho-tro.v", "kinh-phi.v", "ket-qua"}


def test_zero_is_a_figure_and_nil_is_not_zero(report):
    zero = parse(report, typed(tre_em_duoc_ho_tro__v="0"))
    nil = parse(report, typed(tre_em_duoc_ho_tro__v="", tre_em_duoc_ho_tro__nil="on"))
    assert (zero.is_valid, zero.content["figures"]["tre-em-duoc-ho-tro"]) == (True, {"v": 0})
    assert (nil.is_valid, nil.content["figures"]["tre-em-duoc-ho-tro"]) == (True, {"nil": True})


def test_nil_together_with_a_number_is_an_error(report):
    parsed = parse(report, typed(kinh_phi__nil="on"))
    assert list(parsed.errors) == ["kinh-phi.nil"]


def test_nil_with_zero_is_an_error_too(report):
    assert "can-bo.nil" in parse(report, typed(can_bo__nil="on", can_bo__chu_chot__n="0")).errors


def test_numerator_may_equal_and_not_exceed_its_denominator(report):
    assert parse(report, typed(can_bo__chu_chot__n="50")).is_valid
    parsed = parse(report, typed(can_bo__chu_chot__n="51"))
    assert list(parsed.errors) == ["can-bo.chu-chot.n"]
    assert parsed.errors["can-bo.chu-chot.n"][0].startswith("Tử số (51) lớn hơn mẫu số (50).")


def test_empty_group_may_be_nought_of_nought(report):
    assert parse(report, typed(can_bo__nu_cong__n="0", can_bo__nu_cong__d="0")).is_valid


def test_one_missing_cell_of_a_share_is_told_at_that_cell(report):
    parsed = parse(report, typed(can_bo__nu_cong__d=" "))
    assert parsed.errors == {"can-bo.nu-cong.d": [content.MISSING_CELL]}
    assert "nu-cong.d" not in parsed.content["figures"]["can-bo"]


def test_all_errors_come_at_once(report):
    raw = typed(can_bo__chu_chot__n="51", can_bo__nu_cong__d="-1", tre_em_duoc_ho_tro__v="1.23", ket_qua="")
    assert set(parse(report, raw).errors) == {
        "can-bo.chu-chot.n",
        "can-bo.nu-cong.d",
        "tre-em-duoc-ho-tro.v",
        "ket-qua",
    }


def test_text_up_to_its_length_and_one_more(report):
    report.form_version.items.filter(code="ket-qua").update(max_length=5)
    assert parse(report, typed(ket_qua="  ắằẳẵặ\r\n ")).content["texts"] == {"ket-qua": "ắằẳẵặ"}
    assert parse(report, typed(ket_qua="ắằẳẵặ!")).errors == {
        "ket-qua": ["Nội dung dài 6 ký tự, nhiều nhất là 5. Hãy rút gọn."]
    }


def test_decomposed_letters_are_stored_composed(report):
    assert parse(report, typed(ket_qua="Đa\u0303 la\u0300m")).content["texts"]["ket-qua"] == "Đã làm"


def test_optional_item_may_be_left_out_and_is_then_missing(report):
    report.form_version.items.filter(code="kinh-phi").update(required=False)
    parsed = parse(report, typed(kinh_phi__v=""))
    assert parsed.is_valid
    assert "kinh-phi" not in parsed.content["figures"]


@pytest.mark.parametrize("before", [{"v": 100}, {"nam.v": 60, "nu.v": 40, "v": 100}])
def test_fall_to_nil_needs_an_explanation_as_a_fall_to_zero_does(report, before):
    """Otherwise a press on "không phát sinh" would pass what 0 does not, and no reviewer would be told."""
    previous = {"figures": {"tre-em-duoc-ho-tro": before}}
    raw = typed() | {"tre-em-duoc-ho-tro.v": "", "tre-em-duoc-ho-tro.nil": "on"}
    (sentence,) = parse(report, raw, previous).errors["tre-em-duoc-ho-tro.nil"]
    assert sentence.startswith("Kỳ trước là 100, kỳ này không phát sinh: chênh lệch quá 3 lần.")
    explained = parse(report, raw | {"tre-em-duoc-ho-tro.explanation": "Không tổ chức."}, previous)
    assert explained.is_valid
    assert [row["item"] for row in content.flags(explained)["checks"]] == ["tre-em-duoc-ho-tro"]
    assert explained.content["figures"]["tre-em-duoc-ho-tro"] == {"nil": True}


@pytest.mark.parametrize("before", [{"v": 10}, {"v": 0}, {"nil": True}, {}])
def test_nil_after_little_or_nothing_is_not_asked_about(report, before):
    raw = typed() | {"tre-em-duoc-ho-tro.v": "", "tre-em-duoc-ho-tro.nil": "on"}
    assert parse(report, raw, {"figures": {"tre-em-duoc-ho-tro": before}}).is_valid


def test_wild_difference_needs_an_explanation(report):
    previous = {"figures": {"tre-em-duoc-ho-tro": {"v": 120}, "kinh-phi": {"nil": True}}}
    refused = parse(report, typed(tre_em_duoc_ho_tro__v="39"), previous)
    assert refused.errors["tre-em-duoc-ho-tro.v"][0].startswith("Kỳ trước là 120, kỳ này ghi 39")
    assert parse(report, typed(tre_em_duoc_ho_tro__v="40"), previous).is_valid
    explained = parse(
        report, typed(tre_em_duoc_ho_tro__v="39", tre_em_duoc_ho_tro__explanation="Chuyển sang quỹ."), previous
    )
    assert explained.is_valid
    assert explained.content["explanations"] == {"tre-em-duoc-ho-tro": "Chuyển sang quỹ."}


def test_figure_that_was_not_reported_last_time_is_held_against_nothing(report):
    assert parse(report, typed(tre_em_duoc_ho_tro__v="900"), {"figures": {}, "texts": {}}).is_valid


def test_telephone_number_in_a_text_is_warned_about_and_not_refused(report):
    parsed = parse(report, typed(ket_qua="Liên hệ 0912 345 678; tổng đài 111, 18001744; kinh phí 120.000.000.000"))
    assert (parsed.is_valid, list(parsed.warnings)) == (True, ["ket-qua"])
    assert not parse(report, typed(ket_qua="Tổng đài 111, 18001744; kinh phí 120.000.000.000 đồng")).warnings


# --- tasks and levels ---------------------------------------------------------------------------------------------


@pytest.fixture
def with_tasks(cast):
    make_task(cast.plan, "Truyền thông", lead="Công chức Văn hóa – xã hội")
    make_task(cast.plan, "Chăm lo", lead="Công an xã")
    make_task(cast.plan, "Kiểm tra", lead="Công chức Văn hoá – xã hội.")
    report = make_report(cast.obligation)
    report.form_version = plan_form(cast.duty)
    report.save(update_fields=["form_version"])
    return report


def test_tasks_are_grouped_by_the_body_that_leads_them(with_tasks):
    question = next(q for q in form_fields.load(with_tasks).questions if q.kind == "tasks")
    assert [(group.lead, [row.text for row in group.rows]) for group in question.task_groups] == [
        ("Công chức Văn hóa – xã hội", ["Truyền thông", "Kiểm tra"]),
        ("Công an xã", ["Chăm lo"]),
    ]


def test_task_without_a_choice_is_told_and_one_with_a_choice_kept(with_tasks):
    question = next(q for q in form_fields.load(with_tasks).questions if q.kind == "tasks")
    first, second, third = question.tasks
    raw = {first.status_name: "done", first.note_name: "Xong.", second.status_name: "xong", third.status_name: ""}
    parsed = parse(with_tasks, raw)
    assert parsed.content["tasks"] == {str(first.task.pk): {"status": "done", "note": "Xong."}}
    assert parsed.errors[second.status_name] == parsed.errors[third.status_name] == [content.MISSING_STATUS]
    assert first.status_name not in parsed.errors


def test_task_of_the_unit_above_is_not_asked_of_the_unit_below(cast, with_tasks):
    responsibility = cast.plan.tasks.first().section.responsibilities.get()
    responsibility.org_unit = cast.union
    responsibility.save()
    question = next(q for q in form_fields.load(with_tasks).questions if q.kind == "tasks")
    assert [row.text for row in question.tasks] == ["Chăm lo", "Kiểm tra"]


def test_share_is_asked_only_of_the_levels_that_the_target_names(cast, report):
    cast.target.levels.add(make_level(code="nganh"))
    assert "can-bo" not in [question.code for question in form_fields.load(report).questions]
    assert "can-bo.chu-chot.n" not in parse(report, {}).errors
    cast.target.levels.add(make_level(code="co-so"))
    assert "can-bo" in [question.code for question in form_fields.load(report).questions]
