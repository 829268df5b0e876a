"""The audit page, its words, and the mail of the embedded run."""

import datetime
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from orgunits import audit, outbox, reorganisation
from orgunits.audit_words import ACTIONS, DETAILS, VALUES, details
from orgunits.models import AuditEvent
from plans.models import PeriodKind
from reports.models import FundingSource, Occasion
from reports.workflow import Action

pytestmark = pytest.mark.django_db

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"


def text(answer):
    return answer.content.decode()


def main(answer):
    return text(answer).partition("<tbody>")[2].partition("</tbody>")[0]


# --- the audit trail --------------------------------------------------------------------------------------------


@pytest.fixture
def events(cast):
    audit.record("report.approve", cast.obligation, by=cast.reviewer, org_unit=cast.base, comment="Rõ ràng")
    audit.record("role.give", cast.officer, by=cast.administrator, org_unit=cast.elsewhere, role="reporter")
    audit.record("unheard.of", cast.officer, by=None)
    return cast


def test_administrator_reads_what_happened_in_the_scope(client, events):
    client.force_login(events.unit_administrator)
    page = main(client.get("/to-chuc/nhat-ky/"))
    assert "Duyệt báo cáo" in page
    assert "Rõ ràng" in page
    assert "Giao vai trò" not in page
    client.force_login(events.administrator)
    page = main(client.get("/to-chuc/nhat-ky/"))
    assert "Giao vai trò" in page
    assert "Người lập báo cáo" in page  # the role's code in words
    assert "unheard.of" in page  # a code without words is not lost


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("viec=report.approve", {"Duyệt báo cáo"}),
        ("nguoi=xet duyet", {"Duyệt báo cáo"}),
        ("nguoi=khong co ai", set()),
        ("don_vi=liên đoàn lao động tỉnh nơi khác", {"Giao vai trò"}),
    ],
)
def test_audit_page_is_narrowed(client, events, wanted, found):
    client.force_login(events.administrator)
    page = main(client.get(f"/to-chuc/nhat-ky/?{wanted}"))
    assert {words for words in ("Duyệt báo cáo", "Giao vai trò") if words in page} == found


def test_both_days_of_the_filter_are_included(client, events):
    moment = datetime.datetime(2026, 3, 9, 23, 59, 59, tzinfo=timezone.get_default_timezone())
    AuditEvent.objects.filter(action="report.approve").update(at=moment)
    client.force_login(events.administrator)
    for days, seen in [
        ("tu_ngay=09/03/2026&den_ngay=09/03/2026", True),
        ("den_ngay=08/03/2026", False),
        ("tu_ngay=10/03/2026", False),
    ]:
        assert ("Duyệt báo cáo" in main(client.get(f"/to-chuc/nhat-ky/?{days}"))) is seen


def test_unreadable_filter_is_said_and_breaks_nothing(client, events):
    client.force_login(events.administrator)
    answer = client.get("/to-chuc/nhat-ky/?tu_ngay=hom-qua&viec=khong-co&don_vi=khong-co&trang=x")
    assert answer.status_code == 200
    assert "ngày/tháng/năm" in text(answer)


def test_audit_page_asks_the_same_number_of_times(client, events, django_assert_max_num_queries):
    for _ in range(40):
        audit.record("report.approve", events.obligation, by=events.reviewer, org_unit=events.base)
    client.force_login(events.administrator)
    with django_assert_max_num_queries(12):
        client.get("/to-chuc/nhat-ky/")


def test_audit_page_only_reads(client, events):
    client.force_login(events.administrator)
    assert client.post("/to-chuc/nhat-ky/").status_code == 405


def test_every_action_in_the_code_has_words():
    code = re.compile(r'record\(\s*"([a-z_]+\.[a-z_]+)"')
    written = {
        found
        for app in ("orgunits", "plans", "targets", "reports")
        for file in (Path(settings.BASE_DIR) / app).rglob("*.py")
        for found in code.findall(file.read_text())
    }
    written |= {f"report.{action.value}" for action in Action}
    assert len(written) > 20
    assert written - set(ACTIONS) == set()


def test_details_are_written_for_readers():
    data = {"effective_on": "2026-07-01", "role": "approver", "reason": "", "changes": {"phone": ["1", "2"]}}
    assert details(data) == [
        ("ngày hiệu lực", "01/07/2026"),
        ("vai trò", "Người ký duyệt của đơn vị"),
        ("thay đổi", "điện thoại: 1 → 2"),
    ]


def test_details_say_codes_lists_and_counts_in_words():
    data = {
        "kind": "half_year",
        "created": 12,
        "fields": ["phone", "email"],
        "obligations": [4, 5, 6],
        "changes": {"phone": ["", "0262"]},
        "up": False,
        "item_reasons": {},
    }
    assert details(data) == [
        ("kỳ", "6 tháng đầu năm"),
        ("số báo cáo phải nộp đã tạo", "12"),
        ("mục đã sửa", "điện thoại, thư điện tử"),
        ("số báo cáo", "3"),
        ("thay đổi", "điện thoại: (trống) → 0262"),
        ("chuyển lên trên", "không"),
    ]


def test_every_code_of_a_period_or_an_activity_has_words():
    stored = {*PeriodKind.values, *Occasion.values, *FundingSource.values} - {""}
    assert stored - set(VALUES) == set()


def test_every_detail_in_the_code_has_words():
    kept = re.compile(r"audit\.record\((?:[^()]|\([^()]*\))*\)")
    keys = {
        key
        for app in ("orgunits", "plans", "targets", "reports")
        for file in (Path(settings.BASE_DIR) / app).rglob("*.py")
        for call in kept.findall(file.read_text())
        for key in re.findall(r"[(,\s]([a-z_]+)=", call)
    } - {"by", "org_unit"}
    assert len(keys) > 15
    assert keys - set(DETAILS) == set()


def test_units_in_the_details_are_named(client, cast):
    reorganisation.end(cast.base, on=timezone.localdate(), by=cast.administrator, successors=[cast.sibling])
    client.force_login(cast.administrator)
    page = main(client.get("/to-chuc/nhat-ky/?viec=unit.merge"))
    assert "đơn vị kế thừa: Công đoàn cơ sở số 02" in page


# --- the outbox -------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(settings, tmp_path):
    """Three letters in the folder: two in one connection, one alone and newer."""
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = FILE_BACKEND, str(tmp_path)
    with mail.get_connection() as connection:
        for subject in ("Nhắc nộp báo cáo", "Thư thứ hai"):
            letter = mail.EmailMultiAlternatives(subject, "Kính gửi, http://vi-du.vn/a", to=["a@vi-du.vn"])
            letter.attach_alternative("<p style='color:red'>Kính gửi <script>alert(1)</script></p>", "text/html")
            letter.connection = connection
            letter.send()
    mail.EmailMessage("Lá mới nhất", "-" * 79 + " không phải chỗ ngắt", to=["Lê Thị B <b@vi-du.vn>"]).send()
    return tmp_path


def test_letters_are_read_newest_file_first(kept):
    found = outbox.letters(kept)
    assert len(found) == 3
    by_subject = {letter.subject: letter for letter in found}
    assert by_subject["Nhắc nộp báo cáo"].text.strip() == "Kính gửi, http://vi-du.vn/a"
    assert by_subject["Lá mới nhất"].to == "Lê Thị B <b@vi-du.vn>"
    assert by_subject["Lá mới nhất"].html == ""


def test_letter_is_shown_with_links_and_framed_html(client, cast, kept):
    client.force_login(cast.administrator)
    page = text(client.get("/to-chuc/hop-thu-di/"))
    assert "Nhắc nộp báo cáo" in page
    address = re.search(r'href="(/to-chuc/hop-thu-di/[^"]+)">\s*Nhắc nộp', page).group(1)
    page = text(client.get(address))
    assert 'href="http://vi-du.vn/a"' in page
    assert "alert(1)" not in page
    answer = client.get(f"{address}html/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "address", ["20260101-000000-1.log/0/", "..%2F..%2Fsecret_key/0/", "db.sqlite3/0/", "20260101-000000-1.log/0/html/"]
)
def test_only_letters_are_read(client, cast, kept, address):
    (kept / "db.sqlite3").write_text("x")
    client.force_login(cast.administrator)
    assert client.get(f"/to-chuc/hop-thu-di/{address}").status_code == 404


def test_letter_past_the_end_of_a_file_is_not_found(client, cast, kept):
    client.force_login(cast.administrator)
    name = next(kept.glob("*.log")).name
    assert client.get(f"/to-chuc/hop-thu-di/{name}/0/").status_code == 200
    assert client.get(f"/to-chuc/hop-thu-di/{name}/7/").status_code == 404


def test_unit_administrator_reads_no_mail(client, cast, kept):
    client.force_login(cast.unit_administrator)
    name = next(kept.glob("*.log")).name
    for end in ("", f"{name}/0/", f"{name}/0/html/"):
        assert client.get(f"/to-chuc/hop-thu-di/{end}").status_code == 403


def test_with_a_mail_server_nothing_is_kept(client, cast, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    client.force_login(cast.administrator)
    assert "đã có máy chủ thư" in text(client.get("/to-chuc/hop-thu-di/"))


def test_empty_folder_says_what_will_come(client, cast, settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = FILE_BACKEND, str(tmp_path / "none-yet")
    client.force_login(cast.administrator)
    assert "Chưa có thư nào" in text(client.get("/to-chuc/hop-thu-di/"))
