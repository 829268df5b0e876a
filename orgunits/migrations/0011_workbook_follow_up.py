from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgunits", "0010_fewer_placement_indexes")]

    operations = [
        migrations.AddField("reorganisation", "follow_up_error", models.CharField(blank=True, max_length=500)),
        migrations.AddField("reorganisation", "follow_up_tries", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("workbookimport", "asked", models.JSONField(default=list)),
        migrations.AddField("workbookimport", "follow_rule", models.JSONField(default=dict)),
    ]
