from django.apps import AppConfig


class OrgunitsConfig(AppConfig):
    name = "orgunits"
    verbose_name = "Tổ chức"

    def ready(self) -> None:
        """Register what follows the end of a unit for its people, and the way back."""
        from orgunits import following, reversal
        from orgunits.role_following import RoleSection

        following.register(RoleSection())
        reversal.reversed_acts.connect(following.undo, dispatch_uid="following.undo")
