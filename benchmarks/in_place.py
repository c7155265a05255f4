"""What pyinfra does: the usual deploy in place, with a restart (`pyinfra HOSTS in_place.py`)."""

from pyinfra import host
from pyinfra.operations import git, server, systemd

home, name, bundle = host.data.home, host.data.instance, host.data.bundle
app = f"{home}/app"
uv = {"UV_CACHE_DIR": "/var/cache/slipway/uv", "UV_SYSTEM_CERTS": "1"}


def manage(command: str) -> str:
    """Return the words that run a command of Django as the application's user."""
    return (
        f"sudo -u {name} -g {name}_web sh -ec 'cd {app}; set -a; . .slipway/environment; "
        f"umask 027; exec .venv/bin/python manage.py {command} --no-input --verbosity 0'"
    )


git.repo(name="Pull the code", src=bundle, dest=app, branch="main", pull=True)
server.shell(
    name="Install the packages",
    commands=[
        f"cd {app} && uv sync --quiet --frozen --inexact --no-dev --no-install-project "
        "--python /usr/bin/python3"
    ],
    _env=uv,
)
server.shell(name="Migrate", commands=[manage("migrate")])
server.shell(name="Collect static files", commands=[manage("collectstatic")])
systemd.service(name="Restart", service=f"{name}@blue", restarted=True, _sudo=True)
