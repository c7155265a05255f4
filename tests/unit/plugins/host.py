"""A host of one instance, with a small systemd that starts real processes."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.slipway.django.plugins.module_utils import releases
from ansible_collections.slipway.django.plugins.module_utils.activation import Activation
from ansible_collections.slipway.django.plugins.module_utils.asking import Question
from ansible_collections.slipway.django.plugins.module_utils.instance import Instance
from ansible_collections.slipway.django.plugins.module_utils.memory import Budget
from ansible_collections.slipway.django.plugins.module_utils.steps import Steps

# Answers each request with the next status of the file `health` in its release. It starts for
# every release of every test, and `socket` takes longer to load than Python itself.
SERVER = """\
import _socket, sys
statuses = open("health").read().split()
server = _socket.socket(_socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
while True:
    descriptor, _ = server._accept()
    connection = _socket.socket(fileno=descriptor)
    connection.recv(10000)
    status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
    connection.sendall(f"HTTP/1.1 {status} Said\\r\\n\\r\\nI say {status}".encode())
    connection.close()
"""
# Units fail to start, fail, restart and take memory as files of the release and of the host say.
SYSTEMCTL = """\
#!/bin/sh
echo "$*" >>{directory}/calls
verb=$1; for last; do :; done
unit=$last; [ $verb = show ] && unit=$2
slot=${{unit#*@}}; slot=${{slot%.service}}
socket={directory}/run/$slot
case "$verb $unit" in
"start "*@*)
    [ ! -e {slots}/$slot/broken ] || exit 1
    [ ! -e {slots}/$slot/slow ] || sleep 5
    astray=.
    [ ! -e {slots}/$slot/astray ] || read -r astray <{slots}/$slot/astray || :
    cd -P {slots}/$slot/$astray || exit 1
    {python} -ISE {directory}/server.py $socket </dev/null >/dev/null 2>&1 &
    until [ -S $socket ]; do sleep 0.01; done
    echo $! >$socket.pid;;
"stop "*)
    [ ! -e {directory}/stuck ] || exit 1
    [ ! -e $socket.pid ] || {{ read -r pid <$socket.pid; kill $pid; }}
    rm -f $socket $socket.pid {directory}/failed-$slot
    [ ! -e {directory}/fails ] || touch {directory}/failed-$slot;;
"reset-failed "*) rm -f {directory}/failed-$slot;;
"show "*)
    state=inactive restarts=0
    [ ! -e $socket.pid ] || state=active
    [ ! -e {directory}/failed-$slot ] || state=failed
    [ ! -e {slots}/$slot/restarts ] || read -r restarts <{slots}/$slot/restarts || :
    echo "ActiveState=$state"
    echo "NRestarts=$restarts"
    [ ! -e {directory}/shown ] || cat {directory}/shown;;
esac
"""
JOURNALCTL = """\
#!/bin/sh
[ ! -e {directory}/mute ] || exit 1
echo '{{"MESSAGE": "ImportError: no module named boats"}}'
"""
# Each line of the file `queues` is what waits on the slots' sockets the next time somebody asks.
SS = """\
#!/bin/sh
echo asked >>{directory}/asked
count=$(sed -n 1p {directory}/queues)
for slot in blue green; do
    echo "u_str LISTEN ${{count:-0}} 2048 {directory}/run/$slot 4242 * 0"
done
sed -i 1d {directory}/queues
"""
PROGRAMS = {"systemctl": SYSTEMCTL, "journalctl": JOURNALCTL, "ss": SS}


def go_live(instance: Instance, name: str, slot: str = "blue") -> None:
    """Let a release be the one that answers, in a slot."""
    links = {
        instance.current: f"releases/{name}",
        instance.slot(slot): f"../releases/{name}",
        instance.socket: instance.slot_socket(slot),
    }
    for path, target in links.items():
        Path(path).unlink(missing_ok=True)
        Path(path).symlink_to(target)


class Local(Instance):
    """An instance whose sockets are below tmp_path, for /run is root's."""

    def slot_socket(self, slot: str) -> str:
        return str(Path(self.root).parent / "run" / slot)


@dataclass(frozen=True)
class Host:
    """A host of the instance, and the releases that it has."""

    directory: Path
    instance: Instance
    release: Callable[..., str]

    def make(self, name: str, health: str = "200", **files: str) -> None:
        """Make a release that answers so, with more files."""
        self.release(name)
        for file, text in {"health": health, **files}.items():
            Path(self.instance.release(name), file).write_text(text)

    def activation(self, name: str, **differences: Any) -> Activation:
        """The switch to a release."""
        given = Activation(
            instance=self.instance,
            release=name,
            question=Question("/health/", "shop.example.com", "http", 200, timeout=2),
            nginx_port=None,
            patience=0.2,
            drain=0,
            budget=Budget(0, 0),
            steps=Steps(),
        )
        return replace(given, **differences)

    def activate(self, name: str, **differences: Any) -> list[str]:
        """Activate a release and let the old one go, as the module does; the steps taken."""
        activation = self.activation(name, **differences)
        activation.perform()
        activation.drain_old()
        return [step["name"] for step in activation.steps.taken]

    def answers(self) -> str:
        """What a visitor's next request is answered, and by which release."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.instance.socket)
            client.send(b"GET / HTTP/1.1\r\n\r\n")
            return f"{releases.live(self.instance)}: {client.recv(1000).decode().split()[1]}"

    def links(self) -> dict[str, str]:
        """Where the links of the instance lead."""
        paths = (Path(self.instance.current), Path(self.instance.socket))
        return {path.name: str(path.readlink()) for path in paths if path.is_symlink()}

    def running(self) -> list[str]:
        """The slots that run."""
        return sorted(path.stem for path in (self.directory / "run").glob("*.pid"))

    def calls(self) -> list[str]:
        """The units that were started and stopped, in order."""
        lines = (self.directory / "calls").read_text().splitlines()
        return [line for line in lines if line.startswith(("start", "stop"))]
