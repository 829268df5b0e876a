"""The pure parts of the bench of the reform, on a country of two provinces that nobody has ever seen."""

import pytest

from bench import deciding, made_up_reports
from bench.divisions import Division, Divisions, pinned

OLD = {code: Division(code, f"Tỉnh {code}") for code in (1, 2, 3)}
NEW = {code: Division(code, f"Tỉnh mới {code}") for code in (1, 2)}
DISTRICTS = {10: Division(10, "Huyện 10", "huyện", 1), 20: Division(20, "Huyện 20", "huyện", 2),
             30: Division(30, "Huyện 30", "huyện", 3)}  # fmt: skip
COMMUNES = {
    101: Division(101, "Phường 101", "phường", 10),
    102: Division(102, "Xã 102", "xã", 10),
    103: Division(103, "Xã 103", "xã", 10),
    201: Division(201, "Thị trấn 201", "thị trấn", 20),
    202: Division(202, "Xã 202", "xã", 20),
    301: Division(301, "Xã 301", "xã", 30),
}
NEW_COMMUNES = {code: Division(code, f"Xã mới {code}", "xã", code // 100) for code in (101, 102, 201, 202, 209)}
COUNTRY = Divisions(
    old_provinces=OLD,
    old_districts=DISTRICTS,
    old_communes=COMMUNES,
    new_provinces=NEW,
    new_communes=NEW_COMMUNES,
    # 101 went into two, 102 into one of them, 201 is alone, 202 and 301 became one; nobody says where 103 went.
    went_to={101: (101, 102), 102: (102,), 201: (201,), 202: (202,), 301: (202,)},
)


def test_a_province_follows_most_of_its_communes():
    assert COUNTRY.heir_of() == {1: 1, 2: 2, 3: 2}


def test_every_old_commune_is_decided_once():
    decisions = deciding.decide(COUNTRY)
    decided = [old for origins in decisions.merged.values() for old in origins]
    decided += [*decisions.split, *decisions.communes_stay.values()]
    assert sorted(decided) == sorted(COMMUNES)


def test_a_unit_goes_on_only_where_one_became_one():
    decisions = deciding.decide(COUNTRY)
    assert decisions.communes_stay == {201: 201}
    assert decisions.provinces_stay == {1: 1}
    assert decisions.merged[202] == [202, 301]


def test_what_the_tables_do_not_say_is_listed_for_a_person():
    decisions = deciding.decide(COUNTRY)
    assert decisions.split == {101: (101, 102)}
    assert decisions.unmapped == {103: 101}  # the first of its district
    assert decisions.sourceless == [209]
    assert decisions.unresolved == 3


def test_one_province_alone_holds_no_link_that_leads_out_of_it():
    alone = COUNTRY.only(2)
    assert sorted(alone.old_provinces) == [2, 3]
    assert sorted(alone.old_communes) == [201, 202, 301]
    assert {new for targets in alone.went_to.values() for new in targets} <= alone.new_communes.keys()
    assert deciding.decide(alone).unmapped == {}


def test_base_units_are_dealt_out_to_the_last_one(monkeypatch):
    monkeypatch.setattr(deciding, "LARGEST_BASE", 500)
    counts = deciding.spread(COUNTRY, 700)
    assert sum(counts.values()) == 700
    assert min(counts.values()) >= 1
    assert counts[101] == deciding.LARGE_COMMUNE
    assert sum(count for code, count in counts.items() if code < 200) == 500  # the largest province
    assert counts[201] > counts[202]  # more in a town


def test_too_few_base_units_are_refused():
    with pytest.raises(ValueError, match="too few"):
        deciding.spread(COUNTRY.only(2), deciding.LARGE_COMMUNE + 1)


@pytest.mark.parametrize(("count", "known"), [(5, True), (1, False)])
def test_shares_are_given_only_where_every_successor_got_a_unit(count: int, known: bool):
    parts = deciding.dealt(list(range(count)), (7, 8))
    assert sorted(unit for units in parts.values() for unit in units) == list(range(count))
    assert deciding.shares(parts) == ({7: 3, 8: 2} if known else {7: None, 8: None})


def test_figures_of_a_year_can_be_worked_out_again():
    assert made_up_reports.figures(11, 2019) == {"v": 0, "all.n": 0, "all.d": 0}  # it did not file
    figures = made_up_reports.figures(12, 2019)
    assert 0 <= figures["all.n"] <= figures["all.d"]
    assert figures != made_up_reports.figures(12, 2020)


def test_the_wheel_is_pinned_by_version_and_hash():
    assert pinned().startswith("vietnam-provinces==")
