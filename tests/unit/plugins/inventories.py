"""Inventories, and what preflight says of them without a run of Ansible."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.manager import VariableManager
from ansible_collections.slipway.django.plugins.action.preflight import ActionModule

GOOD: dict[str, Any] = {
    "slipway_project": "shop",
    "slipway_env": "dev",
    "slipway_hostnames": ["dev.example.com"],
    "slipway_root": "/srv/{{ slipway_project }}",
    "django_repository": "git@example.com:shop.git",
    "django_secrets": {"API_KEY": "s3cret", "SECRET_KEY": "shared by all of them"},
    "gunicorn_systemd_workers": 4,
    "nginx_port": "{{ 8000 + 80 }}",
    "postgres_extensions": ["citext"],
}


def inventory(path: Path, hosts: dict[str, dict[str, Any]]) -> Path:
    """Write an inventory whose hosts do everything; a variable that is None is left out."""
    variables = {
        host: {name: value for name, value in {**GOOD, **given}.items() if value is not None}
        for host, given in hosts.items()
    }
    groups = {group: {"hosts": dict.fromkeys(hosts)} for group in ("app", "db", "web")}
    path.write_text(json.dumps({"all": {"hosts": variables, "children": groups}}))
    return path


def preflight(inventory: Path, host: str) -> dict[str, Any]:
    """What the action says of a host."""
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(inventory)])
    found = manager.get_host(host)
    variables = VariableManager(loader=loader, inventory=manager).get_vars(host=found)
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(async_val=0, check_mode=False)
    action._connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=""))
    action._templar = Templar(loader=loader, variables=variables)
    said: dict[str, Any] = action.run(task_vars=variables)
    return said
