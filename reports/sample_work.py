"""What is going on in the sample organisation today: drafts, picked texts, a correction, a stand-in, a new officer.

Written directly, as the sample reports are; nothing of it sends a letter.
"""

import datetime
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from orgunits.models import Role, RoleAssignment, User
from plans.models import PeriodKind
from reports import collected_texts, drafts, form_building, form_editing, form_fields, rollups, sample_content
from reports.models import FormItem, ItemKind, Obligation, Report, ReportForm, ReviewEvent, Revision, TextPick

BASE, UPWARD = "57-kh-cdvc-bao-cao-nam", "57-kh-cdvc-bao-cao-len-ldld-tinh"
PICKED = ("ket-qua", "ton-tai-han-che", "kien-nghi")
FIRST_PICKED, PICKS = 8, 3  # from which unit on in the list texts are picked, and how many of each item
NEW_SINCE = datetime.timedelta(days=20)
Action = ReviewEvent.Action


def load(*, on: datetime.date) -> None:
    """All of it; call it once, after the reports are there."""
    administrator, officer = _person("quantri.cdvc"), _person("baocao.cdvc")
    _change_officer(on=on)
    _stand_in(on=on)
    _half_a_draft(_owed(BASE, "cdcs-07", on.year), by=_person("cdcs07"))
    upward = _begin(_owed(UPWARD, "cdvc-dak-lak", on.year))
    collect(upward, by=officer)
    Report.objects.filter(pk=upward.pk).update(draft_version=1, draft_saved_at=timezone.now(), draft_saved_by=officer)
    _correct(_owed(BASE, "cdcs-09", on.year - 1), on=on)
    _build(ReportForm.objects.get(duty__key=BASE, period_kind=PeriodKind.YEAR), by=administrator)


def collect(report: Report, *, by: User) -> dict[str, list[dict[str, Any]]]:
    """Pick texts of some units below into the report; returns them as its revision keeps them."""
    obligation = report.obligation
    below = Revision.objects.filter(
        report__obligation__duty__key=BASE,
        report__obligation__period=obligation.period_id,
        report__status=Report.Status.APPROVED,
    ).order_by("report__obligation")
    found = list(below[FIRST_PICKED : FIRST_PICKED + PICKS * len(PICKED)])
    TextPick.objects.bulk_create(
        TextPick(
            report=report, item_code=code, source=revision, source_code=code, order=order, picked_by=by,
            text=revision.content["texts"][code],
        )
        for place, code in enumerate(PICKED)
        for order, revision in enumerate(found[place * PICKS : (place + 1) * PICKS], start=1)
    )  # fmt: skip
    return collected_texts.frozen(report)


def _person(name: str) -> User:
    return User.objects.get(email=f"{name}@mau.example")


def _owed(duty: str, unit: str, year: int) -> Obligation:
    found = Obligation.objects.select_related("org_unit", "duty", "period", "receiving_unit")
    return found.get(duty__key=duty, org_unit__code=unit, period__year=year, period__kind=PeriodKind.YEAR)


def _begin(obligation: Obligation) -> Report:
    version = form_building.ensure_form(obligation.duty, obligation.period.kind)
    return Report.objects.create(obligation=obligation, form_version=version)


def _half_a_draft(obligation: Obligation, *, by: User) -> None:
    """The first half of the questions is answered, and half of the tasks."""
    report = _begin(obligation)
    questions = form_fields.load(report).questions
    content = sample_content.make(questions, report)
    tasks_code = next((row.code for row in questions if row.kind == ItemKind.TASKS), "nhiem-vu")
    typed = drafts.from_content(content, tasks_code=tasks_code)
    answered = set(_fields(questions[: len(questions) // 2]))
    answered -= set(_fields([row for row in questions if row.kind == ItemKind.TASKS])[::2])
    Report.objects.filter(pk=report.pk).update(
        draft={name: text for name, text in typed.items() if name in answered},
        draft_version=4,
        draft_saved_at=timezone.now() - datetime.timedelta(hours=3),
        draft_saved_by=by,
    )


def _fields(questions: Iterable[form_fields.Question]) -> list[str]:
    return [name for question in questions for name in question.labels]


def _correct(obligation: Obligation, *, on: datetime.date) -> None:
    """An approved report of last year was opened again, corrected and approved after the report upward had gone."""
    from_report = Report.objects.get(obligation=obligation)
    first, reviewer = from_report.revisions.get(), _person("xetduyet")
    at = timezone.make_aware(datetime.datetime.combine(on - datetime.timedelta(days=30), datetime.time(14, 5)))
    content = {**first.content, "figures": {**first.content["figures"], "tre-em-duoc-khen-thuong": {"v": 52}}}
    later = at + datetime.timedelta(days=2)
    second = Revision.objects.create(
        report=from_report,
        number=2,
        content=content,
        form_version_id=from_report.form_version_id,
        submitted_at=later,
        submitted_by=first.submitted_by,
    )
    steps = [
        (first, Action.REOPEN, reviewer, at, "Dữ liệu mẫu: đơn vị báo còn sót số trẻ em được khen thưởng."),
        (second, Action.SUBMIT, first.submitted_by, later, ""),
        (second, Action.APPROVE, reviewer, later + datetime.timedelta(hours=2), ""),
    ]
    for revision, action, by, moment, reason in steps:
        event = ReviewEvent.objects.create(report=from_report, revision=revision, action=action, by=by, reason=reason)
        ReviewEvent.objects.filter(pk=event.pk).update(at=moment)
    Report.objects.filter(pk=from_report.pk).update(submitted_at=later, decided_at=later + datetime.timedelta(hours=2))
    rollups.rebuild(obligation.duty, obligation.period)


def _build(form: ReportForm, *, by: User) -> None:
    """An administrator has begun the next version of the form."""
    draft = form_editing.begin(form, by=by, copied=form.current, note="Dữ liệu mẫu: hỏi thêm về phòng, chống đuối nước")
    last = draft.items.order_by("-order").first()
    FormItem.objects.create(
        version=draft,
        order=last.order + 1 if last else 0,
        code="hoc-boi",
        section="Phòng, chống đuối nước",
        kind=ItemKind.COUNT,
        label="Số con đoàn viên được học bơi an toàn trong năm",
        unit_of_count="trẻ em",
        groups=[{"code": "nam", "name": "Nam"}, {"code": "nu", "name": "Nữ"}],
    )


def _stand_in(*, on: datetime.date) -> None:
    """The reviewer of the union is away; somebody else of the union reviews meanwhile."""
    reviewer = _person("xetduyet")
    own = RoleAssignment.objects.get(user=reviewer, role=Role.REVIEWER)
    RoleAssignment.objects.create(
        user=_person("phoban.cdvc"),
        org_unit=own.org_unit,
        role=Role.REVIEWER,
        valid_from=on - datetime.timedelta(days=2),
        valid_to=on + datetime.timedelta(days=13),
        delegated_by=reviewer,
    )


def _change_officer(*, on: datetime.date) -> None:
    """One post has changed hands: the former officer's role is over, the new one's has begun."""
    begun = on - NEW_SINCE
    RoleAssignment.objects.filter(user=_person("cdcs05"), role=Role.REPORTER).update(valid_to=begun)
    RoleAssignment.objects.filter(user=_person("cdcs05.moi"), role=Role.REPORTER).update(valid_from=begun)
