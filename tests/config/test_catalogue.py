"""The compiled catalogue is committed, because a machine without gettext's tools must speak Vietnamese too."""

import ast
import gettext
import re
from pathlib import Path
from unicodedata import is_normalized

from django.conf import settings

FOLDER = Path(settings.BASE_DIR) / "config" / "locale" / "vi" / "LC_MESSAGES"
ENTRY = re.compile(r'^msgid (".*")\nmsgstr (".*")$', flags=re.MULTILINE)


def entries():
    pairs = [(ast.literal_eval(a), ast.literal_eval(b)) for a, b in ENTRY.findall((FOLDER / "django.po").read_text())]
    return [pair for pair in pairs if pair[0]]


def test_compiled_catalogue_says_what_its_source_says():
    """After an edit: python manage.py compilemessages --locale vi"""
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert len(entries()) > 50
    assert [words for words, said in entries() if compiled.gettext(words) != said] == []


def test_catalogue_is_in_the_normal_form_of_unicode():
    assert is_normalized("NFC", (FOLDER / "django.po").read_text())
