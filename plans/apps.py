from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = "Kế hoạch"

    def ready(self) -> None:
        """Register the system checks, and what follows the end of a unit for duties and plans."""
        from orgunits import following
        from plans import checks  # noqa: F401
        from plans.duty_following import DutySection

        following.register(DutySection())
