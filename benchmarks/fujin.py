"""What fujin is given: a wheel of the application, its unit, and an instance that serves it."""

from pathlib import Path

from benchmarks.rig import ENV, Rig, instance_home
from benchmarks.tools import SERVER, install, on_host
from slipway import demo

PROJECT = "fujin"
# Not the project's name: fujin removes units that begin with its application's name.
APP = "wheelhouse"
BUILD = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["demo", "notes", "visits"]
"""
UNIT = """[Unit]
Description=The application as fujin deploys it
After=network.target postgresql.service

[Service]
Type=notify
User={name}
Group={name}_web
SupplementaryGroups={name}
WorkingDirectory={{app_dir}}
EnvironmentFile={{install_dir}}/.env
RuntimeDirectory={app}
RuntimeDirectoryMode=0750
UMask=0027
ExecStartPre={{install_dir}}/.venv/bin/python -m django migrate --no-input --verbosity 0
ExecStartPre={{install_dir}}/.venv/bin/python -m django collectstatic --no-input --verbosity 0
ExecStart={{install_dir}}/.venv/bin/gunicorn --config /etc/slipway/{name}/gunicorn.conf.py \
    --no-control-socket --bind unix:/run/{app}/gunicorn.sock demo.wsgi:application
KillMode=mixed
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
SETTINGS = """app = "{app}"
app_user = "{name}"
version = "{version}"
build_command = "uv build --quiet --wheel && \
uv export --quiet --frozen --no-dev --no-emit-project --no-hashes -o requirements.txt && \
echo {server} >>requirements.txt"
distfile = "dist/demo-1.0.0-py3-none-any.whl"
requirements = "requirements.txt"
installation_mode = "python-package"
python_version = "3.13"

[[hosts]]
user = "deploy"
address = "127.0.0.1"
port = {port}
key_filename = "{key}"
envfile = ".env.bench"
"""


def checkout(rig: Rig) -> Path:
    """Where the person who deploys with fujin works."""
    return rig.directory / "fujin"


def prepare(rig: Rig) -> None:
    """Make the checkout and, on the host, the environment that fujin would make from the web."""
    home, name = checkout(rig), f"{PROJECT}_{ENV}"
    if not home.exists():
        demo.git(rig.directory, "clone", "--quiet", str(rig.repository), str(home))
        (home / "pyproject.toml").open("a").write(BUILD)
    units = home / ".fujin" / "systemd"
    units.mkdir(parents=True, exist_ok=True)
    (units / "web.service").write_text(UNIT.format(name=name, app=APP))
    variables = rig.root(f"cat {instance_home(PROJECT)}/current/.slipway/environment")
    (home / ".env.bench").write_text(f"{variables}\n")
    rig.root(f"APP='{APP}'\n" + on_host("fujin.sh", PROJECT))
    pull(rig)
    deploy(rig)


def pull(rig: Rig) -> None:
    """Bring the newest commit into the checkout, and give it the version that fujin asks for."""
    home = checkout(rig)
    demo.git(home, "pull", "--quiet", "--ff-only")
    settings = SETTINGS.format(
        app=APP,
        name=f"{PROJECT}_{ENV}",
        version=f"1.0.{rig.mark}",
        server=SERVER,
        port=rig.host.ssh_port,
        key=rig.host.key,
    )
    (home / "fujin.toml").write_text(settings)


def deploy(rig: Rig) -> str:
    """Deploy the checkout. A reload would keep the code that gunicorn has preloaded."""
    program = install(rig, PROJECT) / "fujin"
    return rig.run([program, "deploy", "--no-input", "--full-restart"], cwd=checkout(rig))
