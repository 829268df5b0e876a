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
    "person.reminders": "Đổi cách nhận thư nhắc",
    "person.bounce": "Thư bị trả lại",
    "person.mail_again": "Thử lại địa chỉ thư",
    "calendar.make": "Tạo địa chỉ lịch nhắc hạn",
    "calendar.renew": "Tạo lại địa chỉ lịch nhắc hạn",
    "calendar.off": "Tắt lịch nhắc hạn",
    "role.give": "Giao vai trò",
    "role.end": "Kết thúc vai trò",
    "role.give_back": "Giao lại vai trò khi hủy quyết định sắp xếp",
    "delegation.give": "Ủy quyền xét duyệt",
    "delegation.end": "Kết thúc ủy quyền xét duyệt",
    # units
    "unit.establish": "Thành lập đơn vị",
    "unit.rename": "Đổi tên, đổi cấp, đổi mã đơn vị",
    "unit.move": "Chuyển đơn vị cấp trên",
    "unit.merge": "Sáp nhập đơn vị",
    "unit.split": "Chia tách đơn vị",
    "unit.dissolve": "Kết thúc hoạt động đơn vị",
    "unit.restore": "Khôi phục đơn vị",
    "unit.reverse": "Hủy quyết định sắp xếp đơn vị",
    "unit.contact": "Sửa liên hệ của đơn vị",
    "workbook.import": "Nhập tệp đơn vị, người dùng, vai trò",
    "reform.record": "Ghi một đợt sắp xếp đơn vị",
    "reform.follow_again": "Làm lại việc kèm theo của đợt sắp xếp",
    "reform.take_up": "Làm việc kèm theo đã để lại của đợt sắp xếp",
    "level.create": "Thêm cấp",
    "level.change": "Sửa cấp",
    "letter.send_again": "Gửi lại thư",
    "special_day.create": "Thêm ngày nghỉ, ngày làm bù",
    "special_day.change": "Sửa ngày nghỉ, ngày làm bù",
    "special_day.remove": "Xóa ngày nghỉ, ngày làm bù",
    "webhook.add": "Thêm cổng gửi tin",
    "webhook.change": "Sửa cổng gửi tin",
    "webhook.on": "Bật cổng gửi tin",
    "webhook.off": "Tắt cổng gửi tin",
    "webhook.secret": "Tạo lại khóa ký của cổng gửi tin",
    "webhook.test": "Gửi thử qua cổng gửi tin",
    "webhook.resend": "Gửi lại tin qua cổng gửi tin",
    "webhook.discard": "Bỏ tin không gửi được qua cổng gửi tin",
    # documents and plans
    "programme.create": "Thêm chương trình",
    "programme.update": "Sửa chương trình",
    "document.create": "Thêm văn bản",
    "plan.create": "Lập kế hoạch",
    "plan.update": "Sửa kế hoạch",
    "plan.remove": "Xóa kế hoạch",
    "plan.issue": "Ban hành kế hoạch",
    "plan.close": "Kết thúc kế hoạch của đơn vị đã kết thúc",
    "plan.open_again": "Mở lại kế hoạch khi hủy quyết định sắp xếp",
    "outgoing.issue": "Cấp số, ban hành văn bản",
    "outgoing.reserve": "Giữ số văn bản đi",
    "outgoing.void": "Hủy số văn bản đi",
    "outgoing.file": "Thêm tệp của văn bản đã ban hành",
    "batch.ask": "In nhiều văn bản một lần",
    "batch.cancel": "Dừng in nhiều văn bản",
    "series.set": "Đặt số đã cấp gần nhất",
    "term.add": "Thêm nhiệm kỳ cấp ủy",
    "report.issue": "Ban hành báo cáo",
    "plan.citations": "Sửa căn cứ của kế hoạch",
    "plan.recipients": "Sửa nơi nhận của kế hoạch",
    "plan.section_add": "Thêm mục của kế hoạch",
    "plan.section_update": "Sửa mục của kế hoạch",
    "plan.section_move": "Chuyển chỗ mục của kế hoạch",
    "plan.section_remove": "Xóa mục của kế hoạch",
    "letterhead.begin": "Thêm mẫu văn bản của đơn vị",
    "letterhead.change": "Sửa mẫu văn bản của đơn vị",
    "letterhead.remove": "Bỏ mẫu văn bản chưa đến ngày dùng",
    "duty.create": "Đặt chế độ báo cáo",
    "duty.update": "Sửa chế độ báo cáo",
    "duty.recipient": "Đổi nơi nhận của chế độ báo cáo",
    "duty.end": "Thôi áp dụng chế độ báo cáo",
    "duty.go_on": "Áp dụng lại chế độ báo cáo khi hủy quyết định sắp xếp",
    "duty.units": "Đổi đơn vị phải báo cáo của chế độ báo cáo",
    "duty.remove": "Bỏ chế độ báo cáo",
    "duty.open_period": "Tạo kỳ báo cáo",
    "duty.extend_all": "Gia hạn cho nhiều đơn vị",
    "duty.waive_many": "Miễn nộp cho nhiều đơn vị",
    "duty.close_many": "Đóng báo cáo của nhiều đơn vị",
    "duty.open_again": "Nhận lại báo cáo đã đóng",
    "duty.open_year": "Tạo báo cáo phải nộp của cả năm",
    "duty.regenerate": "Tính lại kỳ báo cáo",
    "due_rule.set": "Đặt thời hạn báo cáo",
    "duty.ladder": "Đặt mốc nhắc nộp báo cáo",
    # messages
    "sending_hours.change": "Sửa giờ gửi thư",
    "message_template.change": "Sửa mẫu thư",
    "message_template.reset": "Dùng lại mẫu thư mặc định",
    "message_template.try": "Gửi thử mẫu thư",
    # targets
    "indicator.create": "Thêm chỉ tiêu mới vào chương trình",
    "indicator.update": "Sửa chỉ tiêu của chương trình",
    "target.create": "Thêm chỉ tiêu vào kế hoạch",
    "target.update": "Sửa chỉ tiêu của kế hoạch",
    "target.remove": "Bỏ chỉ tiêu khỏi kế hoạch",
    # forms
    "form.begin": "Bắt đầu sửa biểu mẫu",
    "form.discard": "Bỏ bản biểu mẫu đang sửa",
    "form.publish": "Đưa biểu mẫu vào dùng",
    "form.follow_plan": "Cho biểu mẫu theo kế hoạch trở lại",
    "form.add_items": "Thêm các mục từ mẫu có sẵn",
    "form.item_add": "Thêm mục của biểu mẫu",
    "form.item_change": "Sửa mục của biểu mẫu",
    "form.item_remove": "Xóa mục của biểu mẫu",
    "form.order": "Xếp lại thứ tự biểu mẫu",
    "form.section": "Đổi tên phần của biểu mẫu",
    "form.rule": "Đặt quy tắc kiểm tra số liệu",
    "form.rule_remove": "Bỏ quy tắc kiểm tra số liệu",
    "form.move_reports": "Chuyển bản nháp sang phiên bản biểu mẫu mới",
    # reports
    "obligation.extend": "Gia hạn báo cáo",
    "obligation.waive": "Miễn nộp báo cáo",
    "obligation.close": "Đóng báo cáo, không nhận nữa",
    "obligation.take_over": "Nhận báo cáo phải nộp của đơn vị đã kết thúc",
    "obligation.reopen": "Mở lại báo cáo phải nộp khi hủy quyết định sắp xếp",
    "report.start": "Bắt đầu lập báo cáo",
    "report.inherit": "Lấy nội dung từ bản nháp của đơn vị được kế thừa",
    "report.import": "Nhập tệp Excel vào bản nháp",
    "report.move_form": "Chuyển sang phiên bản biểu mẫu mới",
    "report.submit": "Nộp báo cáo",
    "report.return": "Trả lại báo cáo",
    "report.approve": "Duyệt báo cáo",
    "report.reopen": "Mở lại báo cáo đã duyệt",
    "report.correct": "Gửi bản đính chính",
    "report.collect": "Chọn nội dung từ báo cáo cấp dưới",
    "report.collect_remove": "Bỏ nội dung đã chọn từ cấp dưới",
    "reminder.manual": "Nhắc nộp báo cáo",
    "official_letter.begin": "Soạn công văn",
    "official_letter.change": "Sửa công văn",
    "official_letter.discard": "Xóa bản nháp công văn",
    "official_letter.issue": "Ban hành công văn",
    "activity.create": "Thêm hoạt động",
    "activity.edit": "Sửa hoạt động",
    "activity.delete": "Xóa hoạt động",
    "care_model.create": "Thêm mô hình",
    "care_model.edit": "Sửa mô hình",
    "care_model.delete": "Xóa mô hình",
    "care_model.step": "Ghi nhận mô hình",
    "care_model.step_delete": "Xóa một lần ghi nhận mô hình",
    "attachment.add": "Thêm tài liệu kèm theo",
    "attachment.remove": "Bỏ tài liệu kèm theo",
}
UNITS = {"parent", "successors"}  # details that hold the numbers of units
COUNTED = {"obligations", "passages"}  # details that hold the numbers of rows: how many they are is what a reader wants
DETAILS = {
    # units and people
    "effective_on": "ngày hiệu lực",
    "act": "quyết định",
    "name": "tên",
    "full_name": "họ và tên",
    "phone": "điện thoại",
    "email": "thư điện tử",
    "province_code": "mã tỉnh",
    "commune_code": "mã xã",
    "parent": "đơn vị cấp trên",
    "successors": "đơn vị kế thừa",
    "role": "vai trò",
    "on_behalf_of": "thay",
    "valid_from": "từ ngày",
    "valid_to": "đến trước ngày",
    "rank": "thứ bậc",
    "reminders": "thư nhắc",
    "through": "đổi qua",
    # gateways
    "url": "địa chỉ nhận",
    "events": "gửi khi",
    "with_phone": "gửi kèm số điện thoại",
    "message": "mã tin",
    # workbooks of units: how many of each
    "create": "tạo đơn vị",
    "rename": "đổi tên, cấp, mã",
    "move": "chuyển cấp trên",
    "contact": "sửa liên hệ",
    "invite": "mời người dùng",
    "person": "sửa người dùng",
    "give": "giao vai trò",
    "end": "kết thúc vai trò",
    # what was changed
    "changes": "thay đổi",
    "changed": "mục đã sửa",
    "fields": "mục đã sửa",
    "before": "trước khi sửa",
    "reason": "lý do",
    "item_reasons": "lý do của từng mục",
    "comment": "ý kiến",
    # plans
    "number": "số, ký hiệu",
    "plan": "mã kế hoạch",
    "subject": "trích yếu",
    "issued_on": "ngày ban hành",
    "issuer_name": "cơ quan ban hành",
    "last": "số đã cấp gần nhất",
    "place_name": "địa danh",
    "heading": "tiêu đề",
    "body": "nội dung",
    "label": "số mục",
    "up": "chuyển lên trên",
    "addressees": "kính gửi",
    "copies": "nơi nhận",
    "texts": "căn cứ",
    "phrase": "nguyên văn",
    "due": "thời hạn",
    "milestones": "mốc phải đạt",
    "groups": "phân tổ",
    # letterheads
    "superior_line": "cơ quan chủ quản",
    "issuer_line": "tên cơ quan ban hành",
    "body_code": "ký hiệu cơ quan",
    "drafting_code": "ký hiệu đơn vị soạn thảo",
    "numbers_by_type": "mỗi loại văn bản một dãy số",
    "signing_authority": "quyền hạn ký",
    "signer_post": "chức vụ người ký",
    "signer_name": "người ký",
    "signers": "những người ký khác",
    "signature_image": "ảnh chữ ký",
    "seal_image": "ảnh con dấu",
    "has_verify_code": "in mã xác minh",
    # periods and due dates
    "day": "ngày",
    "special_kind": "loại ngày",
    "document": "văn bản căn cứ",
    "kind": "kỳ",
    "year": "năm",
    "period": "kỳ báo cáo",
    "created": "số báo cáo phải nộp đã tạo",
    "rule": "thời hạn",
    "level": "cấp",
    "obligations": "số báo cáo",
    "redated": "số báo cáo đổi hạn",
    "freed": "số báo cáo thôi phải nộp",
    "restored": "số báo cáo phải nộp trở lại",
    "branch": "nhánh đơn vị",
    "due_on": "hạn chót",
    "until": "gia hạn đến hết ngày",
    # reports
    "report": "mã báo cáo",
    "file": "tệp",
    "sheet": "mã tệp đã nộp",
    "revision": "lần nộp",
    "passages": "số đoạn",
    "follow_up": "việc kèm theo",
    "recipient": "người nhận",
    "recipients": "người nhận",
    # messages
    "ladder": "mốc nhắc",
    "waking_from": "gửi thư nhắc từ",
    "waking_to": "gửi thư nhắc đến trước",
    "working_from": "giờ làm việc từ",
    "working_to": "giờ làm việc đến trước",
    "working_days": "ngày làm việc",
    "choice": "lựa chọn",
    "letter_kind": "loại thư",
    # official letters
    "units": "số đơn vị",
    "opening": "phần mở đầu",
    "request": "nội dung đề nghị",
    "asked_until": "hạn đề nghị nộp",
    "size": "dung lượng (byte)",
    # forms
    "version": "phiên bản",
    "copied": "sao từ phiên bản",
    "source": "mẫu",
    "count": "số lượng",
    "item": "mục",
    "item_kind": "loại",
    "question": "câu hỏi",
    "levels": "cấp trả lời",
    "tasks": "nhiệm vụ",
    "section": "phần",
    "unit_of_count": "đơn vị tính",
    "max_length": "độ dài tối đa",
    "guide": "hướng dẫn",
    "required": "bắt buộc",
    "choices": "phương án",
    "target": "chỉ tiêu",
    "numerator_label": "tử số",
    "denominator_label": "mẫu số",
    "code": "mã",
    # activities
    "occasion": "dịp",
    "held_on": "ngày tổ chức",
    "place": "địa điểm",
    "children_reached": "số trẻ em",
    "families_reached": "số gia đình",
    "amount_spent": "kinh phí (đồng)",
    "amounts": "kinh phí theo nguồn (đồng)",
    "funding_source": "nguồn kinh phí",
    "union": "kinh phí công đoàn",
    "state": "ngân sách nhà nước",
    "social": "nguồn xã hội hóa",
    "other": "nguồn khác",
    "task": "mã nhiệm vụ",
    "consent": "người trong ảnh",
    # models of care
    "began_on": "bắt đầu từ ngày",
    "description": "nội dung chính",
    "step": "việc",
    "steps": "các lần ghi nhận",
    "noted_on": "ngày ghi nhận",
    "places": "số nơi nhân rộng thêm",
    "note": "ghi chú",
}
# The codes that the apps above store; they are written here, as nothing is imported upward.
VALUES = {
    "each": "từng thư một",
    "daily": "một thư tổng hợp mỗi ngày",
    "page": "trang Cách nhận thư",
    "unsubscribe": "liên kết trong thư",
    "half_year": "6 tháng đầu năm",
    "once": "một lần (chuyên đề)",
    "year": "cả năm",
    "action_month": "Tháng hành động vì trẻ em",
    "childrens_day": "Ngày Quốc tế Thiếu nhi 1/6",
    "mid_autumn": "Tết Trung thu",
    "new_year": "Tết Nguyên đán",
    "school_year": "Khai giảng",
    "other": "khác",  # occasion, source of money
    "union": "kinh phí công đoàn",
    "state": "ngân sách nhà nước",
    "social": "nguồn xã hội hóa",
    "mixed": "nhiều nguồn",
    "none": "không dùng kinh phí",
    "started": "bắt đầu",
    "kept": "duy trì",
    "improved": "cải tiến",
    "spread": "nhân rộng",
    "ended": "kết thúc",
    "no_faces": "không thấy rõ mặt người",
    "consented": "đã đồng ý",
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
    shown = {key: value for key, value in data.items() if value not in (None, "", [], {})}
    for key in UNITS & shown.keys():
        shown[key] = "; ".join((names or {}).get(pk, str(pk)) for pk in unit_pks({key: shown[key]}))
    for key in COUNTED & shown.keys():
        shown[key] = len(shown[key]) if isinstance(shown[key], list) else shown[key]
    return [(DETAILS.get(key, key), _text(value)) for key, value in shown.items()]


def _text(value: Any) -> str:
    """Days as they are written here, codes as their words, lists as enumerations, the rest as it is."""
    match value:
        case bool():
            return "có" if value else "không"
        case str() if DAY.fullmatch(value):
            return f"{datetime.date.fromisoformat(value):%d/%m/%Y}"
        case str() if value in Role.values:
            return str(Role(value).label)
        case str():
            return VALUES.get(value, value)
        case dict():
            return "; ".join(f"{DETAILS.get(key, key)}: {_part(part)}" for key, part in value.items())
        case list():
            return ", ".join(DETAILS.get(part, part) if isinstance(part, str) else _text(part) for part in value)
    return str(value)


def _part(value: Any) -> str:
    """One part of a dictionary: a pair is what stood there and what stands there now."""
    if isinstance(value, list):
        return " → ".join(_text(part) or "(trống)" for part in value)
    return _text(value)
