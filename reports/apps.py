from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"

    def ready(self) -> None:
        """Tell the apps below how reports are printed and what follows a unit's end, and reminders who else hears."""
        from orgunits import following, reversal, webhook_sending
        from orgunits.models import WebhookEvent
        from plans import batch_sources
        from reports import notifying, reminders, superiors
        from reports import obligation_following as own
        from reports.print_batches import SOURCE, ReportSource

        batch_sources.register(SOURCE, ReportSource())
        reminders.reminded.connect(notifying.on_reminded, dispatch_uid="reports.notifying")
        superiors.superiors_told.connect(notifying.on_superiors_told, dispatch_uid="reports.notifying.superiors")
        webhook_sending.register_check((WebhookEvent.DUE, WebhookEvent.OVERDUE), notifying.lost_reason)
        following.register(own.ObligationSection())
        reversal.reversing.connect(own.refuse_after_filing, dispatch_uid="reports.refuse_after_filing")
        reversal.reversed_acts.connect(own.close_of_unmade, dispatch_uid="reports.close_of_unmade")
