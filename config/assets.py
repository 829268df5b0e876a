"""The few files of installed packages that the pages use, offered to staticfiles by name.

Pointing staticfiles at the whole packages makes ``collectstatic`` copy thousands of files, so each file is named here.
htmx needs no entry: ``django_htmx`` is an installed application with a static folder of its own.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage

BOOTSTRAP = {
    "vendor/bootstrap/bootstrap.min.css": "css/bootstrap.min.css",
    "vendor/bootstrap/bootstrap.bundle.min.js": "js/bootstrap.bundle.min.js",
    # The minified files name their maps, and the manifest storage refuses a name that leads nowhere.
    "vendor/bootstrap/bootstrap.min.css.map": "css/bootstrap.min.css.map",
    "vendor/bootstrap/bootstrap.bundle.min.js.map": "js/bootstrap.bundle.min.js.map",
}
FONTS = {
    f"vendor/fonts/BeVietnamPro-{style}.ttf": f"files/BeVietnamPro-{style}.ttf"
    for style in ("Regular", "Italic", "Medium", "SemiBold", "Bold")
}
PACKAGE_FILES = {"bootstrap": BOOTSTRAP, "fontpkg_be_vietnam_pro": FONTS}


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it. Raises ``LookupError`` where it is not installed."""
    spec = find_spec(name)
    locations = list(spec.submodule_search_locations or []) if spec else []
    if not locations:
        raise LookupError(f"The package {name} is not installed.")
    return Path(locations[0])


def asset_path(name: str) -> Path | None:
    """The file behind the static name ``name``, or None where we name no such file."""
    for package, files in PACKAGE_FILES.items():
        if name in files:
            return package_folder(package) / files[name]
    return None


class AssetStorage(FileSystemStorage):
    """Reads an asset by its static name: its paths lie in several packages, so there is no one base folder."""

    def path(self, name: str) -> str:
        found = asset_path(name.replace("\\", "/"))
        if found is None:
            raise SuspiciousFileOperation(f"{name} is none of the named assets.")
        return str(found)


class PackageAssetsFinder(BaseFinder):
    """A staticfiles finder for ``PACKAGE_FILES``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = AssetStorage()
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Say which named file an installed package does not hold (a package that moved its files)."""
        return [
            Error(
                f"The static file {name} is missing: {asset_path(name)}",
                id="config.E001",
            )
            for files in PACKAGE_FILES.values()
            for name in files
            if not (asset_path(name) or Path("/")).is_file()
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of ``path``; an empty list where it is not ours, as Django's finders do."""
        found = asset_path(path.replace("\\", "/"))
        if found is None:
            return []
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """All our files for ``collectstatic``, each with the storage that can open it."""
        for files in PACKAGE_FILES.values():
            for name in files:
                yield name, self.storage
