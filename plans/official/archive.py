"""PDF/A-2b, the form in which documents are kept: every file that is issued passes a validator, or it is not issued.

Only workers load this module: the validator and its libraries are 25 MB that the web processes do without. A file is
made archival before it is signed; any change after that would destroy the signature.
"""

import io
import logging
from dataclasses import dataclass
from typing import Final

import pikepdf
from pikepdf.pdfa import Finding, validate_written

from plans.official.blocks import ContentError

logger = logging.getLogger(__name__)

FLAVOUR: Final = "2b"
# Resource dictionaries that a renderer leaves empty, which PDF/A does not take.
_OFTEN_EMPTY: Final = ("/Pattern", "/Shading")


@dataclass(frozen=True)
class Fault:
    """One point where a file is no PDF/A-2b: the rule (``ISO_19005_2:6.2.8-3``) and what is wrong in English."""

    rule: str
    message: str


class NotArchival(ContentError):
    """The file is no PDF/A-2b and cannot be made one; the text is a sentence for the person who issues it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        rules = ", ".join(dict.fromkeys(fault.rule for fault in faults[:3]))
        super().__init__(
            f"Tệp PDF chưa đạt chuẩn lưu trữ PDF/A-2b (điểm chưa đạt: {rules}) nên văn bản chưa được ban hành. "
            "Hãy bỏ ảnh hoặc hình vẽ mới thêm rồi thử lại; nếu vẫn lỗi, hãy báo người quản trị."
        )


def archival(content: bytes) -> bytes:
    """Return a PDF file that the validator passes: ``content`` itself, or ``content`` without empty resources.

    Raises NotArchival when neither passes.
    """
    if not faults_of(content):
        return content
    try:
        cleaned = without_empty_resources(content)
    except pikepdf.PdfError as error:
        raise NotArchival([Fault("PDF", str(error))]) from error
    if faults := faults_of(cleaned):
        logger.error("Not PDF/A-2b: %s", faults[:10])
        raise NotArchival(faults)
    return cleaned


def faults_of(content: bytes) -> list[Fault]:
    """Return where the file breaks PDF/A-2b, or holds what the validator does not know; empty when it passes."""
    report = validate_written(io.BytesIO(content), FLAVOUR)
    return [] if report.passed else [_fault(finding) for finding in report.findings]


def without_empty_resources(content: bytes) -> bytes:
    """Return the file without the empty Pattern and Shading dictionaries of its pages and drawings."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                _clean(item)
                if isinstance(resources := item.get("/Resources"), pikepdf.Dictionary):
                    _clean(resources)
        pdf.save(written)
    return written.getvalue()


def _clean(resources: pikepdf.Object) -> None:
    for name in _OFTEN_EMPTY:
        entry = resources.get(name)
        if isinstance(entry, pikepdf.Dictionary) and not len(entry):
            del resources[name]


def _fault(finding: Finding) -> Fault:
    return Fault(finding.rule, f"{finding.where}: {finding.message}")
