"""The named styles of a Word file: one for each element of the tables of the regulations, in the two styles.

Who edits the file later finds every element under its Vietnamese name in Word's list of styles. Sizes, weights and
spaces are those of static/css/official.css, so the Word file and the PDF look alike.
"""

from dataclasses import dataclass
from typing import Final

from docx.document import Document

from plans.official.blocks import PARTY, Style
from plans.official.word_xml import GAP, RULE, Element, element, twips

FONT: Final = "Times New Roman"
LANGUAGE: Final = "vi-VN"
# One line of Times New Roman is 1.149 of its size; Word's "multiple" spacing counts in such lines, CSS in sizes.
_NATURAL_LINE: Final = 1.149
_SINGLE: Final = 240
_PARTY_LINE: Final = 19.0  # points, exactly; HD 05-HD/VPTW allows 18 to 22


@dataclass(frozen=True)
class Look:
    """How an element looks: size, spaces and an exact line height in points, ``line`` in sizes, indents in mm."""

    key: str
    name: str
    size: float = 14
    bold: bool = False
    italic: bool = False
    align: str = "center"
    before: float = 0
    after: float = 0
    line: float = 1.2
    exact: float | None = None
    first_line: float = 0
    left: float = 0
    right: float = 0
    level: int | None = None
    keep_next: bool = False


def looks(style: Style) -> tuple[Look, ...]:
    """Return the looks of all elements of a style."""
    return (*_text_looks(style), *_frame_looks(style), *_end_looks(style), *_other_looks())


def _text_looks(style: Style) -> list[Look]:
    party = style == PARTY
    exact = _PARTY_LINE if party else None
    indent = 10 if party else 12.7

    def body(key: str, name: str, **changes: float | bool | None) -> Look:
        common = {"align": "both", "after": 6, "line": 1.3, "exact": exact, "first_line": indent}
        return Look(key, name, **(common | changes))  # type: ignore[arg-type]

    return [
        body("Normal", "Normal"),
        body("Heading1", "heading 1", bold=True, before=6, level=0, keep_next=True),
        body("Heading2", "heading 2", bold=True, level=1, keep_next=True),
        body("Heading3", "heading 3", bold=True, italic=party, level=2, keep_next=True),
        body("Heading4", "heading 4", italic=True, level=3, keep_next=True),
        body("Citation", "Căn cứ", italic=not party),
    ]


def _frame_looks(style: Style) -> list[Look]:
    party = style == PARTY
    head = 14 if party else 12
    row = 14 if party else 13
    return [
        Look("Superior", "Cơ quan chủ quản", head),
        Look("Issuer", "Cơ quan ban hành", head, bold=True),
        Look("Star", "Dấu sao", 14, line=1),
        Look("Nation", "Tiêu đề Đảng" if party else "Quốc hiệu", 15 if party else 12, bold=True),
        Look("Motto", "Tiêu ngữ", 13, bold=True),
        Look("Number", "Số và ký hiệu", row, before=0 if party else 6),
        Look("Date", "Địa danh và ngày tháng", row, italic=True, before=6),
        Look("About", "Trích yếu công văn", 12, italic=party, before=6, left=3, right=3),
        Look("Kind", "Tên loại văn bản", 16 if party else 14, bold=True, line=1.25, keep_next=True),
        Look("Subject", "Trích yếu nội dung", 15 if party else 14, bold=True, line=1.25, keep_next=True),
        Look("Dashes", "Gạch dưới trích yếu", 14, after=12, line=1, keep_next=True),
        Look("To", "Kính gửi", before=6, after=12, line=1.3, exact=_PARTY_LINE if party else None),
        Look("ToMany", "Kính gửi nhiều nơi", align="left", before=6, left=25, line=1.3),
        Look("ToEach", "Nơi kính gửi", align="left", left=40, first_line=-3, line=1.3),
        Look("Appendix", "Phụ lục", bold=True, line=1.25, level=0, keep_next=True),
        Look("AppendixTitle", "Tên phụ lục", bold=True, line=1.25, keep_next=True),
        Look("Attached", "Kèm theo", italic=True, line=1.25, after=12, keep_next=True),
    ]


def _end_looks(style: Style) -> list[Look]:
    party = style == PARTY
    return [
        # 12 pt beside 14 pt: lowered by what the taller letters rise, so that both stand on one line.
        Look("Recipients", "Nơi nhận", 14, align="left", after=3)
        if party
        else Look("Recipients", "Nơi nhận", 12, bold=True, italic=True, align="left", before=1.8),
        Look("Recipient", "Danh sách nơi nhận", 12 if party else 11, align="left", left=2, first_line=-2),
        Look("Authority", "Quyền hạn ký", bold=True),
        Look("Post", "Chức vụ", bold=not party),
        Look("SignSpace", "Chỗ ký"),
        Look("Name", "Họ tên người ký", bold=True),
    ]


def _other_looks() -> list[Look]:
    return [
        Look("Caption", "Tên bảng", bold=True, before=6, after=4, keep_next=True),
        Look("TableHead", "Đầu bảng", 12, bold=True, keep_next=True),
        Look("TableText", "Chữ trong bảng", 12, align="left"),
        Look("TableNote", "Ghi chú bảng", 12, italic=True, align="both", before=3, after=8),
        Look("Chart", "Biểu đồ", before=6, line=_NATURAL_LINE, keep_next=True),
        Look("ChartTitle", "Tên biểu đồ", 13, italic=True, after=8),
        Look("Verify", "Xác minh văn bản", 9, align="left", line=1.3),
        Look("Header", "header", 14, line=1),
        Look("Footer", "footer", 9, italic=True, line=1),
        Look(GAP, "Khoảng trống", 1, exact=1),
        Look(RULE, "Đường kẻ", 1, before=2, exact=1),
    ]


# --- into the file ---------------------------------------------------------------------------------------------------
SIGN_SPACE_MM: Final = 25
_BUILT_IN: Final = frozenset(["Normal", "heading 1", "heading 2", "heading 3", "heading 4", "header", "footer"])


def write_styles(document: Document, style: Style) -> None:
    """Replace every style of the file by ours, with Times New Roman in all four slots and Vietnamese as language."""
    styles = document.styles.element
    for child in list(styles):
        styles.remove(child)
    defaults = element("rPr", _fonts(), *_size(14), element("lang", val=LANGUAGE, eastAsia=LANGUAGE, bidi=LANGUAGE))
    styles.append(element("docDefaults", element("rPrDefault", defaults), element("pPrDefault")))
    for look in looks(style):
        styles.append(_paragraph_style(look))
    styles.append(_default_style("character", "DefaultParagraphFont", "Default Paragraph Font"))
    styles.append(_default_style("table", "TableNormal", "Normal Table"))


def _default_style(kind: str, key: str, name: str) -> Element:
    return element("style", element("name", val=name), element("uiPriority", val=99), type=kind, default=1, styleId=key)


def _paragraph_style(look: Look) -> Element:
    kind: dict[str, str | int] = {"type": "paragraph", "styleId": look.key}
    if look.key == "Normal":
        kind["default"] = 1
    if look.name not in _BUILT_IN:
        kind["customStyle"] = 1
    made = element("style", element("name", val=look.name), **kind)
    made.extend([element("qFormat"), _paragraph_properties(look), _letters(look)])
    return made


def _paragraph_properties(look: Look) -> Element:
    made = element("pPr")
    if look.keep_next:
        made.append(element("keepNext"))
    made.append(element("widowControl"))
    if look.key == RULE:
        made.append(element("pBdr", element("top", val="single", sz=6, space=0, color="000000")))
    made.append(_spacing(look))
    first = {"firstLine": twips(look.first_line)} if look.first_line >= 0 else {"hanging": twips(-look.first_line)}
    made.append(element("ind", left=twips(look.left), right=twips(look.right), **first))
    made.append(element("jc", val=look.align))
    if look.level is not None:
        made.append(element("outlineLvl", val=look.level))
    return made


def _spacing(look: Look) -> Element:
    height, kind = max(round(look.line / _NATURAL_LINE * _SINGLE), _SINGLE), "auto"
    if look.exact:
        height, kind = round(look.exact * 20), "exact"
    if look.key == "SignSpace":
        height, kind = twips(SIGN_SPACE_MM), "atLeast"  # grows with a picture of the signature
    return element("spacing", before=round(look.before * 20), after=round(look.after * 20), line=height, lineRule=kind)


def _letters(look: Look) -> Element:
    names = ["b", "bCs"] * look.bold + ["i", "iCs"] * look.italic
    return element("rPr", _fonts(), *map(element, names), *_size(look.size))


def _fonts() -> Element:
    return element("rFonts", ascii=FONT, hAnsi=FONT, eastAsia=FONT, cs=FONT)


def _size(points: float) -> tuple[Element, Element]:
    return element("sz", val=round(points * 2)), element("szCs", val=round(points * 2))
