"""The migrations that the next deploy applies, and what they risk, by their sources."""

import pytest

from slipway.drafting import migrations as drafting_migrations
from tests.unit.drafting.conftest import Changed

PLACE = "notes/migrations"
HEAD = (
    "from django.db import migrations, models\n"
    "from django.contrib.postgres.operations import AddIndexConcurrently\n\n"
)
FIELDS = (
    '("id", models.BigAutoField(primary_key=True)), ("body", models.TextField(null=True)), '
    '("title", models.CharField(max_length=80)), '
    '("tag", models.ForeignKey(to="notes.Tag", null=True)), '
    '("all", models.ManyToManyField("notes.Tag")), ("kind", models.TextField(db_column="k"))'
)
FIRST = (
    f'migrations.CreateModel(name="Note", fields=[{FIELDS}]), '
    'migrations.CreateModel("Tag", [("note", models.ForeignKey("notes.Note", 1))], '
    '{"db_table": "tags"})'
)


def migration(operations: str, more: str = "") -> str:
    """The source of a migration."""
    start = f"{HEAD}class Migration(migrations.Migration):\n"
    return f"{start}    {more}\n    operations = [{operations}]\n"


LIVE = {
    "manage.py": "",
    f"{PLACE}/__init__.py": "",
    f"{PLACE}/0001_initial.py": migration(FIRST),
}


def lines(change: Changed, **names: str) -> list[str]:
    """What is said of these migrations, which come after the first."""
    after = {f"{PLACE}/{name}.py": text for name, text in names.items()}
    return [item.line() for item in drafting_migrations.items(change(LIVE, dict(after)))]


def risk(change: Changed, operations: str, more: str = "") -> str:
    """What is said of operations in the second migration."""
    (line,) = lines(change, **{"0002_next": migration(operations, more)})
    assert line.startswith("- [ ] migrations: notes 0002_next")
    return line.partition(" — ")[2]


RISKS = {
    "migrations.RemoveField(model_name='note', name='body')": (
        "removes notes.Note.body, which the release before still reads"
    ),
    "migrations.RemoveField('note', 'body')": (
        "removes notes.Note.body, which the release before still reads"
    ),
    "migrations.DeleteModel(name='Note')": (
        "deletes notes.Note, which the release before still reads"
    ),
    "migrations.RenameField('note', 'body', 'text')": (
        "renames notes.Note.body to text, which the release before still reads as body"
    ),
    "migrations.RenameModel('Note', 'Memo')": (
        "renames notes.Note to Memo, whose table the release before still reads"
    ),
    "migrations.AlterModelTable('note', 'memos')": (
        "renames the table of notes.Note, which the release before still reads"
    ),
    "migrations.AddIndex('note', models.Index(fields=['title'], name='t'))": (
        "adds an index to notes.Note, to which nobody can write meanwhile"
    ),
    "AddIndexConcurrently('note', models.Index(fields=['title'], name='t'))": (
        "cannot run, for AddIndexConcurrently needs atomic = False"
    ),
    "migrations.AddConstraint('note', models.CheckConstraint(check=1, name='c'))": (
        "adds a constraint of notes.Note, whose rows are checked under a lock"
    ),
    "migrations.AlterUniqueTogether('note', {('title', 'body')})": (
        "makes fields unique together of notes.Note, whose rows are checked under a lock"
    ),
    "migrations.AlterOrderWithRespectTo('tag', 'note')": (
        "adds notes.Tag._order without a default in the database, "
        "so the release before can insert no row"
    ),
    "migrations.AddField('note', 'pages', models.IntegerField(default=1))": (
        "adds notes.Note.pages without a default in the database, "
        "so the release before can insert no row"
    ),
    "migrations.AddField('note', 'key', models.UUIDField(db_default=RandomUUID()))": (
        "adds notes.Note.key for which the table is rewritten under a lock"
    ),
    "migrations.AddField('note', 'sum', models.GeneratedField(db_persist=True))": (
        "adds notes.Note.sum for which the table is rewritten under a lock"
    ),
    "migrations.AddField('note', 'tag', models.ForeignKey('notes.Tag', 1, null=True))": (
        "adds notes.Note.tag with an index, which is made under a lock"
    ),
    "migrations.AddField('note', 'slug', models.TextField(unique=True))": (
        "adds notes.Note.slug without a default in the database, so the release before can insert "
        "no row, and with an index, which is made under a lock"
    ),
    "migrations.AlterField('note', 'body', models.TextField(default=''))": (
        "makes notes.Note.body not null, for which all rows are read under a lock, "
        "and the release before may still write nulls"
    ),
    "migrations.AlterField('note', 'body', models.TextField(db_default=''))": (
        "makes notes.Note.body not null, for which all rows are read under a lock"
    ),
    "migrations.AlterField('note', 'title', models.CharField(max_length=40))": (
        "alters notes.Note.title, for which the table may be rewritten under a lock, "
        "and which the release before still reads as it was"
    ),
    "migrations.AlterField('note', 'title', models.SlugField(db_index=False))": (
        "alters notes.Note.title, for which the table may be rewritten under a lock, "
        "and which the release before still reads as it was"
    ),
    "migrations.AlterField('note', 'body', models.CharField(max_length=9, null=True))": (
        "alters notes.Note.body, for which the table may be rewritten under a lock, "
        "and which the release before still reads as it was"
    ),
    "migrations.AlterField('note', 'title', models.IntegerField())": (
        "alters notes.Note.title, for which the table may be rewritten under a lock, "
        "and which the release before still reads as it was"
    ),
    "migrations.AlterField('note', 'title', models.CharField(max_length=80, unique=True))": (
        "adds an index to notes.Note.title, which is made under a lock"
    ),
    "migrations.AlterField('note', 'elsewhere', models.CharField(max_length=80))": (
        "alters notes.Note.elsewhere, for which the table may be rewritten under a lock, "
        "and which the release before still reads as it was"
    ),
    "migrations.RunPython(carry_file)": "runs carry_file, which cannot be undone",
    "migrations.RunPython(lambda apps, editor: None, None)": (
        "runs a function, which cannot be undone"
    ),
    "migrations.RunSQL('UPDATE x')": "runs SQL that cannot be undone",
}


@pytest.mark.parametrize(("operation", "said"), RISKS.items())
def test_the_risk_of_an_operation_is_said(change: Changed, operation: str, said: str) -> None:
    assert risk(change, operation) == f"0002 {said}"


@pytest.mark.parametrize(
    "operation",
    [
        "",
        "migrations.AddField('note', 'pages', models.IntegerField(null=True))",
        "migrations.AddField('note', 'pages', models.IntegerField(db_default=1))",
        "migrations.AddField('note', 'made', models.DateTimeField(db_default=Now()))",
        "migrations.AddField('note', 'tags', models.ManyToManyField('notes.Tag'))",
        "migrations.AddField('note', 't', models.ForeignKey('notes.Tag', 1, null=True, "
        "db_index=False))",
        "migrations.AddField('note', 'sum', models.GeneratedField(db_persist=False))",
        "migrations.AlterField('note', 'title', models.CharField(max_length=90, choices=[1], "
        "default='', help_text='x', verbose_name='y', blank=True))",
        "migrations.AlterField('note', 'title', models.CharField(max_length=80, null=True))",
        "migrations.AlterField('note', 'title', models.TextField())",
        "migrations.AlterField('note', 'title', models.URLField())",
        "migrations.AlterField('note', 'tag', models.ForeignKey(to='notes.tag', null=True))",
        "migrations.AlterField('note', 'all', models.ManyToManyField('notes.Tag', symmetrical=0))",
        "migrations.AlterModelOptions('note', {'ordering': ['id']})",
        "migrations.AlterUniqueTogether('note', set())",
        "migrations.AlterUniqueTogether(name='note', unique_together=set())",
        "migrations.RemoveIndex('note', 't')",
        "migrations.RenameModel('Tag', 'Label')",
        "migrations.RenameField('note', 'kind', 'sort')",
        "migrations.RunPython(carry_file, migrations.RunPython.noop)",
        "migrations.RunPython(code=carry_file, reverse_code=take_back)",
        "migrations.RunSQL('UPDATE x', reverse_sql='UPDATE y')",
        "migrations.AddField",
        "*more",
    ],
)
def test_what_risks_nothing_is_only_named(change: Changed, operation: str) -> None:
    assert risk(change, operation) == ""


def test_an_index_that_is_made_concurrently_risks_nothing(change: Changed) -> None:
    operation = "AddIndexConcurrently('note', models.Index(fields=['title'], name='t'))"
    assert risk(change, operation, "atomic = False") == ""


def test_only_what_is_done_to_the_database_risks_anything(change: Changed) -> None:
    parted = "migrations.SeparateDatabaseAndState(database_operations=[{}], state_operations=[{}])"
    removal = "migrations.RemoveField('note', 'body')"
    assert risk(change, parted.format("", removal)) == ""


def test_what_is_done_to_the_database_alone_risks_as_much(change: Changed) -> None:
    parted = "migrations.SeparateDatabaseAndState([migrations.DeleteModel('Note')], [])"
    assert risk(change, parted) == "0002 deletes notes.Note, which the release before still reads"


def test_a_table_that_is_new_risks_nothing(change: Changed) -> None:
    operations = (
        "migrations.CreateModel('Page', [('n', models.IntegerField(null=True))]), "
        "migrations.AddField('page', 'm', models.IntegerField(unique=True)), "
        "migrations.AlterField('page', 'n', models.TextField()), "
        "migrations.AddIndex('page', models.Index(fields=['n'])), "
        "migrations.RemoveField('page', 'n'), migrations.RenameField('page', 'm', 'o'), "
        "migrations.RenameModel('Page', 'Sheet'), migrations.AlterModelTable('sheet', 'x'), "
        "migrations.DeleteModel('Sheet')"
    )
    assert risk(change, operations) == ""


def test_a_table_that_is_new_to_the_state_alone_is_an_old_one(change: Changed) -> None:
    operations = (
        "migrations.SeparateDatabaseAndState(state_operations=[migrations.CreateModel('Page', "
        "[('n', models.TextField())])]), migrations.RemoveField('page', 'n')"
    )
    assert risk(change, operations) == (
        "0002 removes notes.Page.n, which the release before still reads"
    )


def test_a_column_that_is_new_is_read_by_nobody_yet(change: Changed) -> None:
    operations = (
        "migrations.AddField('note', 'a', models.TextField(null=True)), "
        "migrations.RenameField('note', 'a', 'b'), migrations.RemoveField('note', 'b')"
    )
    assert risk(change, operations) == ""


def test_a_column_that_is_new_may_not_be_null_in_the_end(change: Changed) -> None:
    operations = (
        "migrations.AddField('note', 'a', models.TextField(null=True)), "
        "migrations.AlterField('note', 'a', models.TextField())"
    )
    assert risk(change, operations) == (
        "0002 makes notes.Note.a not null, for which all rows are read under a lock, "
        "and the release before may still write nulls"
    )


def test_a_column_is_altered_as_the_migrations_before_left_it(change: Changed) -> None:
    said = lines(
        change,
        **{
            "0002_a": migration("migrations.RenameField('note', 'title', 'head')"),
            "0003_b": migration(
                "migrations.AlterField('note', 'head', models.CharField(max_length=80, blank=True))"
            ),
            "0004_c": migration("migrations.RemoveField('note', 'body')"),
        },
    )
    assert said == [
        "- [ ] migrations: notes 0002_a, 0003_b, 0004_c — 0002 renames notes.Note.title to head, "
        "which the release before still reads as title; "
        "0004 removes notes.Note.body, which the release before still reads"
    ]


def test_what_is_done_twice_to_a_table_is_said_once(change: Changed) -> None:
    one = "migrations.AddIndex('note', models.Index(fields=['title'], name='{}'))"
    assert risk(change, f"{one.format('a')}, {one.format('b')}") == (
        "0002 adds an index to notes.Note, to which nobody can write meanwhile"
    )


def test_many_risks_are_counted(change: Changed) -> None:
    operations = ", ".join(f"migrations.RemoveField('note', 'f{n}')" for n in range(9))
    said = risk(change, operations)
    assert said == (
        "0002 removes notes.Note.f0, notes.Note.f1, notes.Note.f2, notes.Note.f3 and 5 more, "
        "which the release before still reads"
    )
    operations = ", ".join(f"migrations.RunPython(step{n})" for n in range(9))
    (line,) = lines(change, **{"0003_next": migration(operations)})
    assert line.count("runs") == 6
    assert line.endswith("; and 3 more risks")


def test_operations_are_found_in_sums_of_lists(change: Changed) -> None:
    text = migration("").replace("[]", "[*x] + [migrations.DeleteModel('Note')] + rest()")
    (line,) = lines(change, **{"0002_next": text})
    assert line.endswith("0002 deletes notes.Note, which the release before still reads")


@pytest.mark.parametrize("text", ["", "class Migration(:", "\0", "class Migration: pass"])
def test_a_migration_that_cannot_be_read_is_named(change: Changed, text: str) -> None:
    assert lines(change, **{"0002_next": text}) == ["- [ ] migrations: notes 0002_next"]


def test_each_app_has_a_line(change: Changed) -> None:
    after = {
        f"{PLACE}/0002_next.py": migration(""),
        "shop/cart/migrations/__init__.py": "",
        "shop/cart/migrations/0001_initial.py": migration("migrations.CreateModel('Cart', [])"),
        "loose/migrations/0001_initial.py": migration(""),
    }
    said = [item.line() for item in drafting_migrations.items(change(LIVE, dict(after)))]
    assert said == ["- [ ] migrations: cart 0001_initial", "- [ ] migrations: notes 0002_next"]


def test_apps_of_tests_are_left_out_but_not_an_app_of_that_name(change: Changed) -> None:
    after = {
        f"{place}/migrations/{name}.py": ""
        for place in ("tests/fake", "notes/tests/fake", "tests")
        for name in ("__init__", "0001_initial")
    }
    said = [item.line() for item in drafting_migrations.items(change(LIVE, dict(after)))]
    assert said == ["- [ ] migrations: tests 0001_initial"]


def test_an_applied_migration_that_changed_is_an_issue(change: Changed) -> None:
    said = lines(change, **{"0001_initial": migration("migrations.DeleteModel('Note')")})
    assert said == [
        "- [ ] issue: notes 0001_initial changed since the live commit — "
        "what a database has applied does not run again"
    ]


def test_an_applied_migration_that_is_gone_is_an_issue(change: Changed) -> None:
    before = {**LIVE, f"{PLACE}/0002_a.py": migration("")}
    after = {f"{PLACE}/0001_initial.py": None, f"{PLACE}/0002_a.py": None}
    said = [item.line() for item in drafting_migrations.items(change(before, after))]
    assert said == [
        "- [ ] issue: notes 0001_initial, 0002_a deleted since the live commit — "
        "databases go on naming what they have applied"
    ]


def test_another_form_of_an_applied_migration_is_none(change: Changed) -> None:
    text = '"""About it."""\n# Black was here.\n' + LIVE[f"{PLACE}/0001_initial.py"]
    links = 'dependencies = [("a", "b")]\n    replaces = []\n    "Doc."\n    initial = True'
    text = text.replace("Migration):\n", f"Migration):\n    {links}\n").replace("), (", "),\n  (")
    text = text.replace("import migrations, models", "import models, migrations")
    assert lines(change, **{"0001_initial": text}) == []


def test_an_app_that_moved_has_the_same_migrations(change: Changed) -> None:
    after: dict[str, str | None] = {f"apps/{path}": text for path, text in LIVE.items()}
    after = {**after, **dict.fromkeys(LIVE), "manage.py": ""}
    del after["apps/manage.py"]
    assert drafting_migrations.items(change(LIVE, after)) == []


def test_squashed_migrations_run_no_more_and_may_go(change: Changed) -> None:
    squash = 'replaces = [("notes", "0001_initial"), ("notes", "0002_a")]'
    text = migration("migrations.RemoveField('note', 'body')", squash)
    before = {**LIVE, f"{PLACE}/0002_a.py": migration("")}
    after = {
        f"{PLACE}/0001_squashed.py": text,
        f"{PLACE}/0001_initial.py": None,
        f"{PLACE}/0002_a.py": None,
    }
    said = [item.line() for item in drafting_migrations.items(change(before, after))]
    assert said == ["- [ ] migrations: notes 0001_squashed"]
