"""Pin up the first note.

Data has a migration to itself: in one that also changes the schema PostgreSQL may refuse to alter
the table "because it has pending trigger events".
"""

from django.db import migrations

TITLE = "Welcome aboard"
BODY = (
    "This note comes from a migration, out of the database, through a template, to you. "
    "Pin up one of your own below, with a file if you like: both will outlive the next release."
)


def pin_up(apps, schema_editor):
    notes = apps.get_model("notes", "Note").objects.using(schema_editor.connection.alias)
    notes.get_or_create(title=TITLE, author="Slipway", defaults={"body": BODY})


class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]

    # Nothing to undo: whoever goes back keeps the note, and going forward again finds it.
    operations = [migrations.RunPython(pin_up, migrations.RunPython.noop)]
