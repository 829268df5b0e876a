import random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import rollup_check


class Command(BaseCommand):
    help = "So mọi số liệu tổng hợp đang lưu với chính các báo cáo; in ra chỗ khác nhau và kết thúc với mã 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--duty", type=int, help="chỉ chế độ báo cáo có mã số này")
        parser.add_argument("--period", type=int, help="chỉ kỳ báo cáo có mã số này")
        parser.add_argument("--sample", type=int, help="chỉ so từng này cặp chế độ và kỳ, chọn ngẫu nhiên")

    def handle(self, *args: Any, **options: Any) -> None:
        pairs = rollup_check.slots(options["duty"], options["period"])
        if options["sample"] is not None:
            pairs = random.sample(pairs, min(options["sample"], len(pairs)))
        wrong = 0
        for duty, period in pairs:
            for found in rollup_check.differences(duty, period):
                wrong += 1
                self.stdout.write(
                    f"{duty} · {period} · đơn vị {found.unit} · {found.field}: "
                    f"đang lưu {found.stored!r}, theo báo cáo {found.right!r}"
                )
        if wrong:
            raise CommandError(f"{wrong} chỗ khác với báo cáo. Chạy “manage.py rebuild_rollups” để tính lại.")
        self.stdout.write(f"Đã so {len(pairs)} cặp chế độ và kỳ báo cáo: số liệu tổng hợp khớp với báo cáo.")
