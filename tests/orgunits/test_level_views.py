import pytest

from orgunits.models import AuditEvent, Level
from tests.builders import make_level

pytestmark = pytest.mark.django_db


def text(answer):
    return answer.content.decode()


def test_levels_are_listed_with_how_many_units_they_have(client, cast):
    client.force_login(cast.administrator)
    page = text(client.get("/to-chuc/cap/"))
    assert "Liên đoàn Lao động tỉnh" in page
    assert "Công đoàn ngành" in page


def test_level_is_added_and_audited(client, cast):
    client.force_login(cast.administrator)
    data = {"sector": "party", "name": "Đảng ủy cơ sở", "code": "dang-uy-co-so", "rank": 3}
    assert client.post("/to-chuc/cap/them/", data).headers["Location"] == "/to-chuc/cap/"
    level = Level.objects.get(code="dang-uy-co-so")
    assert AuditEvent.objects.get(action="level.create").target_pk == str(level.pk)
    assert "đã có cấp mang mã đó" in text(client.post("/to-chuc/cap/them/", data))
    assert Level.objects.filter(code="dang-uy-co-so").count() == 1


def test_name_changes_and_code_and_sector_stay(client, cast):
    level = make_level()
    client.force_login(cast.administrator)
    data = {"name": "Công đoàn cơ sở, nghiệp đoàn", "rank": 4, "code": "khac", "sector": "party"}
    client.post(f"/to-chuc/cap/{level.pk}/sua/", data)
    level.refresh_from_db()
    assert (level.name, level.rank) == ("Công đoàn cơ sở, nghiệp đoàn", 4)
    assert (level.code, level.sector) == ("co-so", "trade_union")


def test_bad_level_keeps_what_was_typed(client, cast):
    client.force_login(cast.administrator)
    page = text(
        client.post("/to-chuc/cap/them/", {"sector": "party", "name": "Đảng ủy", "code": "có dấu", "rank": "x"})
    )
    assert "Chỉ dùng chữ không dấu" in page
    assert 'value="Đảng ủy"' in page


@pytest.mark.parametrize("address", ["/to-chuc/cap/", "/to-chuc/cap/them/"])
def test_unit_administrator_changes_no_levels(client, cast, address):
    client.force_login(cast.unit_administrator)
    assert client.get(address).status_code == 403
    assert client.post(address).status_code in {403, 405}
    assert client.post(f"/to-chuc/cap/{make_level().pk}/sua/", {"name": "X", "rank": 1}).status_code == 403
