"""Finds in a text what looks like a person: a child's name, a telephone or identity number, a birth date, an address.

The form holds figures about children, never who they are. What is found is a warning and not an error, for no pattern
knows every name and every number; so a wrong alarm costs trust and is avoided where an ordinary sentence of a report
would raise it. The sentences do not repeat what was found, for they are kept longer than a draft.
"""

import re

from orgunits.vietnamese import nfc

NAME = "Nội dung có vẻ ghi họ tên một trẻ em. Hãy bỏ họ tên, chỉ ghi số lượng hoặc việc đã làm."
TELEPHONE = "Nội dung có vẻ ghi số điện thoại của một người. Hãy bỏ số này; báo cáo không cần cách liên lạc."
IDENTITY = "Nội dung có vẻ ghi số định danh (căn cước, giấy tờ) của một người. Hãy bỏ số này."
BIRTH_DATE = "Nội dung có vẻ ghi ngày sinh của một người. Hãy bỏ ngày sinh, chỉ ghi nhóm tuổi nếu cần."
ADDRESS = "Nội dung có vẻ ghi địa chỉ nhà. Hãy bỏ địa chỉ, chỉ ghi tên xã, phường hoặc đơn vị."

_LETTERS = [chr(code) for code in (*range(0x41, 0x250), *range(0x1EA0, 0x1EFA)) if chr(code).isalpha()]
_UPPER = "".join(letter for letter in _LETTERS if letter.isupper())
_LOWER = "".join(letter for letter in _LETTERS if letter.islower())
_NAME_WORD = f"[{_UPPER}][{_UPPER}{_LOWER}]*"

_CALLED = (
    r"(?:cháu(?: bé)?|em(?: bé| học sinh| nữ sinh)?|bé(?: trai| gái)?|trẻ(?: em)?|học sinh"
    r"|con(?: trai| gái)?(?: của)?(?: ông| bà| anh| chị| đồng chí| đ/c)?)"
    r"(?: (?:có |họ )?(?:họ và )?tên(?: là)?| là)?\s*[:,–-]?\s*[“\"(]?"
)
# Called by what a child is called, and its name behind it: "cháu Nguyễn Văn An", "con của chị Lê Thị Hoa".
_CHILD = re.compile(
    rf"(?<!\w)(?P<around>chị |anh |thầy |cô )?{_CALLED}(?-i:(?P<name>{_NAME_WORD}(?: {_NAME_WORD}){{1,4}}))",
    re.IGNORECASE,
)
# Names of the Central Highlands: "cháu H'Thử Niê"; no other word is written like this.
_HIGHLAND_GIRL = re.compile(rf"{_CALLED}(?-i:H ?['’‘ʼ] ?{_NAME_WORD})", re.IGNORECASE)
# Typed without capitals, or without marks: known by a common family name with văn or thị behind it.
_SMALL_LETTERS = re.compile(
    r"(?<!\w)(?:cháu|chau|em|bé|be|học sinh|hoc sinh) "
    r"(?:(?:nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|lý) (?:văn|thị)"
    r"|(?:nguyen|tran|pham|hoang|huynh|phan|dang|bui|ngo|duong) (?:van|thi)) \w+",
    re.IGNORECASE,
)
# Known as a child's by what stands behind: "Nguyễn Văn A (lớp 3A)", "Trần Thị B, 8 tuổi".
_OF_A_CLASS = re.compile(
    rf"(?<!\w)(?P<name>{_NAME_WORD}(?: {_NAME_WORD}){{1,3}})\s?[,(–-]?\s?(?:(?:là )?học sinh )?"
    r"(?:[Ll]ớp (?:[Ll]á|[Cc]hồi|[Mm]ầm|[0-9])|(?:1[0-7]|[1-9]) tuổi|(?:sinh năm|SN|sn) 20[0-9]{2}(?![0-9/.]))"
)
# A school or a street has the name, or somebody grown up.
_NOT_OF_A_CHILD = re.compile(
    r"(?<!\w)(?:trường|học|non|giáo|thcs|thpt|đường|phố|giáo viên|thầy|cô|bà|ông|chị|anh|đồng chí|đ/c) ?$",
    re.IGNORECASE,
)
# Without a family name, capitals are a place, an office or a school far more often than a child.
_FAMILY_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        a an âu bạch bàn bế bùi ca cao cầm chẩu châu chu chử chung cù cung cụt dư dương diệp doãn đàm đàng đào đặng đậu
        điêu điểu đinh đoàn đỗ đồng đổng đới đường giàng giáp hà hàn hán hầu hoa hoàng hồ hồng huỳnh hứa kha khổng
        khuất kiều kim kpă ksor la lã lại lâm lầu lê lều lí liêu liễu linh lò lô lộc lù lục lư lương lường lưu lữ ly
        lý ma mã mạc mạch mai mông mùa ngân nghiêm ngô nguyễn nguyên ngụy nhâm nhan niê ninh nông ông phạm phan phí
        phó phù phùng phương quách quan quàng rơ rmah sầm siu sùng tạ tăng thái thạch thân thào thẩm thi thiều tiêu tô
        tôn tống trà trác trang trần triệu trịnh trương từ tưởng vàng vi võ vũ vương vừ xa y
        """,
    )
)
# Places and bodies whose first word is also a family name.
_NOT_PEOPLE = re.compile(
    r"(?:a (?:lưới|dơi|ngo|vao|túc|bung|roàng|tiêng|yun|dơk)"
    r"|hà (?:nội|giang|nam|tĩnh|tiên|đông|lan)|cao (?:bằng|lãnh)|lâm (?:đồng|hà)|thái (?:nguyên|bình|lan)|ninh \w+"
    r"|phan (?:thiết|rang)|an (?:giang|khê|nhơn|lão|biên)|châu (?:đốc|thành|đức|phú|âu|á|phi)|mai (?:châu|sơn)"
    r"|lý sơn|la gi|hồ chí(?: minh)?|đoàn (?:thanh|viên|thể|trường|cơ|xã|phường|kinh|tncs|đại|công)|từ (?:sơn|liêm)"
    r"|trà (?:vinh|my|bồng)|đồng (?:tháp|nai|hới|xuân|phú|bằng|bào)|hoàng (?:sa|liên|thành)|bạch (?:long|mai)"
    r"|vũ (?:thư|quang)|kim (?:sơn|bôi|động|thành|đồng)|tăng cường|quan (?:tâm|sơn|hóa|hoá)|kiều bào|dương minh"
    r"|vi phạm|đường (?:phố|lâm)|hồng (?:bàng|ngự|lĩnh|dân)|linh (?:đàm|xuân|trung)|tô châu|từ thiện|phương mai"
    r"|hoa (?:sen|mai|hồng|lư|kỳ|phượng|hướng)|y tế|mông cổ|thạch (?:thất|hà|an|thành)|thân thiện"
    r"|phù (?:cát|mỹ|cừ|yên|ninh))(?!\w)",
    re.IGNORECASE,
)

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = rf"{_DAY}\s?[./-]\s?{_MONTH}\s?[./-]\s?{_YEAR}(?![0-9])"
_ANY_DATE = re.compile(rf"(?<![0-9]){_DATE}")
_BIRTH = re.compile(
    r"(?:(?<!\w)(?P<before>\w{1,20}) )?(?<!\w)(?:(?:ngày(?: tháng năm)? )?sinh|sn)(?: ngày| vào)*"
    rf"\s*[:,–-]?\s*(?:ngày )?(?:{_DATE}|{_DAY} tháng {_MONTH},? năm {_YEAR})",
    re.IGNORECASE,
)
# Words that end in "sinh" and are not a birth: "tổng vệ sinh ngày 05/06/2026", "cho học sinh ngày 01/06/2026".
_OTHER_SINH = frozenset(
    re.findall(
        r"\w+",
        "vệ học thí phát hy hi khai giáo sản môi tái ký nữ nam mưu trường hộ dưỡng song bẩm chào sơ nhi",
    )
)

# Mobile and fixed lines, with +84 or 0 in front; services such as 111 and 18001744 are none.
_TELEPHONE = re.compile(
    r"(?<![0-9])(?<![0-9][ .,-])(?:\(?\+\s?84\)?[ .-]?(?:\(0\))?|84(?=[35789][0-9]{8}(?![0-9]))|\(?0)"
    r"(?:[35789](?:[ .-]?[0-9]){8}|2(?:[ .-]?[0-9]\)?){9})(?![ .-]?[0-9])"
)
_IDENTITY = re.compile(
    r"(?<![0-9])(?<![0-9][ .,-])(?:[0-9]{12}|[0-9]{9}|[0-9]{3}(?:(?P<gap>[ .-])[0-9]{3})(?:(?P=gap)[0-9]{3}){1,2}"
    r"|[0-9]{4}(?: [0-9]{4}){2})(?![0-9])(?![ .,-][0-9])"
)
_IDENTITY_WORD = re.compile(
    r"(?:cmnd|cccd|cmtnd|cmt|chứng minh|căn cước|định danh|hộ chiếu|bhyt|bhxh|giấy tờ)[^0-9]{0,25}$", re.IGNORECASE
)
_MONEY_BEHIND = re.compile(r"\s*(?:,-|đồng|đ(?!\w)|vnđ|vnd|nghìn|ngàn|triệu|tỷ|tỉ)", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<!\w)(?:số nhà|nhà số)\s*:?\s*[0-9]|(?<!\w)(?:ngụ|trú|nhà|nhà ở) (?:ở|tại)\s*:?\s*(?:số )?(?:nhà )?[0-9]"
    r"|(?<!\w)(?:ngõ|ngách|hẻm|kiệt) (?:số )?[0-9]",
    re.IGNORECASE,
)


def found(text: str) -> list[str]:
    """A sentence for each kind of personal trace that the text seems to hold."""
    text = " ".join(nfc(text).split())
    undated = _ANY_DATE.sub("·", text)
    numbers = _TELEPHONE.sub("·", undated)  # a number is told as one thing
    traces = {
        NAME: _names_a_child(text),
        TELEPHONE: numbers != undated,
        IDENTITY: any(_is_identity(match) for match in _IDENTITY.finditer(numbers)),
        BIRTH_DATE: any(_is_birth(match) for match in _BIRTH.finditer(text)),
        ADDRESS: bool(_ADDRESS.search(text)),
    }
    return [sentence for sentence, is_there in traces.items() if is_there]


def _names_a_child(text: str) -> bool:
    if any(_is_child(match) for match in _CHILD.finditer(text)):
        return True
    if any(_is_family_name(match["name"]) and not _is_grown_up(match) for match in _OF_A_CLASS.finditer(text)):
        return True
    return bool(("H" in text and _HIGHLAND_GIRL.search(text)) or _SMALL_LETTERS.search(text))


def _is_child(match: "re.Match[str]") -> bool:
    return not match["around"] and _is_family_name(match["name"])


def _is_grown_up(match: "re.Match[str]") -> bool:
    return bool(_NOT_OF_A_CHILD.search(match.string[max(0, match.start() - 12) : match.start()]))


def _is_family_name(name: str) -> bool:
    return not _NOT_PEOPLE.match(name) and name.split()[0].lower() in _FAMILY_NAMES


def _is_birth(match: "re.Match[str]") -> bool:
    return (match["before"] or "").lower() not in _OTHER_SINH


def _is_identity(match: "re.Match[str]") -> bool:
    """A number of nine or twelve digits that is no amount: amounts end in zeros, in dots of thousands, in đồng."""
    number, text = match[0], match.string
    if _IDENTITY_WORD.search(text[: match.start()]):
        return True
    if _MONEY_BEHIND.match(text[match.end() :]):
        return False
    if number.startswith("0"):
        return True
    return match["gap"] != "." and not number.endswith("000")
