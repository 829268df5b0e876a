from django import forms

from reports.review_forms import ReviewForm


class CorrectForm(ReviewForm):
    """Why the report is sent again."""

    reason = forms.CharField(
        label="Lý do gửi bản đính chính",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Nơi nhận sẽ đọc lý do này, ví dụ: “Hai đơn vị nộp bổ sung sau ngày gửi báo cáo.”",
        error_messages={"required": "Hãy ghi lý do gửi bản đính chính."},
    )
