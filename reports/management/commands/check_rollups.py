import random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from reports import restated_check, rollup_check


class Command(BaseCommand):
    help = (
        "So mọi số liệu tổng hợp đang lưu, theo tổ chức khi đó và hiện nay, với chính các báo cáo; "
        "in ra chỗ khác nhau và kết thúc với mã 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--duty", type=int, help="chỉ chế độ báo cáo có mã số này")
        parser.add_argument("--period", type=int, help="chỉ kỳ báo cáo có mã số này")
        parser.add_argument("--sample", type=int, help="chỉ so từng này cặp chế độ và kỳ, chọn ngẫu nhiên")

    def handle(self, *args: Any, **options: Any) -> None:
        pairs = rollup_check.slots(options["duty"], options["period"])
        if options["sample"] is not None:
            pairs = random.sample(pairs, min(options["sample"], len(pairs)))
        on = timezone.localdate()
        fresh = restated_check.settled_slots(options["duty"], options["period"], on=on)
        restated = [slot for slot in fresh if slot in pairs]
        wrong = 0
        for duty, period in pairs:
            found = list(rollup_check.differences(duty, period))
            if (duty, period) in restated:
                found += restated_check.differences(duty, period, on=on)
            wrong += len(found)
            for each in found:
                self.stdout.write(
                    f"{duty} · {period} · đơn vị {each.unit} · {each.field}: "
                    f"đang lưu {each.stored!r}, theo báo cáo {each.right!r}"
                )
        if wrong:
            raise CommandError(f"{wrong} chỗ khác với báo cáo. Chạy “manage.py rebuild_rollups” để tính lại.")
        self.stdout.write(
            f"Đã so {len(pairs)} cặp chế độ và kỳ báo cáo (theo tổ chức hiện nay: {len(restated)}): "
            "số liệu tổng hợp khớp với báo cáo."
        )
