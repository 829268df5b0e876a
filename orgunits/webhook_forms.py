"""The form of a gateway."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from orgunits import webhook_addresses
from orgunits.form_fields import UnitField
from orgunits.models import OrgUnit, User, WebhookEndpoint, WebhookEvent
from orgunits.vietnamese import nfc


class WebhookForm(forms.Form):
    """Everything of a gateway but its secret; the unit is chosen once."""

    unit = UnitField(label="Đơn vị", help_text="Cổng nhận tin về đơn vị này và các đơn vị trực thuộc.")
    name = forms.CharField(label="Tên cổng", max_length=100, help_text="Ví dụ: Cổng Zalo của tỉnh.")
    url = forms.CharField(
        label="Địa chỉ nhận", max_length=500, help_text="Bắt đầu bằng https://, là địa chỉ trên Internet.",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label="Gửi khi", choices=WebhookEvent.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Hãy chọn ít nhất một sự kiện."},
    )  # fmt: skip
    with_phone = forms.BooleanField(
        label="Gửi kèm số điện thoại của người nhận", required=False,
        help_text="Cần khi cổng nhắn SMS hoặc Zalo theo số. Chỉ bật khi cổng do cơ quan bạn quản lý.",
    )  # fmt: skip

    def __init__(
        self, *args: Any, by: User, on: datetime.date, endpoint: WebhookEndpoint | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        if endpoint is None:
            self.fields["unit"].queryset = OrgUnit.objects.administered_by(by, on)  # type: ignore[attr-defined]
        else:
            del self.fields["unit"]
            self.initial = {name: getattr(endpoint, name) for name in self.fields}

    def clean_name(self) -> str:
        return nfc(" ".join(self.cleaned_data["name"].split()))

    def clean_url(self) -> str:
        """Refuse what must not be sent to; the same is asked again at each sending."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            webhook_addresses.check(url)
        except webhook_addresses.AddressRefused as refusal:
            raise ValidationError(str(refusal), code="address") from refusal
        return url

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        unit = self.endpoint.org_unit if self.endpoint else data.get("unit")
        same = WebhookEndpoint.objects.filter(org_unit=unit, url=data.get("url"))
        if self.endpoint:
            same = same.exclude(pk=self.endpoint.pk)
        if unit and data.get("url") and same.exists():
            self.add_error("url", "Đơn vị này đã có cổng gửi tin tới địa chỉ đó.")
        return data
