"""A small organisation with the units that the data files of the five plans name."""

import datetime

from orgunits.models import Level, OrgUnit, Sector
from orgunits.reorganisation import establish

DAY = datetime.date(2024, 1, 1)
UNITS = (
    ("ldld-dak-lak", Sector.TRADE_UNION, "tinh", "Liên đoàn Lao động tỉnh Đắk Lắk", None),
    ("cdvc-dak-lak", Sector.TRADE_UNION, "cap-tren", "Công đoàn Viên chức tỉnh Đắk Lắk", "ldld-dak-lak"),
    ("cdcs-01", Sector.TRADE_UNION, "co-so", "Công đoàn cơ sở số 01", "cdvc-dak-lak"),
    ("cdcs-02", Sector.TRADE_UNION, "co-so", "Công đoàn cơ sở số 02", "cdvc-dak-lak"),
    ("ldld-binh-thuan", Sector.TRADE_UNION, "tinh", "Liên đoàn Lao động tỉnh Bình Thuận", None),
    ("ldld-c", Sector.TRADE_UNION, "tinh", "Liên đoàn Lao động tỉnh (chưa rõ tên)", None),
    ("duk", Sector.PARTY, "cap-tren", "Đảng ủy Khối Cơ quan và Doanh nghiệp tỉnh", None),
    ("tinh-thanh-hoa", Sector.GOVERNMENT, "tinh", "UBND tỉnh Thanh Hóa", None),
    ("huyen-cam-thuy", Sector.GOVERNMENT, "huyen", "UBND huyện Cẩm Thủy", "tinh-thanh-hoa"),
    ("xa-cam-tan", Sector.GOVERNMENT, "xa", "UBND xã Cẩm Tân", "huyen-cam-thuy"),
)


def make_organisation() -> dict[str, OrgUnit]:
    units: dict[str, OrgUnit] = {}
    for key, sector, level, name, parent in UNITS:
        place, _ = Level.objects.get_or_create(sector=sector, code=level, defaults={"name": level})
        units[key] = establish(
            sector=sector,
            code=key,
            name=name,
            level=place,
            parent=units[parent] if parent else None,
            on=DAY,
            by=None,
        )
    return units
