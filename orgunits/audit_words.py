"""What the codes of the audit trail say to a reader. A code without words is shown as it is, so nothing is lost."""

import datetime
import re
from typing import Any

from orgunits.models import Role

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

ACTIONS = {
    # accounts and roles
    "person.invite": "Mời người dùng",
    "person.invite_again": "Gửi lại thư mời",
    "person.password": "Đặt hoặc đổi mật khẩu",
    "person.change": "Sửa thông tin người dùng",
    "person.deactivate": "Ngừng tài khoản",
    "person.reactivate": "Mở lại tài khoản",
    "role.give": "Giao vai trò",
    "role.end": "Kết thúc vai trò",
    # units
    "unit.establish": "Thành lập đơn vị",
    "unit.rename": "Đổi tên, đổi cấp đơn vị",
    "unit.move": "Chuyển đơn vị cấp trên",
    "unit.merge": "Sáp nhập đơn vị",
    "unit.split": "Chia tách đơn vị",
    "unit.dissolve": "Kết thúc hoạt động đơn vị",
    "unit.contact": "Sửa liên hệ của đơn vị",
    "level.create": "Thêm cấp",
    "level.change": "Sửa cấp",
    "letter.send_again": "Gửi lại thư",
    # documents and plans
    "document.create": "Thêm văn bản",
    "plan.create": "Lập kế hoạch",
    "plan.update": "Sửa kế hoạch",
    "plan.remove": "Xóa kế hoạch",
    "plan.issue": "Ban hành kế hoạch",
    "plan.citations": "Sửa căn cứ của kế hoạch",
    "plan.recipients": "Sửa nơi nhận của kế hoạch",
    "plan.section_add": "Thêm mục của kế hoạch",
    "plan.section_update": "Sửa mục của kế hoạch",
    "plan.section_move": "Chuyển chỗ mục của kế hoạch",
    "plan.section_remove": "Xóa mục của kế hoạch",
    "duty.create": "Đặt chế độ báo cáo",
    "duty.update": "Sửa chế độ báo cáo",
    "duty.remove": "Bỏ chế độ báo cáo",
    "duty.open_period": "Mở kỳ báo cáo",
    "duty.extend_all": "Gia hạn cho mọi đơn vị",
    "due_rule.set": "Đặt hạn báo cáo",
    # targets
    "indicator.create": "Thêm chỉ tiêu",
    "indicator.update": "Sửa chỉ tiêu",
    "target.create": "Đặt mục tiêu",
    "target.update": "Sửa mục tiêu",
    "target.remove": "Bỏ mục tiêu",
    # reports
    "obligation.extend": "Gia hạn báo cáo",
    "obligation.waive": "Miễn báo cáo",
    "report.start": "Bắt đầu lập báo cáo",
    "report.submit": "Nộp báo cáo",
    "report.return": "Trả lại báo cáo",
    "report.approve": "Duyệt báo cáo",
    "report.reopen": "Mở lại báo cáo đã duyệt",
    "reminder.manual": "Nhắc nộp báo cáo",
    "activity.create": "Thêm hoạt động",
    "activity.edit": "Sửa hoạt động",
    "activity.delete": "Xóa hoạt động",
    "attachment.add": "Thêm tệp đính kèm",
    "attachment.remove": "Bỏ tệp đính kèm",
}
UNITS = {"parent", "successors"}  # details that hold the numbers of units
DETAILS = {
    "effective_on": "ngày hiệu lực",
    "name": "tên",
    "full_name": "họ và tên",
    "phone": "điện thoại",
    "parent": "đơn vị cấp trên",
    "successors": "đơn vị kế thừa",
    "changes": "thay đổi",
    "role": "vai trò",
    "valid_from": "từ ngày",
    "valid_to": "đến trước ngày",
    "fields": "mục đã sửa",
    "rank": "thứ bậc",
    "reason": "lý do",
    "comment": "ý kiến",
    "due_on": "hạn nộp",
    "number": "lần nộp",
    "revision": "lần nộp",
}


def action_words(code: str) -> str:
    return ACTIONS.get(code, code)


def unit_pks(data: dict[str, Any]) -> list[int]:
    """The units that the data of an event names by number."""
    found = [data[key] for key in UNITS if isinstance(data.get(key), (int, list))]
    return [pk for value in found for pk in (value if isinstance(value, list) else [value])]


def details(data: dict[str, Any], names: dict[int, str] | None = None) -> list[tuple[str, str]]:
    """The data of an event as words and values, for the page; an empty value is left out.

    ``names`` says how the units of ``unit_pks`` are called.
    """
    shown = {key: value for key, value in data.items() if value not in (None, "", [])}
    for key in UNITS & shown.keys():
        shown[key] = "; ".join((names or {}).get(pk, str(pk)) for pk in unit_pks({key: shown[key]}))
    return [(DETAILS.get(key, key), _text(value)) for key, value in shown.items()]


def _text(value: Any) -> str:
    """Days as they are written here, codes of roles as their words, the rest as it is."""
    match value:
        case str() if DAY.fullmatch(value):
            return f"{datetime.date.fromisoformat(value):%d/%m/%Y}"
        case str() if value in Role.values:
            return str(Role(value).label)
        case dict():
            return "; ".join(f"{DETAILS.get(key, key)}: {_text(part)}" for key, part in value.items())
        case list():
            return " → ".join(str(part) for part in value)
    return str(value)
