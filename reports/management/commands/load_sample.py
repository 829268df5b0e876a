"""``manage.py load_sample``: the five plans and a sample organisation, with accounts to try everything."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand
from django.db import transaction
from django.utils import timezone

from orgunits.sample import load_people, load_units, organisation
from plans.letterheads import load_letterheads
from plans.loading import load_plans
from plans.sample import load_sample_plans
from reports.sample import load_reports
from targets.loading import load_targets

ACCOUNTS_FILE = "sample-accounts.txt"


class Command(BaseCommand):
    help = "Loads the five source plans and the sample organisation; running it again changes nothing."

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        units = load_units()
        password = settings.SAMPLE_PASSWORD or f"mangnon-{secrets.randbelow(10**6):06d}"
        accounts = load_people(units, password=password)
        load_plans(units)
        load_sample_plans(units)
        load_letterheads(units, valid_from=organisation()["valid_from"])
        load_targets()
        load_reports(on=timezone.localdate())
        path = settings.DATA_DIR / ACCOUNTS_FILE
        if not path.exists():
            lines = [f"{account.email:32} {account.role:28} {account.unit}" for account in accounts]
            heading = "Sample accounts (Dữ liệu mẫu), all with the password " + password
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
        self.stdout.write(path.read_text(encoding="utf-8"))
