from django.db import migrations, models

from orgunits.vietnamese import person_sort_key


def fill(apps, schema_editor):
    User = apps.get_model("orgunits", "User")
    for user in User.objects.order_by("pk").iterator():
        User.objects.filter(pk=user.pk).update(sort_name=person_sort_key(user.full_name))


class Migration(migrations.Migration):
    dependencies = [
        ("orgunits", "0003_delivery_retries"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={"ordering": ["sort_name", "pk"]},
        ),
        migrations.AddField(
            model_name="user",
            name="sort_name",
            field=models.CharField(default="", editable=False, max_length=400),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
