"""The Word files opened by LibreOffice: every one opens, with the pages, the letters and the sheets of its PDF."""

import shutil
import subprocess

import pytest

from plans.official import blocks, word
from plans.official.pdf import render_pdf
from tests.plans.official_pages import Printed
from tests.plans.test_official_pdf import plan
from tests.plans.test_official_word_files import SEEDS, documents, letters  # noqa: F401 (a fixture)

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.django_db,  # a session of this file alone makes the database for it
    pytest.mark.services,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed here"),
    pytest.mark.xdist_group("office"),
]
PARTY = {
    "style": blocks.PARTY,
    "issuer_lines": ("Đảng ủy Khối Cơ quan", "và Doanh nghiệp tỉnh"),
    "signature": blocks.Signature(("TM. Ban Thường vụ",), ("Phó Bí thư",), "Trần Văn Thuận"),
}
MADE = {"appendices": {}, "party": PARTY, "letter": {"type_name": "", "addressees": ("Nơi một", "Nơi hai")}}


@pytest.fixture(scope="module")
def opened(documents, tmp_path_factory):  # noqa: F811
    """Every document with its PDF of ours and the PDF that LibreOffice makes of its Word file, in one process."""
    every = {key: documents[key] for key in SEEDS} | {key: plan(**changes) for key, changes in MADE.items()}
    folder = tmp_path_factory.mktemp("office")
    for key, document in every.items():
        (folder / f"{key}.docx").write_bytes(word.print_out(document).content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    files = [str(folder / f"{key}.docx") for key in every]
    subprocess.run([*command, *files], check=True, timeout=300, capture_output=True)
    return {
        key: (Printed(render_pdf(document)), Printed((folder / f"{key}.pdf").read_bytes()))
        for key, document in every.items()
    }


@pytest.mark.parametrize("key", [*SEEDS, *MADE])
def test_word_file_has_the_pages_and_the_letters_of_its_pdf(opened, key):
    ours, theirs = opened[key]
    assert abs(len(ours.pages) - len(theirs.pages)) <= 1
    # Page numbers and the repeated heads of tables follow the breaks of pages, so their letters may differ.
    missing, added = letters(ours.text()) - letters(theirs.text()), letters(theirs.text()) - letters(ours.text())
    assert (missing + added).total() <= 40


def test_sheets_of_appendices_lie_and_stand_as_in_the_pdf(opened):
    for printed in opened["appendices"]:
        wide = [float(page.mediabox.width) > float(page.mediabox.height) for page in printed.pages]
        assert not wide[0]
        assert any(wide)
        assert not wide[-1]
