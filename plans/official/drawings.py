"""Drawings inside documents: only shapes and text pass, so that stored content can never load or run anything."""

import xml.etree.ElementTree as ElementTree
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from plans.official.blocks import ContentError

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
# The drawing speaks the document's font, whatever it was drawn with.
_ROOT: Final = {"xmlns": _NAMESPACE, "font-family": "Official Serif, Times New Roman, serif"}
_TAGS: Final = frozenset(
    [
        "svg",
        "g",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "path",
        "text",
        "tspan",
        "title",
        "desc",
        "defs",
        "pattern",
        "clipPath",
    ]
)
_ATTRIBUTES: Final = frozenset(
    [
        "aria-hidden",
        "aria-label",
        "aria-labelledby",
        "class",
        "clip-path",
        "cx",
        "cy",
        "d",
        "dominant-baseline",
        "dx",
        "dy",
        "fill",
        "fill-opacity",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "height",
        "id",
        "opacity",
        "patternTransform",
        "patternUnits",
        "points",
        "preserveAspectRatio",
        "r",
        "role",
        "rx",
        "ry",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-opacity",
        "stroke-width",
        "text-anchor",
        "transform",
        "viewBox",
        "width",
        "x",
        "x1",
        "x2",
        "y",
        "y1",
        "y2",
        "version",
    ]
)


def safe_drawing(svg: str) -> str:
    """Return ``svg`` with nothing but known shapes, text and attributes; links to other resources are dropped.

    Raises ContentError when it is not an SVG drawing.
    """
    try:
        root = fromstring(svg)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise ContentError("Biểu đồ trong văn bản không đọc được.") from error
    if _local_name(root) != "svg":
        raise ContentError("Biểu đồ trong văn bản không đọc được.")
    return ElementTree.tostring(_kept(root), encoding="unicode", short_empty_elements=True)


def _local_name(element: ElementTree.Element) -> str:
    return str(element.tag).removeprefix(f"{{{_NAMESPACE}}}")


def _kept(element: ElementTree.Element) -> ElementTree.Element:
    name = _local_name(element)
    copy = ElementTree.Element(name, _ROOT if name == "svg" else {})
    copy.attrib.update({key: value for key, value in element.attrib.items() if _harmless(key, value)})
    copy.text, copy.tail = element.text, element.tail
    copy.extend(_kept(child) for child in element if _local_name(child) in _TAGS)
    return copy


def _harmless(key: str, value: str) -> bool:
    return key in _ATTRIBUTES and "url(" not in value.lower().replace("url(#", "")
