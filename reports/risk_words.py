"""Words that speak of children at risk: where they stand, the officer needs the two telephone numbers for children."""

import re

HOTLINES = (
    "Khi biết trẻ em bị xâm hại hoặc có nguy cơ bị xâm hại, hãy gọi ngay 111 (Tổng đài điện thoại quốc gia bảo vệ trẻ "
    "em) hoặc 18001744. Không ghi tên hay địa chỉ của trẻ em vào báo cáo."
)
_WORDS = re.compile(
    r"xâm hại|xâm phạm|bạo lực|bạo hành|ngược đãi|hành hạ|bóc lột|mua bán|bắt cóc|bỏ rơi|bị bỏ mặc|mất tích|dâm ô"
    r"|hiếp dâm|cưỡng bức|tảo hôn|tự tử|tự sát|tự làm hại|bị đánh đập|lao động trẻ em|có nguy cơ|nguy cơ cao",
    re.IGNORECASE,
)


def speaks_of_risk(text: str) -> bool:
    return bool(_WORDS.search(text))
