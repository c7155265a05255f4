"""A file that git LFS keeps elsewhere is known by the pointer that a checkout has of it."""

from pathlib import Path

from ansible_collections.slipway.django.plugins.module_utils import large_files

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def test_pointers_are_found_wherever_they_lie(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "film.mp4").write_text(POINTER)
    (tmp_path / "logo.png").write_text(POINTER)
    (tmp_path / "manage.py").write_text("import os\n")
    assert large_files.pointers(str(tmp_path)) == ["logo.png", "static/film.mp4"]


def test_what_only_speaks_of_it_is_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"A pointer looks like this:\n{POINTER}")
    (tmp_path / "dump.txt").write_text(POINTER + "x" * large_files.POINTER_BYTES)
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "empty").touch()
    assert large_files.pointers(str(tmp_path)) == []
