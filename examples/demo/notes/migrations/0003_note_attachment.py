"""Add a column while the old release still serves: `db_default` completes the rows it inserts."""

from django.core.validators import FileExtensionValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notes", "0002_first_note")]

    operations = [
        migrations.AddField(
            model_name="note",
            name="attachment",
            field=models.FileField(
                upload_to="notes/%Y/%m/",
                validators=[
                    FileExtensionValidator(["gif", "jpeg", "jpg", "pdf", "png", "txt", "zip"])
                ],
                blank=True,
                default="",
                db_default="",
            ),
        ),
    ]
