from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from reports import restated, rollup_check, rollups


class Command(BaseCommand):
    help = "Tính lại số liệu tổng hợp từ các báo cáo, theo tổ chức khi đó và theo tổ chức hiện nay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--duty", type=int, help="chỉ chế độ báo cáo có mã số này")
        parser.add_argument("--period", type=int, help="chỉ kỳ báo cáo có mã số này")

    def handle(self, *args: Any, **options: Any) -> None:
        pairs = rollup_check.slots(options["duty"], options["period"])
        on = timezone.localdate()
        for duty, period in pairs:
            rollups.rebuild(duty, period)
            restated.rebuild(duty, period, on=on, force=True)
        self.stdout.write(f"Đã tính lại {len(pairs)} cặp chế độ và kỳ báo cáo.")
