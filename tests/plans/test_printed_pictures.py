"""The five source plans as pictures: no ink in a margin; the pictures of docs/printed-documents.md come from here.

MANGNON_PICTURES=docs/img sh scripts/test tests/plans/test_printed_pictures.py      draws them anew
"""

import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from plans.official.pades import BODY
from plans.official.pdf import render_pdf
from tests.plans.test_official_pdf import plan
from tests.plans.test_official_word_files import documents  # noqa: F401 (a fixture)
from tests.plans.test_pades import LATER, signed

pytestmark = pytest.mark.django_db  # a session of this file alone makes the database for it
DOTS = 90  # to the inch: an A4 page is 745 × 1053
INK = 200  # darker than this is ink; what is lighter is the soft edge of a letter
PICTURES = {  # the plan: the names of the pictures of its first and its last page
    "57-kh-cdvc": ("print-cong-doan-57", "print-cong-doan-57-cuoi"),
    "162-kh-duk": ("print-dang-162", "print-dang-162-cuoi"),
    "60-kh-ldld": ("print-cong-doan-60", ""),
    "cong-van-ldld-tinh": ("print-cong-van", ""),
    "kh-ubnd-cam-tan": ("print-ubnd-du-thao", ""),
}


def dots(millimetres: float) -> int:
    return round(millimetres / 25.4 * DOTS)


@pytest.fixture(scope="module", params=PICTURES)
def sheets(request, documents, tmp_path_factory) -> tuple[str, list[Image.Image]]:  # noqa: F811
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "plan.pdf").write_bytes(render_pdf(documents[request.param]))
    command = ["pdftoppm", "-r", str(DOTS), "-gray", "-png", "plan.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return request.param, [Image.open(path).convert("L") for path in sorted(folder.glob("page*.png"))]


def has_ink(sheet: Image.Image, box: tuple[float, float, float, float]) -> bool:
    least, _ = sheet.crop(tuple(map(dots, box))).getextrema()
    return least < INK


def test_margins_of_every_page_are_white_but_for_the_number_of_the_page(sheets):
    _, pages = sheets
    for number, sheet in enumerate(pages, start=1):
        assert (sheet.width, sheet.height) == (pytest.approx(744, abs=1), pytest.approx(1053, abs=1))
        assert not has_ink(sheet, (0, 0, 29.5, 297))
        assert not has_ink(sheet, (195.5, 0, 210, 297))
        assert not has_ink(sheet, (0, 277.5, 210, 297))
        assert has_ink(sheet, (105, 0, 120, 19)) is (number > 1)
        assert not has_ink(sheet, (0, 0, 105, 19))
        assert not has_ink(sheet, (120, 0, 210, 19))
        assert has_ink(sheet, (30, 20, 195, 60))


def test_pictures_of_the_documentation_are_drawn_when_asked_for(sheets):
    key, pages = sheets
    for name, sheet in zip(PICTURES[key], (pages[0], pages[-1]), strict=True):
        if name:
            assert kept_size(name, sheet) == sheet.size


def kept_size(name: str, sheet: Image.Image) -> tuple[int, int]:
    """The size of the picture in the documentation, which is drawn anew when asked for."""
    folder = os.environ.get("MANGNON_PICTURES")
    path = Path(folder or "docs/img") / f"{name}.png"
    if folder:
        sheet.quantize(16).save(path, optimize=True)
    with Image.open(path) as picture:
        return picture.size


def test_hand_and_seal_are_seen_where_the_regulation_wants_them(tmp_path):
    """Blue between post and name; red over the left third of the blue."""
    document = plan(body=(), appendices=(), notice="", citations=(), subject="Văn bản ký thử")
    by_person = signed(render_pdf(document))
    (tmp_path / "plan.pdf").write_bytes(signed(by_person, field=BODY, name="Công đoàn Viên chức tỉnh", at=LATER))
    subprocess.run(["pdftoppm", "-r", str(DOTS), "-png", "plan.pdf", "page"], cwd=tmp_path, check=True, timeout=120)
    sheet = Image.open(next(tmp_path.glob("page*.png"))).convert("RGB")
    red, _, blue = sheet.split()
    hand = ImageChops.subtract(blue, red).point(lambda value: 255 * (value > 120)).getbbox()
    seal = ImageChops.subtract(red, blue).point(lambda value: 255 * (value > 120))
    seal = seal.crop((0, 0, hand[0] + (hand[2] - hand[0]) // 2, hand[3])).getbbox()  # without the red words
    third = hand[0] + (hand[2] - hand[0]) / 3
    assert seal[0] < hand[0] < seal[2]
    assert seal[2] == pytest.approx(third, abs=dots(2))
    bottom = max(hand[3], seal[3]) + dots(25)
    assert kept_size("print-chu-ky-so", sheet.crop((0, 0, sheet.width, bottom))) == (sheet.width, bottom)
