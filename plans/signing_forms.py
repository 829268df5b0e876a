"""What people bring to sign: a certificate with its passphrase, a file signed elsewhere, a scan."""

from typing import Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from plans import signing

MOST_CERTIFICATE: Final = 200 * 1024


class SignForm(forms.Form):
    """A PKCS#12 file for one signature; neither the file nor the passphrase is kept."""

    party = forms.ChoiceField(
        label="Ký với tư cách",
        choices=[(signing.PERSON, "Người có thẩm quyền ký"), (signing.BODY, "Cơ quan ban hành (đóng dấu)")],
        widget=forms.RadioSelect,
        initial=signing.PERSON,
        error_messages={"required": "Hãy chọn ký với tư cách nào."},
    )
    base = forms.IntegerField(widget=forms.HiddenInput)
    container = forms.FileField(
        label="Tệp chứng thư số (.p12, .pfx)",
        help_text="Chỉ dùng cho lần ký này; tệp và mật khẩu không được lưu lại.",
        widget=forms.FileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
        error_messages={
            "required": "Hãy chọn tệp chứng thư số (.p12 hoặc .pfx).",
            "empty": "Tệp chứng thư số rỗng. Hãy chọn tệp khác.",
        },
    )
    passphrase = forms.CharField(
        label="Mật khẩu của tệp chứng thư",
        strip=False,
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    any_name = forms.BooleanField(
        label="Đúng là chứng thư cần dùng, dù ghi tên khác", required=False, widget=forms.HiddenInput
    )

    def offer(self, parties: list[str]) -> None:
        """Offer to sign as the first of those who have not done so."""
        self.fields["party"].initial = parties[0]

    def ask_for_name(self) -> None:
        """Show the box with which who signs says that a certificate of another name is the right one."""
        self.fields["any_name"].widget = forms.CheckboxInput()

    def clean_container(self) -> UploadedFile:
        container: UploadedFile = self.cleaned_data["container"]
        if (container.size or 0) > MOST_CERTIFICATE:
            raise ValidationError("Tệp này quá lớn so với một chứng thư số. Hãy chọn đúng tệp .p12 hoặc .pfx.")
        return container

    def credential(self) -> signing.Credential:
        """Return what was brought, for one use."""
        return signing.Credential(self.cleaned_data["container"].read(), self.cleaned_data["passphrase"])


class SignedCopyForm(forms.Form):
    """A copy that was signed outside of the system."""

    SIGNED, SCAN = "da-ky-so", "ban-quet"
    kind = forms.ChoiceField(
        label="Tệp này là",
        choices=[(SIGNED, "PDF đã ký số ở nơi khác"), (SCAN, "Bản quét văn bản giấy đã ký, đóng dấu")],
        widget=forms.RadioSelect,
        initial=SIGNED,
        error_messages={"required": "Hãy chọn tệp này là loại nào."},
    )
    file = forms.FileField(
        label="Tệp",
        help_text="PDF đã ký số; hoặc bản quét dạng PDF, JPG, PNG. Lớn nhất 30 MB.",
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
        error_messages={"required": "Hãy chọn tệp.", "empty": "Tệp rỗng. Hãy chọn tệp khác."},
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > signing.MOST_BYTES:
            raise ValidationError(signing.TOO_LARGE)
        return file
