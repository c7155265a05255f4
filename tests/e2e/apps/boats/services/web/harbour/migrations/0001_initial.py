from django.db import migrations, models


def launch(apps, _editor):
    apps.get_model("harbour", "Boat").objects.create(name="Ms. Sub-directory")


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Boat",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=80)),
            ],
        ),
        migrations.RunPython(launch, migrations.RunPython.noop),
    ]
