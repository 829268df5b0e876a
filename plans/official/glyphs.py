"""The glyphs of the official font: how wide a text is with its kerning, and the font as a PDF holds it.

Only for simple text, where every character is one glyph and stands to the right of the one before: see is_simple.
"""

import io
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from plans.official.fonts import FontFamily

_RIGHT_TO_LEFT: Final = {"R", "AL", "AN"}
_ADVANCE_ONLY: Final = 4  # the format of a kerning value that changes the advance and nothing else
_SUBSET_TAG: Final = "MNGNTB"


class NoSimpleKerning(LookupError):
    """The font's kerning is of a kind that this module does not know; the text is left to the renderer."""


def is_simple(text: str) -> bool:
    """Whether the characters of ``text`` stand one after the other from left to right, none above another."""
    return text.isascii() or all(_is_simple(character) for character in set(text))


@lru_cache(maxsize=4096)
def _is_simple(character: str) -> bool:
    return (
        not unicodedata.combining(character)
        and unicodedata.category(character)[0] != "M"
        and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
    )


class Face:
    """One file of the font; all measures in units of its em."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with TTFont(file) as font:
            self.em: int = font["head"].unitsPerEm
            self.glyphs: dict[int, int] = {point: font.getGlyphID(name) for point, name in font.getBestCmap().items()}
            order, metrics = font.getGlyphOrder(), font["hmtx"]
            self.advances: list[int] = [metrics[name][0] for name in order]
            self._subtables = _kerning_of(font)
            self._names = order
            self._descriptor = _descriptor_of(font)
        self._kerns: dict[tuple[int, int], int] = {}
        self.used: dict[int, int] = {}  # glyph: character

    def kern(self, left: int, right: int) -> int:
        pair = (left, right)
        if pair not in self._kerns:
            self._kerns[pair] = _pair_value(self._subtables, self._names[left], self._names[right])
        return self._kerns[pair]

    def shaped(self, text: str) -> tuple[list[int], list[int]]:
        """Return the glyphs of ``text`` and where each begins; the second list has the end as well."""
        glyphs = [self.glyphs[ord(character)] for character in text]
        self.used.update(zip(glyphs, map(ord, text), strict=True))
        places, place, before = [], 0, None
        for glyph in glyphs:
            if before is not None:
                place += self.advances[before] + self.kern(before, glyph)
            places.append(place)
            before = glyph
        places.append(place + self.advances[before] if before is not None else 0)
        return glyphs, places

    def width(self, text: str) -> int:
        return self.shaped(text)[1][-1]

    def shown(self, text: str) -> bytes:
        """Return the operand that shows ``text`` with its kerning."""
        pieces, before = [], None
        for character in text:
            glyph = self.glyphs[ord(character)]
            if before is not None and (kern := self.kern(before, glyph)):
                pieces.append(f">{-kern * 1000 / self.em:.3g}<")
            pieces.append(f"{glyph:04x}")
            before = glyph
        return f"[<{''.join(pieces)}>] TJ".encode()

    def embedded(self, pdf: pikepdf.Pdf, *, number: int) -> pikepdf.Object:
        """Return the font with the glyphs that were used, as an object of ``pdf``."""
        name = Name(f"/{_SUBSET_TAG[:-1]}{chr(ord('A') + number)}+{self._descriptor['name']}")
        file = pdf.make_stream(self._subset())
        file.Length1 = len(file.read_bytes())
        scale = 1000 / self.em
        descriptor = Dictionary(
            Type=Name.FontDescriptor,
            FontName=name,
            Flags=self._descriptor["flags"],
            FontBBox=Array([round(value * scale) for value in self._descriptor["box"]]),
            ItalicAngle=self._descriptor["angle"],
            Ascent=round(self._descriptor["ascent"] * scale),
            Descent=round(self._descriptor["descent"] * scale),
            CapHeight=round(self._descriptor["ascent"] * scale),
            StemV=80,
            FontFile2=file,
        )
        widths = Array()
        for glyph in sorted(self.used):
            widths.append(glyph)
            widths.append(Array([round(self.advances[glyph] * scale)]))
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=name,
            CIDSystemInfo=Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
            CIDToGIDMap=Name.Identity,
            FontDescriptor=pdf.make_indirect(descriptor),
            W=widths,
        )
        return pdf.make_indirect(
            Dictionary(
                Type=Name.Font,
                Subtype=Name.Type0,
                BaseFont=name,
                Encoding=Name("/Identity-H"),
                DescendantFonts=Array([pdf.make_indirect(font)]),
                ToUnicode=pdf.make_stream(self._meaning()),
            )
        )

    def _subset(self) -> bytes:
        options = subset.Options()
        options.retain_gids = True
        options.layout_features = []
        options.hinting = False
        options.notdef_outline = True
        with TTFont(self.file) as font:
            subsetter = subset.Subsetter(options)
            subsetter.populate(gids=sorted(self.used))
            subsetter.subset(font)
            for table in ("GSUB", "GPOS", "GDEF", "DSIG", "kern"):
                if table in font:
                    del font[table]
            written = io.BytesIO()
            font.save(written)
        return written.getvalue()

    def _meaning(self) -> bytes:
        pairs = [
            f"<{glyph:04x}> <{chr(point).encode('utf-16-be').hex()}>\n" for glyph, point in sorted(self.used.items())
        ]
        blocks = [
            f"{len(pairs[start : start + 100])} beginbfchar\n{''.join(pairs[start : start + 100])}endbfchar\n"
            for start in range(0, len(pairs), 100)
        ]
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
            f"{''.join(blocks)}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
        ).encode()


def faces_of(font: FontFamily) -> tuple[Face, Face, Face, Face]:
    """Return regular, bold, italic, bold italic; NoSimpleKerning where this module cannot set them."""
    regular, bold, italic, bold_italic = (Face(file) for file in font.files)
    return regular, bold, italic, bold_italic


def _descriptor_of(font: TTFont) -> dict[str, Any]:
    head, hhea, post = font["head"], font["hhea"], font["post"]
    italic = bool(head.macStyle & 2)
    return {
        "name": font["name"].getDebugName(6),
        "flags": 4 | (64 if italic else 0),
        "box": (head.xMin, head.yMin, head.xMax, head.yMax),
        "angle": round(post.italicAngle),
        "ascent": hhea.ascent,
        "descent": hhea.descent,
    }


def _kerning_of(font: TTFont) -> list[Any]:
    """Return the subtables of the kerning for Latin letters, in the order in which they are asked."""
    if "GPOS" not in font:
        if "kern" in font:
            raise NoSimpleKerning("An old kerning table")
        return []
    table = font["GPOS"].table
    systems = {record.ScriptTag: record.Script.DefaultLangSys for record in table.ScriptList.ScriptRecord}
    system = systems.get("latn") or systems.get("DFLT")
    features = [table.FeatureList.FeatureRecord[index] for index in system.FeatureIndex] if system else []
    wanted = sorted(
        {n for feature in features if feature.FeatureTag == "kern" for n in feature.Feature.LookupListIndex}
    )
    lookups = [table.LookupList.Lookup[index] for index in wanted]
    subtables = [getattr(each, "ExtSubTable", each) for lookup in lookups for each in lookup.SubTable]
    simple = all(
        type(each).__name__ == "PairPos" and each.ValueFormat1 == _ADVANCE_ONLY and not each.ValueFormat2
        for each in subtables
    )
    if len(lookups) > 1 or not simple:
        raise NoSimpleKerning("Kerning that is no plain table of pairs")
    return [(each, set(each.Coverage.glyphs)) for each in subtables]


def _pair_value(subtables: list[Any], left: str, right: str) -> int:
    for table, covered in subtables:
        if left not in covered:
            continue
        if table.Format == 1:
            pairs = table.PairSet[table.Coverage.glyphs.index(left)].PairValueRecord
            for pair in pairs:
                if pair.SecondGlyph == right:
                    return _advance(pair.Value1)
            continue
        first = table.ClassDef1.classDefs.get(left, 0)
        second = table.ClassDef2.classDefs.get(right, 0)
        return _advance(table.Class1Record[first].Class2Record[second].Value1)
    return 0


def _advance(value: Any) -> int:
    return getattr(value, "XAdvance", 0) or 0
