"""The files of packages that pages use are found, and only those."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.core.management import call_command
from django.test import override_settings
from fontTools.ttLib import TTFont

from config.assets import PACKAGE_FILES, AssetStorage, PackageAssetsFinder

NAMES = [name for files in PACKAGE_FILES.values() for name in files]
MANIFEST = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


@pytest.mark.parametrize("name", [*NAMES, "django_htmx/htmx-2.min.js", "css/mangnon.css", "js/mangnon.js"])
def test_each_named_file_is_found(name):
    assert Path(finders.find(name)).stat().st_size > 200


@pytest.mark.parametrize("name", ["vendor/bootstrap/bootstrap.css", "vendor/fonts/../fonts/BeVietnamPro-Bold.ttf", ""])
def test_no_other_file_of_a_package_is_served(name):
    assert PackageAssetsFinder().find(name) == []
    with pytest.raises(SuspiciousFileOperation):
        AssetStorage().path(name)


def test_the_check_names_a_file_that_a_package_has_lost(monkeypatch):
    assert PackageAssetsFinder().check() == []
    monkeypatch.setitem(PACKAGE_FILES["bootstrap"], "vendor/bootstrap/gone.css", "css/gone.css")
    assert [error.id for error in PackageAssetsFinder().check()] == ["config.E001"]


def test_the_manifest_storage_takes_every_file(tmp_path):
    """It refuses a style sheet or script that names a file which is not there."""
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=MANIFEST):
        call_command("collectstatic", interactive=False, verbosity=0)
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    assert set(NAMES) <= set(manifest["paths"])


def test_the_font_covers_vietnamese():
    letters = "ăâđêôơưĂÂĐÊÔƠƯạảãàáằắẳẵặầấẩẫậềếểễệồốổỗộờớởỡợừứửữựỳýỷỹỵ₫"
    for name in NAMES:
        if name.endswith(".ttf"):
            covered = TTFont(finders.find(name)).getBestCmap()
            assert [letter for letter in letters if ord(letter) not in covered] == []


def test_our_style_sheet_asks_no_other_host():
    text = Path(finders.find("css/mangnon.css")).read_text()
    assert re.findall(r"url\(\s*['\"]?(?:https?:)?//", text) == []
