"""What a signature looks like on the page: a small PDF with the picture of the hand or the seal, or with words."""

from typing import Any, Final

from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcherResponse

from plans.official.fonts import FontFamily, official_font
from plans.official.pdf import OwnFontsOnly, font_faces, one_at_a_time, without_empty_resources

IMAGE: Final = "file:///anh-chu-ky.png"
LINE: Final = 9.0  # points, for a line of 7 pt


class _FontsAndOneImage(OwnFontsOnly):
    """A fetcher that opens our font and the one picture that it was given."""

    def __init__(self, font: FontFamily, image: bytes) -> None:
        super().__init__(font)
        self._image = image

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url == IMAGE and self._image:
            return URLFetcherResponse(url, self._image, {"Content-Type": "image/png"})
        return super().fetch(url, headers)


def stamp_pdf(
    width: float, height: float, *, image: bytes = b"", words: tuple[str, ...] = (), align: str = "center"
) -> bytes:
    """Return one page of that size in points: the picture as large as it fits, the words under it."""
    font = official_font()
    fetcher, config = _FontsAndOneImage(font, image), FontConfiguration()
    picture = max(height - LINE * len(words), 0)
    style = (
        f"@page {{ size: {width}pt {height}pt; margin: 0 }}"
        f'body {{ font: 7pt/{LINE}pt "{font.name}"; text-align: {align}; color: #c00 }}'
        f".stamp-image {{ display: block; width: {width}pt; height: {picture}pt; object-fit: contain; "
        "image-rendering: pixelated }"  # anything else asks readers to interpolate, which PDF/A forbids
    )
    markup = render_to_string("official/stamp.html", {"has_image": bool(image), "image_url": IMAGE, "words": words})
    sheets = [CSS(string=text, url_fetcher=fetcher, font_config=config) for text in (font_faces(font), style)]
    with one_at_a_time:
        content: bytes = HTML(string=markup, url_fetcher=fetcher).write_pdf(
            font_config=config, stylesheets=sheets, finisher=without_empty_resources, pdf_variant="pdf/a-2b"
        )
    return content
