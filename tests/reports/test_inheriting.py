"""A successor takes items from the draft of a unit that it succeeds, and loses nothing of its own."""

import pytest
from django.utils import timezone

from orgunits import following, reorganisation
from orgunits.models import AuditEvent
from orgunits.transitions import Conflict
from reports import drafts, inheriting
from reports.models import Report
from tests.builders import make_report

pytestmark = pytest.mark.django_db

LEFT = {
    "can-bo.chu-chot.n": "4",
    "can-bo.chu-chot.d": "5",
    "tre-em-duoc-ho-tro.v": "12",
    "kinh-phi.nil": "on",
    "ket-qua": "Đã mở hai lớp.",
}


@pytest.fixture
def reports(cast):
    """The own draft with one item typed, and the draft that the merged unit left."""
    left = make_report(cast.obligation, draft=LEFT, draft_version=1)
    own = make_report(cast.sibling_obligation, draft={"tre-em-duoc-ho-tro.v": "7"}, draft_version=1)
    on = timezone.localdate()
    act = reorganisation.end(cast.base, on=on, by=None, successors=[cast.sibling])
    following.follow([act], {}, by=cast.administrator, today=on)
    return own, left


def address(own, left):
    return f"/bao-cao/{own.pk}/lap/ke-thua/{left.pk}/"


def test_form_offers_the_draft_and_saves_before_it_leads_there(client, cast, reports):
    own, left = reports
    client.force_login(cast.sibling_officer)
    page = client.get(f"/bao-cao/{own.pk}/lap/").content.decode()
    assert "Lấy nội dung từ bản nháp của Công đoàn cơ sở số 01" in page
    data = {"action": f"inherit:{left.pk}", "draft_version": "1", "base": "{}", "kinh-phi.v": "50"}
    answer = client.post(f"/bao-cao/{own.pk}/lap/", data)
    assert answer.headers["Location"] == address(own, left)
    assert Report.objects.get(pk=own.pk).draft["kinh-phi.v"] == "50"


def test_page_shows_both_and_takes_what_is_chosen(client, cast, reports):
    own, left = reports
    client.force_login(cast.sibling_officer)
    page = client.get(address(own, left)).content.decode()
    assert "Đã mở hai lớp." in page
    assert "đã có nội dung, giữ nguyên" in page
    keys = ["can-bo", "ket-qua", "tre-em-duoc-ho-tro"]
    assert client.post(address(own, left), {"lay": keys}).status_code == 302
    own.refresh_from_db()
    taken = {name: LEFT[name] for name in ("can-bo.chu-chot.n", "can-bo.chu-chot.d", "ket-qua")}
    assert own.draft == taken | {"tre-em-duoc-ho-tro.v": "7"}
    assert Report.objects.get(pk=left.pk).draft == LEFT
    assert AuditEvent.objects.get(action="report.inherit").data["count"] == 2


def test_item_is_taken_as_a_whole_or_not_at_all(cast, reports):
    own, left = reports
    drafts.save(own, {"can-bo.chu-chot.n": "1"}, base={}, version=1, by=cast.sibling_officer)
    own.refresh_from_db()
    assert {piece.key for piece in inheriting.pieces(own, left) if piece.is_taken} == {"can-bo", "tre-em-duoc-ho-tro"}
    assert inheriting.take(own, left, ["can-bo", "kinh-phi"], by=cast.sibling_officer) == 1
    own.refresh_from_db()
    assert own.draft == {"can-bo.chu-chot.n": "1", "tre-em-duoc-ho-tro.v": "7", "kinh-phi.nil": "on"}


def test_colleague_who_types_meanwhile_is_not_overwritten(cast, reports):
    own, left = reports
    stale = Report.objects.select_related("obligation__org_unit", "form_version").get(pk=own.pk)
    drafts.save(own, {"ket-qua": "Của đồng nghiệp"}, base={}, version=1, by=cast.sibling_officer)
    with pytest.raises(Conflict, match="vừa được người khác sửa"):
        inheriting.take(stale, left, ["ket-qua"], by=cast.sibling_officer)
    own.refresh_from_db()
    assert own.draft["ket-qua"] == "Của đồng nghiệp"


def test_only_drafts_of_units_that_it_succeeds(client, cast, reports):
    own, left = reports
    client.force_login(cast.officer)
    assert client.get(address(own, left)).status_code in (403, 404)
    client.force_login(cast.sibling_officer)
    assert client.get(address(own, own)).status_code == 404
    assert client.put(address(own, left)).status_code == 405


def test_without_a_predecessor_nothing_is_offered(client, cast):
    own = make_report(cast.obligation)
    client.force_login(cast.officer)
    assert "Lấy nội dung từ bản nháp của" not in client.get(f"/bao-cao/{own.pk}/lap/").content.decode()
