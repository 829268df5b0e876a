"""What people type into the register: a number kept, a number void, where the numbers stand, what is issued."""

import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from orgunits.form_fields import DayField
from plans import register
from plans.forms import VietnameseFormMixin
from plans.issuing import Order
from plans.models import Document, OutgoingDocument
from plans.official.blocks import OfficialDocument, Signature
from plans.official.letterhead import SignerChoice

EARLIEST: Final = datetime.date(2000, 1, 1)
OWN_SIGNER: Final = "van-ban"
NEXT_NUMBER: Final = "Cấp số tiếp theo"


class ReserveForm(VietnameseFormMixin, forms.Form):
    """A number that is kept for a document to come."""

    kind = forms.ChoiceField(label="Loại văn bản")
    purpose = forms.CharField(
        label="Giữ số cho văn bản nào",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Ghi trích yếu dự kiến hoặc việc cần số, để người khác đọc sổ hiểu được.",
        error_messages={"required": "Hãy ghi giữ số cho văn bản nào."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in register.TYPE_CODES]  # type: ignore[attr-defined]


class VoidForm(VietnameseFormMixin, forms.Form):
    """Why a number is void."""

    reason = forms.CharField(
        label="Lý do hủy số",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Hãy ghi lý do hủy số; lý do được giữ trong sổ."},
    )


class LastForm(VietnameseFormMixin, forms.Form):
    """The number that was given last, for a register that began on paper."""

    kind = forms.ChoiceField(label="Loại văn bản")
    last = forms.IntegerField(
        label="Số đã cấp gần nhất",
        min_value=0,
        max_value=register.HIGHEST,
        help_text="Văn bản tiếp theo nhận số liền sau. Ghi 0 nếu chưa cấp số nào.",
        error_messages={"required": "Hãy ghi số đã cấp gần nhất; ghi 0 nếu chưa cấp số nào."},
    )

    def __init__(self, *args: Any, by_type: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if by_type:
            self.fields["kind"].choices = [(kind.value, kind.label) for kind in register.TYPE_CODES]  # type: ignore[attr-defined]
        else:
            del self.fields["kind"]

    @property
    def type_code(self) -> str:
        return register.TYPE_CODES[Document.Kind(self.cleaned_data.get("kind") or Document.Kind.PLAN)]


class TermForm(VietnameseFormMixin, forms.Form):
    """A term of a Party committee."""

    name = forms.CharField(label="Nhiệm kỳ", max_length=60, help_text="Ví dụ 2025–2030.")
    starts_on = DayField(label="Từ ngày", help_text="Ngày đại hội bầu cấp ủy khóa này.")
    ends_on = DayField(label="Đến hết ngày", required=False, help_text="Để trống khi nhiệm kỳ chưa kết thúc.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and first.year < 1930:
            self.add_error("starts_on", "Ngày bắt đầu phải từ năm 1930 trở đi.")
        if first and last and last < first:
            self.add_error("ends_on", f"Ngày kết thúc phải từ ngày {first:%d/%m/%Y} trở đi.")
        return cleaned


class IssueForm(VietnameseFormMixin, forms.Form):
    """What is decided when a document is issued: day, number, signer, recipients.

    ``seen`` is the fingerprint of what stood on the page; ``confirmed`` is asked for only where there are warnings.
    """

    on = DayField(
        label="Ngày ban hành",
        help_text="Không sau hôm nay. Ghi theo dạng ngày/tháng/năm.",
        error_messages={"required": "Hãy ghi ngày ban hành."},
    )
    reserved = forms.ModelChoiceField(OutgoingDocument.objects.none(), label="Số", required=False)
    signer = forms.ChoiceField(label="Người ký", required=False)
    recipients = forms.CharField(
        label="Nơi nhận",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Mỗi dòng một nơi nhận; dòng cuối là nơi lưu.",
    )
    confirmed = forms.BooleanField(label="Tôi đã đọc điều cần lưu ý và vẫn ban hành", required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, today: datetime.date, draft: OfficialDocument, signers: list[SignerChoice], **kwargs: Any
    ) -> None:
        self.reservations = kwargs.pop("reservations")
        super().__init__(*args, **kwargs)
        self.today = today
        self.signatures = _signatures(draft, signers)
        self.fields["signer"].choices = [(key, label) for key, (label, _) in self.signatures.items()]  # type: ignore[attr-defined]
        self.fields["reserved"].queryset = self.reservations  # type: ignore[attr-defined]
        self.fields["reserved"].empty_label = NEXT_NUMBER  # type: ignore[attr-defined]
        self.fields["reserved"].label_from_instance = _reserved_label  # type: ignore[attr-defined]
        if not self.signatures:
            del self.fields["signer"]
        if not self.reservations.exists():
            del self.fields["reserved"]

    def clean_on(self) -> datetime.date:
        on: datetime.date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError("Ngày ban hành không thể sau hôm nay.")
        if on < EARLIEST:
            raise ValidationError("Ngày ban hành phải từ năm 2000 trở đi. Hãy xem lại năm.")
        return on

    @property
    def order(self) -> Order:
        """What was decided; call it on a form whose day is valid."""
        values = self.cleaned_data
        lines = tuple(line.strip() for line in values.get("recipients", "").splitlines() if line.strip())
        signature = self.signatures.get(values.get("signer", ""), ("", None))[1]
        return Order(values["on"], signature, lines, values.get("reserved"))


def _signatures(draft: OfficialDocument, signers: list[SignerChoice]) -> dict[str, tuple[str, Signature]]:
    """The choices: whom the text itself names, then the signers of the letterhead."""
    choices: dict[str, tuple[str, Signature]] = {}
    own = draft.signature
    offered = [each.signature for each in signers]
    if own and own.name and own not in offered:
        words = " ".join((*own.posts, own.name))
        choices[OWN_SIGNER] = (f"{words} (ghi trong văn bản)", own)
    for each in signers:
        choices[each.key or "mac-dinh"] = (each.label, each.signature)
    return choices


def _reserved_label(document: OutgoingDocument) -> str:
    return f"{document.number} đã giữ: {document.subject[:80]}"
