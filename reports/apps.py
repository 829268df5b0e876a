from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"

    def ready(self) -> None:
        """Tell the batches of documents, which lie below, how reports are printed."""
        from plans import batch_sources
        from reports.print_batches import SOURCE, ReportSource

        batch_sources.register(SOURCE, ReportSource())
