# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that say which environment variables a release gets."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.snapshot) adds."""

    DOCUMENTATION = r"""
options:
  optional:
    description:
      - Variables that may have no value though the commit seems to need them, names or patterns as
        C(AWS_*).
    type: list
    elements: str
    default: []
  environment:
    description: The application's environment variables that people may read.
    type: dict
    default: {}
  secrets:
    description:
      - Those that nobody may read, an object in JSON. They win over O(environment).
      - In one text, for Ansible blots out each value of a dictionary wherever the result has it.
    type: json
    default: "{}"
  generated:
    description:
      - Secrets that are made on the host once, and kept in C(.keys), where neither O(secrets) nor
        O(environment) has them.
    type: list
    elements: str
    default: [SECRET_KEY]
  defaults:
    description: Variables that Slipway sets itself, where nothing else does; people may read them.
    type: dict
    default: {}
  default_secrets:
    description: Those of them that nobody may read, an object in JSON.
    type: json
    default: "{}"
  backend:
    description:
      - Where more of them come from, which win over all others. V(vault) has none.
      - With V(env_file) people edit C(.env) and C(.keys) on the host, Slipway else.
      - With V(doppler) they are a config of Doppler's.
    type: str
    choices: [vault, env_file, doppler]
    default: vault
  doppler:
    description: The config of Doppler's, and how it is asked.
    type: dict
    suboptions:
      mode:
        description: With V(fetch) a release keeps the secrets; with V(run) it asks for them.
        type: str
        choices: [fetch, run]
        default: fetch
      token:
        description: A token that may read the config.
        type: str
        default: ""
      project:
        description: The project, where the token does not say it.
        type: str
        default: ""
      config:
        description: The config, where the token does not say it.
        type: str
        default: ""
      api_host:
        description: The address of Doppler's API; empty for the public one.
        type: str
        default: ""
"""
