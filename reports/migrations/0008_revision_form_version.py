"""What a filing answered stays known when its report moves to another version of the form."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.state import StateApps


def keep_version(apps: StateApps, schema_editor: object) -> None:
    """Until now every filing answered the version that its report has."""
    Report = apps.get_model("reports", "Report")
    version = Report.objects.filter(pk=models.OuterRef("report_id")).values("form_version_id")[:1]
    apps.get_model("reports", "Revision").objects.update(form_version_id=models.Subquery(version))


class Migration(migrations.Migration):
    dependencies = [("reports", "0007_form_version_edits")]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="form_version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="reports.formversion",
                verbose_name="biểu mẫu",
            ),
        ),
        migrations.RunPython(keep_version, migrations.RunPython.noop, elidable=True),
    ]
