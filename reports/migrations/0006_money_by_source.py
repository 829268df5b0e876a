from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("reports", "0005_filing_and_review")]

    operations = [
        migrations.RemoveField(model_name="activity", name="amount_spent"),
        migrations.RemoveField(model_name="activity", name="funding_source"),
    ]
