# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code of a release while it is made: looked at, built and compiled by the builder."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping

from ansible_collections.slipway.django.plugins.module_utils import large_files
from ansible_collections.slipway.django.plugins.module_utils.programs import run
from ansible_collections.slipway.django.plugins.module_utils.steps import Failed

# Of one build command, a front end's included.
BUILD_SECONDS = 1800
OURS = (".slipway", ".venv")
ACCESS = ("system.posix_acl_access", "system.posix_acl_default")


def give(path: str, user: str) -> None:
    """Make a release's directory, in which the builder works until it is sealed."""
    os.mkdir(path, 0o750)
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam(user).pw_uid, -1)


def seal(path: str) -> None:
    """Take a release's directory from the builder, and make the one in it that is root's alone.

    Nobody can put another directory in its place then, so what root writes there goes nowhere else.
    Raises Failed where the build made one.
    """
    os.chown(path, os.geteuid(), -1)
    # Whatever the build let others do there.
    os.chmod(path, 0o2750)  # noqa: S103 - the group is the application's alone
    for name in set(os.listxattr(path)) & set(ACCESS):
        os.removexattr(path, name)
    try:
        os.mkdir(os.path.join(path, OURS[0]), 0o755)
    except FileExistsError as error:
        raise Failed(f"A build command made {OURS[0]}, which is Slipway's.") from error


def require_deployable(path: str, commit: str) -> None:
    """Raise Failed where the files of a commit are not all there, or in the way."""
    for name in OURS:
        if os.path.lexists(os.path.join(path, name)):
            raise Failed(f"The repository holds {name}, which is Slipway's: remove it there.")
    if elsewhere := large_files.pointers(path):
        raise Failed(
            f"Commit {commit[:7]} keeps {elsewhere[0]} in git LFS, which Slipway does not fetch: "
            "keep such files in git itself, or serve them from where they are.",
            "\n".join(elsewhere[1:]),
        )


def build(
    path: str, place: str, command: str, who: tuple[str, str], variables: Mapping[str, str]
) -> None:
    """Run a build command in a directory of the release, as a user and a group. Raises Failed.

    Settings may look for a file .env above them, and find the instance's, which its group reads.
    """
    user, group = who
    programs = os.path.join(path, ".venv", "bin")
    run(
        ["sh", "-ec", command],
        problem=f"The build command `{command}` failed.",
        user=user,
        group=group,
        cwd=os.path.join(path, place),
        env={**variables, "PATH": f"{programs}:{os.environ['PATH']}"},
        umask=0o027,
        timeout=BUILD_SECONDS,
    )


def compile_all(path: str, user: str) -> str:
    """Compile its modules, for the application cannot write beside its own code; what is left."""
    python = os.path.join(path, ".venv", "bin", "python")
    try:
        run([python, "-m", "compileall", "-q", "."], problem="-", user=user, cwd=path)
    except Failed as failure:
        # Repositories hold files that were never meant to be imported: templates, fixtures.
        return f"left out: {' '.join(failure.evidence)[:100]}"
    return ""
