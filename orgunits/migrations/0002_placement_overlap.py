from django.db import migrations

ADD = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE orgunits_placement ADD CONSTRAINT placement_no_overlap
    EXCLUDE USING gist (org_unit_id WITH =, daterange(valid_from, valid_to) WITH &&);
"""


def add(apps, schema_editor):
    """PostgreSQL guards what reorganisation.py checks under lock on both engines."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE orgunits_placement DROP CONSTRAINT placement_no_overlap")


class Migration(migrations.Migration):
    dependencies = [("orgunits", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
