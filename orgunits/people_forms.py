"""Forms of the people's pages. Whether an act is allowed is for appointments.py and invitations.py."""

import datetime
from typing import Any

from django import forms

from orgunits import roles
from orgunits.form_fields import DayField, LastDayField, UnitField
from orgunits.models import OrgUnit, Role, User
from orgunits.vietnamese import nfc

ROLE_HELP = (
    "Người lập báo cáo và người ký duyệt của đơn vị đều lập và nộp được báo cáo; người xét duyệt cấp trên duyệt hoặc "
    "trả lại báo cáo của các đơn vị trực thuộc; người xem chỉ đọc; quản trị lo đơn vị, người dùng và thời hạn."
)


class RoleForm(forms.Form):
    """One role on one unit, from a day, perhaps until a day."""

    role = forms.ChoiceField(label="Vai trò", choices=[("", "Chọn vai trò"), *Role.choices], help_text=ROLE_HELP)
    unit = UnitField(label="Đơn vị", help_text="Vai trò có hiệu lực với đơn vị này và các đơn vị trực thuộc.")
    since = DayField(label="Từ ngày")
    until = LastDayField(label="Đến hết ngày", required=False, help_text="Để trống nếu chưa biết.")

    def __init__(self, *args: Any, by: User, on: datetime.date, unit: OrgUnit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"since": on, "unit": unit}
        field = self.fields["unit"]
        field.queryset = OrgUnit.objects.administered_by(by, on)  # type: ignore[attr-defined]
        if roles.is_system_administrator(by, on=on):
            field.required = False
            field.help_text = f"{field.help_text} Để trống khi giao quyền quản trị toàn hệ thống."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("unit") and data.get("role") != Role.ADMINISTRATOR:
            self.add_error("unit", "Hãy chọn đơn vị.")
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            self.add_error("until", "Ngày cuối không được trước ngày bắt đầu.")
        return data


class InvitationForm(RoleForm):
    """A person to invite, with the first role."""

    email = forms.EmailField(
        label="Thư điện tử", max_length=254, help_text="Dùng để đăng nhập; thư mời được gửi đến địa chỉ này."
    )
    full_name = forms.CharField(label="Họ và tên", max_length=150)
    field_order = ("email", "full_name", "role", "unit", "since", "until")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_full_name(self) -> str:
        return nfc(" ".join(self.cleaned_data["full_name"].split()))


class EndRoleForm(forms.Form):
    """The last day of a role."""

    last_day = LastDayField(label="Ngày cuối cùng giữ vai trò")


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["full_name", "phone"]


class PersonFilterForm(forms.Form):
    """Narrows the list of people; unreadable values narrow nothing."""

    q = forms.CharField(label="Tên hoặc thư điện tử", required=False, max_length=150)
    vai_tro = forms.ChoiceField(label="Vai trò", required=False, choices=[("", "Mọi vai trò"), *Role.choices])
    trang_thai = forms.ChoiceField(
        label="Tài khoản",
        required=False,
        choices=[("", "Đang hoạt động"), ("moi", "Chưa đặt mật khẩu"), ("ngung", "Đã ngừng"), ("tat-ca", "Tất cả")],
    )
    don_vi = UnitField(label="Đơn vị", required=False)

    def __init__(self, *args: Any, by: User, on: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["don_vi"].queryset = OrgUnit.objects.administered_by(by, on)  # type: ignore[attr-defined]
