import shutil

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

from plans.checks import official_font_has_vietnamese
from plans.official import fonts
from plans.official.fonts import FontNotFound, official_font, vietnamese_letters


@pytest.fixture
def folder(tmp_path, settings):
    """A folder with copies of the four files, which the settings name."""
    fonts._resolve.cache_clear()
    for name, file in zip(fonts._FAMILIES[0], official_font().files, strict=True):
        shutil.copy(file, tmp_path / name)
    settings.OFFICIAL_FONT_DIR = str(tmp_path)
    yield tmp_path
    fonts._resolve.cache_clear()


def test_vietnamese_has_186_letters():
    letters = vietnamese_letters()
    assert len(letters) == 186
    assert set("ẳỵƯĐđZz") <= letters


def test_folder_of_the_settings_is_the_one_that_is_used(folder):
    assert {file.parent for file in official_font().files} == {folder}
    assert official_font_has_vietnamese() == []


def test_font_without_vietnamese_letters_is_refused(folder):
    name = fonts._FAMILIES[0][2]
    font = TTFont(folder / name)
    subsetter = subset.Subsetter()
    subsetter.populate(unicodes=[ord(letter) for letter in vietnamese_letters() - {"ặ", "Ữ"}])
    subsetter.subset(font)
    font.save(folder / name)
    with pytest.raises(FontNotFound, match=r"thiếu 2 chữ cái tiếng Việt \(ặ Ữ"):
        official_font()
    (error,) = official_font_has_vietnamese()
    assert error.id == "plans.E001"
    assert "fonts-croscore" in error.hint


def test_incomplete_family_and_broken_files_are_refused(folder):
    (folder / fonts._FAMILIES[0][1]).write_bytes(b"no font")
    with pytest.raises(FontNotFound, match="Không đọc được"):
        official_font()
    fonts._resolve.cache_clear()
    (folder / fonts._FAMILIES[0][1]).unlink()
    with pytest.raises(FontNotFound, match="đủ bốn tệp"):
        official_font()


def test_machine_without_any_font_says_what_to_install(settings, monkeypatch, tmp_path):
    fonts._resolve.cache_clear()
    settings.OFFICIAL_FONT_DIR = ""
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path),))
    with pytest.raises(FontNotFound, match="apt-get install fonts-croscore"):
        official_font()
    fonts._resolve.cache_clear()
