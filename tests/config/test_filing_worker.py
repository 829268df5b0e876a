"""The service worker is served from where it may take the filing forms, and only the person who typed saves a draft."""

import json

import pytest
from django.urls import reverse

from reports.models import Report
from tests.builders import make_report


@pytest.fixture
def url(cast) -> str:
    report = make_report(cast.obligation)
    return reverse("reports:filing_autosave", args=[report.pk])


def save(client, url, person: str):
    body = {"draft_version": 0, "changes": {"ket-qua": ["", "Đã làm."]}}
    headers = {"X-Mangnon-Person": person} if person else {}
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers)


def test_worker_lies_above_the_forms_and_is_asked_for_anew(client, db):
    address = reverse("filing_worker")
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert b'addEventListener("fetch"' in answer.content
    assert reverse("reports:filing", args=[1]).startswith(address.rpartition("/")[0] + "/")
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert client.post(address).status_code == 405


def test_autosave_refuses_the_text_of_another_person(client, cast, url):
    client.force_login(cast.officer)
    refused = save(client, url, str(cast.officer.pk + 1))
    assert (refused.status_code, refused.json()["other_person"]) == (401, True)
    assert Report.objects.get().draft == {}
    assert save(client, url, "").status_code == 200  # a page without scripts of ours says no name
    assert save(client, url, str(cast.officer.pk)).status_code == 200


def test_every_page_says_whose_it_is(client, cast):
    login = client.get(reverse("account_login")).content.decode()
    assert 'name="mangnon-person"\n          content=""' in login
    client.force_login(cast.officer)
    assert f'content="{cast.officer.pk}"' in client.get(reverse("home")).content.decode()
