import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("reports", "0006_money_by_source"),
    ]

    operations = [
        migrations.AddField(
            model_name="formversion",
            name="edits",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="formversion",
            name="edited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="sửa lúc"),
        ),
        migrations.AddField(
            model_name="formversion",
            name="edited_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
