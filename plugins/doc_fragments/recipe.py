# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that decide a release's Python environment, and who makes it."""

from __future__ import annotations


class ModuleDocFragment:
    """What C(extends_documentation_fragment: slipway.django.recipe) adds."""

    DOCUMENTATION = r"""
options:
  builder:
    description: The user who owns the code and runs git and uv.
    type: str
    default: deploy
  python:
    description: The Python that the application runs on, as C(uv python find) takes it.
    type: str
    default: ">=3.12"
  python_provider:
    description:
      - Who has that Python. V(system) is the distribution's, V(uv) one that uv downloads, V(pyenv)
        one that is built from source; V(auto) takes the first of these, in this order, that has it.
    type: str
    choices: [auto, system, uv, pyenv]
    default: auto
  pyenv:
    description: What V(pyenv) builds with.
    type: dict
    default: {}
    suboptions:
      repository:
        description: pyenv, as C(git clone) takes it, or a directory of the host that holds it.
        type: str
        default: https://github.com/pyenv/pyenv.git
      version:
        description: The tag of pyenv, which decides which versions of Python it knows.
        type: str
        default: v2.8.1
      environment:
        description: Environment variables for its python-build, an object in JSON.
        type: json
        default: "{}"
  requirements:
    description:
      - The file that pins the dependencies, relative to O(app_path). V(auto) takes C(uv.lock), else
        C(requirements.txt), C(poetry.lock) or C(Pipfile.lock), of that directory or the nearest
        above it. The last two are read by Poetry and Pipenv, which uv fetches for that.
    type: str
    default: auto
  server:
    description: The requirement that brings gunicorn where the application does not list it.
    type: str
    required: true
  app_path:
    description: The directory of manage.py, relative to the repository's root.
    type: str
    default: ""
  groups:
    description: Dependency groups that are installed besides the project's dependencies.
    type: list
    elements: str
    default: []
  extras:
    description: Optional dependencies (extras) of the project that are installed.
    type: list
    elements: str
    default: []
  packages:
    description: Requirements that are installed where the application does not list the package.
    type: list
    elements: str
    default: []
  unlocked:
    description: Whether C(pyproject.toml) serves where nothing pins the versions.
    type: bool
    default: false
  commands:
    description:
      - Lines of shell that O(builder) runs in O(app_path) of the release once its packages are
        there, with O(environment) and without secrets. The first that fails ends the build.
    type: list
    elements: str
    default: []
  install_project:
    description: Whether the project itself is installed too, into an environment of this release.
    type: bool
    default: false
  settings_override:
    description:
      - Python that is run after the settings module of O(environment), with all its names.
      - It becomes the module C(slipway_settings) beside manage.py, which the release's variables
        name instead. Fails where it is not Python.
    type: str
    default: ""
  uv_environment:
    description: Environment variables for uv itself, an object in JSON.
    type: json
    default: "{}"
"""
