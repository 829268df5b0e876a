import json

import pytest

from plans.official import blocks
from plans.official.blocks import ContentError, OfficialDocument, content_hash, from_json, map_text, to_json
from plans.official.drawings import safe_drawing


def full_document(**changes):
    values = {
        "style": blocks.ND30,
        "superior_lines": ("LIÊN ĐOÀN LAO ĐỘNG TỈNH",),
        "issuer_lines": ("CÔNG ĐOÀN VIÊN CHỨC TỈNH",),
        "number": blocks.DocumentNumber(None, "KH", "CĐVC"),
        "date": blocks.IssueDate("Đắk Lắk", None, 5, 2024),
        "type_name": "KẾ HOẠCH",
        "subject": "Triển khai",
        "addressees": ("Các huyện", "Các ngành"),
        "citations": ("Căn cứ Luật Trẻ em",),
        "body": (
            blocks.Heading(1, "I.", "Mục đích"),
            blocks.Paragraph((blocks.Run("đậm", bold=True), blocks.Run(" nghiêng", italic=True)), "1."),
            blocks.Bullet(blocks.plain("a"), "+"),
            blocks.KeyLine("Thời gian", "hằng năm"),
            blocks.Table(
                (blocks.Column(1), blocks.Column(2.5, "right")),
                ((blocks.Cell("A", colspan=2),),),
                ((blocks.Cell("x", rowspan=2, align="center"), blocks.Cell("0", bold=True, italic=True)),),
                "Bảng",
                "ghi chú",
            ),
            blocks.Chart("<svg/>", "Biểu đồ", "mô tả"),
        ),
        "closing": (blocks.Paragraph(blocks.plain("Hết")),),
        "signature": blocks.Signature(("TM. BAN THƯỜNG VỤ",), ("CHỦ TỊCH",), "Phạm Thị Anh Đức"),
        "recipients": ("Lưu: VT",),
        "appendices": (blocks.Appendix("Bảng", (blocks.Paragraph(blocks.plain("x")),), landscape=True),),
        "notice": "Dữ liệu mẫu",
        "missing": ("Số văn bản",),
    }
    return OfficialDocument(**(values | changes))


def test_document_survives_the_way_to_json_and_back():
    document = full_document()
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


def test_document_without_signature_survives_too():
    document = full_document(signature=None, body=(), appendices=())
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


def test_json_holds_clean_text_only():
    stored = json.dumps(to_json(full_document(subject="trẻ\x00 e\ud800m", notice="a\u0302")), ensure_ascii=False)
    assert "trẻ e\ufffdm" in stored
    assert "\u0302" not in stored
    assert "\\u0000" not in stored


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"version": 99, "document": {}},
        {"version": 1},
        {"version": 1, "document": {"style": "nd30"}},
        {"version": 1, "document": []},
    ],
)
def test_foreign_data_is_refused(data):
    with pytest.raises(ContentError, match="xuất lại"):
        from_json(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("style", "khac"),
        ("body", [{"type": "Script", "text": "x"}]),
        ("body", [{"text": "x"}]),
        ("subject", 5),
        ("number", {"serial": True}),
        ("number", {"series": 1}),
        ("recipients", "x"),
        ("unknown", "x"),
    ],
)
def test_data_of_the_wrong_shape_is_refused(field, value):
    data = to_json(full_document())
    data["document"][field] = value
    with pytest.raises(ContentError):
        from_json(data)


def test_equal_content_has_an_equal_hash_and_other_content_another():
    first, second = to_json(full_document()), to_json(full_document())
    assert content_hash(first) == content_hash(dict(reversed(second.items())))
    assert content_hash(first) != content_hash(to_json(full_document(subject="Khác")))


def test_every_text_of_a_document_is_reached():
    shouted = map_text(full_document(), str.upper)
    assert shouted.body[1].runs[0] == blocks.Run("ĐẬM", bold=True)
    assert shouted.body[4].rows[0][1].text == "0"
    assert shouted.number.serial is None


# --- drawings --------------------------------------------------------------------------------------------------------
def test_drawing_keeps_shapes_and_loses_what_loads_or_runs():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><title>Tỷ lệ &lt; 90 %</title>'
        '<script>alert(1)</script><image href="file:///etc/passwd"/><style>*{}</style><foreignObject/>'
        '<rect x="1" width="2" fill="url(http://x/)" style="fill:red"/><rect fill="url(#p)"/></svg>'
    )
    safe = safe_drawing(svg)
    assert "Tỷ lệ &lt; 90 %" in safe
    assert '<rect x="1" width="2" />' in safe
    assert 'fill="url(#p)"' in safe
    for word in ("script", "image", "onload", "http://x", "style", "foreignObject"):
        assert word not in safe


@pytest.mark.parametrize("svg", ["", "<svg", "<html/>", '<!DOCTYPE a [<!ENTITY b "c">]><svg>&b;</svg>'])
def test_what_is_no_drawing_is_refused(svg):
    with pytest.raises(ContentError):
        safe_drawing(svg)
