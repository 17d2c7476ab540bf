# A real mesh of the dev profile on free ports and a temporary folder, for as long as a suite needs it.
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60
DRAIN_S = 40


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_ready(process, ops, log):
    """Asks the operations port until it says that all is ready."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the mesh ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{ops}/readyz", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the mesh was not ready within {READY_S} s: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def running_mesh():
    """Gives the base address of a ready mesh; afterwards it must drain with exit code 0."""
    http, ops = free_port(), free_port()
    program = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "mesh"
    with tempfile.TemporaryDirectory(prefix="chatmesh-e2e-") as folder:
        log = Path(folder) / "mesh.log"
        env = {key: value for key, value in os.environ.items() if not key.startswith("CHATMESH__")}
        env.update(
            CHATMESH__DATA_DIR=f"{folder}/data",
            CHATMESH__HTTP__LISTEN=f"127.0.0.1:{http}",
            CHATMESH__OPS__LISTEN=f"127.0.0.1:{ops}",
        )
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([program], cwd=ROOT, env=env, stdout=output, stderr=output)
        try:
            wait_ready(process, ops, log)
            yield f"http://127.0.0.1:{http}"
            process.send_signal(signal.SIGINT)
            if process.wait(DRAIN_S) != 0:
                raise RuntimeError(f"the mesh drained with {process.returncode}: {log.read_text()[-2000:]}")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(DRAIN_S)
