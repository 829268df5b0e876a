"""Official documents as HTML for the preview, without the renderer of pdf.py: pages do not need its memory."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from plans.official.blocks import OfficialDocument
from plans.official.layout import appendix_part, main_part


def render_html(document: OfficialDocument) -> SafeString:
    """Return ``document`` as an HTML fragment for the screen; the page must link ``css/official.css``."""
    parts = [mark_safe(render_to_string("official/_main.html", main_part(document)))]  # noqa: S308 (autoescaped template)
    for position in range(1, len(document.appendices) + 1):
        parts.append(render_to_string("official/_appendix.html", appendix_part(document, position)))
    return render_to_string("official/preview.html", {"parts": parts})
