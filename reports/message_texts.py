"""The words of messages: the default ones, those that an administrator wrote, and what is put in for placeholders.

There is no template language: ``{{ten_don_vi}}`` is replaced once by its value, and only names of the kind's own closed
list are accepted. The text and the HTML of a message are made from the same paragraphs; the HTML escapes them.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from django.core.exceptions import ValidationError

from orgunits.vietnamese import nfc
from reports.models import MessageTemplate

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
SUBJECT_LENGTH, BODY_LENGTH = 200, 4000

REPORT = {
    "nguoi_nhan": ("Họ tên người nhận", "Nguyễn Thị Mẫu"),
    "ten_don_vi": ("Tên đơn vị phải báo cáo", "Công đoàn cơ sở mẫu"),
    "ten_bao_cao": ("Tên báo cáo", "Báo cáo năm thực hiện Chỉ thị 28-CT/TW"),
    "ky_bao_cao": ("Kỳ báo cáo", "Năm 2026"),
    "han_chot": ("Thời điểm cuối cùng còn trong hạn", "23:59 ngày 09/11/2026 (thứ Hai)"),
    "thoi_han": ("Còn hoặc quá bao nhiêu ngày, bằng chữ", "còn 7 ngày"),
    "so_ngay": ("Số ngày còn lại hoặc đã quá hạn", "7"),
    "noi_nhan": ("Nơi nhận báo cáo", "Công đoàn cấp trên mẫu"),
}
DAY = ("Ngày của thư", "09/11/2026")
REVIEW = {
    **{name: REPORT[name] for name in ("nguoi_nhan", "ten_don_vi", "ten_bao_cao", "ky_bao_cao")},
    "nguoi_thuc_hien": ("Người nộp, trả lại, duyệt hoặc mở lại", "Trần Văn Mẫu"),
    "luc": ("Giờ và ngày thực hiện", "09:00 ngày 05/11/2026"),
    "lan_nop": ("Bản nộp lần thứ mấy", "1"),
}
TO_REVIEWERS = {"submitted", "corrected"}


@dataclass(frozen=True)
class Kind:
    """One kind of message: its default words, and what may stand in them with a made-up value for trying."""

    code: str
    label: str
    when: str
    subject: str
    body: str
    placeholders: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def sample(self) -> dict[str, str]:
        return {name: value for name, (_, value) in self.placeholders.items()}


@dataclass(frozen=True)
class Paragraph:
    kind: Literal["heading", "text"]
    text: str


@dataclass(frozen=True)
class Message:
    """A subject and paragraphs with every placeholder put in."""

    subject: str
    paragraphs: list[Paragraph]


def _reminder(code: str, label: str, when: str, body: str, **samples: str) -> Kind:
    placeholders = {name: (words, samples.get(name, value)) for name, (words, value) in REPORT.items()}
    subject = "Nhắc nộp báo cáo ({{thoi_han}}): {{ten_bao_cao}}, {{ky_bao_cao}}, {{ten_don_vi}}"
    return Kind(code, label, when, subject, f"Kính gửi {{{{nguoi_nhan}}}},\n\n{body}", placeholders)


def _notice(code: str, label: str, when: str, subject: str, body: str) -> Kind:
    # Who reviews reads first from whom it comes; the unit knows who it is.
    about = (
        ["ten_don_vi", "ten_bao_cao", "ky_bao_cao"]
        if code in TO_REVIEWERS
        else ["ten_bao_cao", "ky_bao_cao", "ten_don_vi"]
    )
    subject = f"{subject}: " + ", ".join(f"{{{{{name}}}}}" for name in about)
    return Kind(code, label, when, subject, f"Kính gửi {{{{nguoi_nhan}}}},\n\n{body}", REVIEW)


KINDS = {
    kind.code: kind
    for kind in (
        _reminder(
            "reminder_before",
            "Nhắc trước hạn",
            "Gửi người lập báo cáo ở các mốc trước hạn.",
            "# Còn {{so_ngay}} ngày nữa là đến hạn nộp báo cáo\n\nĐề nghị đơn vị lập và nộp đúng hạn.",
        ),
        _reminder(
            "reminder_today",
            "Nhắc trong ngày hạn chót",
            "Gửi người lập báo cáo trong ngày cuối cùng còn trong hạn.",
            "# Hôm nay là ngày cuối cùng để nộp báo cáo\n\nĐề nghị đơn vị nộp chậm nhất 23:59 hôm nay.",
            thoi_han="hạn chót là hôm nay",
            so_ngay="0",
        ),
        _reminder(
            "reminder_late",
            "Nhắc khi quá hạn",
            "Gửi người lập báo cáo và thủ trưởng đơn vị ở các mốc sau hạn.",
            "# Báo cáo đã quá hạn {{so_ngay}} ngày\n\n"
            "Báo cáo đã quá hạn {{so_ngay}} ngày và chưa được nộp. "
            "Đề nghị đơn vị hoàn thành và nộp trong thời gian sớm nhất.",
            thoi_han="quá hạn 7 ngày",
        ),
        _reminder(
            "reminder_returned",
            "Nhắc sửa báo cáo bị trả lại",
            "Gửi thay các thư nhắc trên khi báo cáo đã bị trả lại.",
            "# Báo cáo cần sửa và nộp lại, {{thoi_han}}\n\n"
            "Báo cáo dưới đây đã bị trả lại, {{thoi_han}}. Đề nghị đơn vị sửa và nộp lại.",
        ),
        Kind(
            "superior",
            "Báo cấp trên các đơn vị chưa nộp",
            "Gửi người xét duyệt của nơi nhận báo cáo, kèm tên mọi đơn vị chưa nộp.",
            "{{so_don_vi}} đơn vị chưa nộp {{ten_bao_cao}}, {{ky_bao_cao}}",
            "Kính gửi {{nguoi_nhan}},\n\n# {{so_don_vi}} đơn vị chưa nộp báo cáo\n\n"
            "Đến nay các đơn vị dưới đây chưa nộp “{{ten_bao_cao}}”, {{ky_bao_cao}}, về {{ten_don_vi}}. "
            "Đề nghị đôn đốc các đơn vị nộp trong thời gian sớm nhất.",
            {
                "nguoi_nhan": REPORT["nguoi_nhan"],
                "ten_don_vi": ("Nơi nhận báo cáo", "Công đoàn cấp trên mẫu"),
                "ten_bao_cao": REPORT["ten_bao_cao"],
                "ky_bao_cao": REPORT["ky_bao_cao"],
                "so_don_vi": ("Số đơn vị chưa nộp", "3"),
            },
        ),
        _notice(
            "submitted",
            "Báo có báo cáo chờ xét duyệt",
            "Gửi người xét duyệt khi một đơn vị nộp báo cáo.",
            "Báo cáo chờ xét duyệt",
            "# Có báo cáo chờ xét duyệt\n\n{{nguoi_thuc_hien}} đã nộp báo cáo của {{ten_don_vi}} lúc {{luc}} "
            "(bản nộp lần {{lan_nop}}). Báo cáo đang chờ xét duyệt.",
        ),
        _notice(
            "returned",
            "Báo báo cáo bị trả lại",
            "Gửi đơn vị khi báo cáo bị trả lại; việc cần làm và lý do tự có bên dưới.",
            "Báo cáo cần sửa và nộp lại",
            "# Báo cáo cần sửa và nộp lại\n\n{{nguoi_thuc_hien}} đã trả lại báo cáo dưới đây lúc {{luc}} "
            "(bản nộp lần {{lan_nop}}) để đơn vị sửa và nộp lại. Nội dung đã nhập vẫn còn nguyên.",
        ),
        _notice(
            "approved",
            "Báo báo cáo được duyệt",
            "Gửi đơn vị khi báo cáo được duyệt; lời nhắn của người duyệt tự có bên dưới.",
            "Báo cáo đã được duyệt",
            "# Báo cáo đã được duyệt\n\nBáo cáo dưới đây (bản nộp lần {{lan_nop}}) đã được {{nguoi_thuc_hien}} duyệt "
            "lúc {{luc}}. Số liệu đã được tính vào kết quả tổng hợp. Cảm ơn đơn vị đã báo cáo.",
        ),
        _notice(
            "reopened",
            "Báo báo cáo được mở lại",
            "Gửi đơn vị khi báo cáo đã duyệt được mở lại để sửa; lý do tự có bên dưới.",
            "Báo cáo đã duyệt được mở lại để sửa",
            "# Báo cáo đã duyệt được mở lại để sửa\n\n{{nguoi_thuc_hien}} đã mở lại báo cáo dưới đây lúc {{luc}} "
            "để đơn vị sửa và nộp lại. Bản đã duyệt vẫn được lưu; số liệu tạm thời không tính vào kết quả tổng hợp "
            "cho đến khi bản mới được duyệt.",
        ),
        _notice(
            "corrected",
            "Báo có bản đính chính",
            "Gửi người xét duyệt khi một đơn vị gửi bản đính chính; lý do tự có bên dưới.",
            "Bản đính chính chờ xét duyệt",
            "# Có bản đính chính chờ xét duyệt\n\n{{nguoi_thuc_hien}} đã gửi bản đính chính báo cáo của {{ten_don_vi}} "
            "lúc {{luc}} (bản nộp lần {{lan_nop}}). Số liệu của các đơn vị cấp dưới đã thay đổi sau lần gửi trước; "
            "phần của đơn vị giữ nguyên.",
        ),
        Kind(
            "digest_owed",
            "Thư tổng hợp báo cáo phải nộp",
            "Gửi người đã chọn nhận một thư nhắc mỗi ngày.",
            "Báo cáo phải nộp, ngày {{ngay}}: {{so_bao_cao}} báo cáo",
            "Kính gửi {{nguoi_nhan}},\n\n# {{so_bao_cao}} báo cáo phải nộp\n\n"
            "Đề nghị lập và nộp đúng hạn các báo cáo dưới đây.",
            {
                "nguoi_nhan": REPORT["nguoi_nhan"],
                "ngay": DAY,
                "so_bao_cao": ("Số báo cáo phải nộp", "2"),
            },
        ),
        Kind(
            "digest_review",
            "Thư tổng hợp cho người xét duyệt",
            "Gửi người xét duyệt đầu giờ mỗi ngày làm việc, khi có việc.",
            "Xét duyệt ngày {{ngay}}: {{so_cho_duyet}} báo cáo chờ, {{so_qua_han}} báo cáo quá hạn",
            "Kính gửi {{nguoi_nhan}},\n\n# {{so_cho_duyet}} báo cáo chờ xét duyệt, {{so_qua_han}} báo cáo quá hạn\n\n"
            "Dưới đây là việc đang chờ xét duyệt và các báo cáo chưa nộp về đơn vị.",
            {
                "nguoi_nhan": REPORT["nguoi_nhan"],
                "ngay": DAY,
                "so_cho_duyet": ("Số báo cáo chờ xét duyệt", "4"),
                "so_qua_han": ("Số báo cáo quá hạn chưa nộp", "2"),
            },
        ),
        Kind(
            "digest_province",
            "Thư tổng hợp hằng tuần",
            "Gửi người xét duyệt và quản trị của đơn vị cấp cao nhất vào thứ Hai.",
            "Tình hình nộp báo cáo trong tuần, {{ten_don_vi}}, ngày {{ngay}}",
            "Kính gửi {{nguoi_nhan}},\n\n# Tình hình nộp báo cáo của {{ten_don_vi}}\n\nTính đến ngày {{ngay}}:",
            {
                "nguoi_nhan": REPORT["nguoi_nhan"],
                "ngay": DAY,
                "ten_don_vi": ("Đơn vị cấp cao nhất", "Liên đoàn Lao động tỉnh mẫu"),
            },
        ),
    )
}


class Texts:
    """The words that hold now, read once for many messages."""

    def __init__(self) -> None:
        written = MessageTemplate.objects.filter(kind__in=KINDS).values_list("kind", "subject", "body")
        self._written = {kind: (subject, body) for kind, subject, body in written}

    def message(self, code: str, values: dict[str, str]) -> Message:
        kind = KINDS[code]
        subject, body = self._written.get(code, (kind.subject, kind.body))
        return fill(kind, subject, body, values)


def fill(kind: Kind, subject: str, body: str, values: dict[str, str]) -> Message:
    """Put the values in, once: what a value contains is never looked at again."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1], "") if found[1] in kind.placeholders else found[0]

    def put(text: str) -> str:
        return PLACEHOLDER.sub(value, text)

    parts = [part.strip() for part in re.split(r"\n\s*\n", body.replace("\r\n", "\n")) if part.strip()]
    paragraphs = [
        Paragraph("heading", put(part[1:].strip())) if part.startswith("#") else Paragraph("text", put(part))
        for part in parts
    ]
    return Message(put(subject), paragraphs)


def check(kind: Kind, text: str) -> str:
    """The typed words, tidied; ValidationError with a sentence for what is no placeholder of this kind."""
    tidy = nfc(text.replace("\r\n", "\n").replace("\x00", "")).strip()
    unknown = [name for name in PLACEHOLDER.findall(tidy) if name not in kind.placeholders]
    if unknown:
        names = ", ".join(f"{{{{{name}}}}}" for name in dict.fromkeys(unknown))
        known = ", ".join(f"{{{{{name}}}}}" for name in kind.placeholders)
        raise ValidationError(f"Không có ô điền {names} trong thư này. Chỉ dùng: {known}.")
    if BRACES.search(PLACEHOLDER.sub("", tidy)):
        raise ValidationError(
            "Dấu ngoặc nhọn chỉ dùng cho ô điền, viết đủ hai dấu mở, hai dấu đóng, ví dụ {{nguoi_nhan}}."
        )
    return tidy
