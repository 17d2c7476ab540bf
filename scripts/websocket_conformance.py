# The Autobahn cases, without compression, against the gateway's WebSocket codec (gateway/examples/websocket_echo.rs).
import asyncio
import subprocess
import sys
from pathlib import Path

from wheels import provision

ROOT = Path(__file__).resolve().parent.parent
SUMS = {
    "x86_64": "a9b34e593defe29d931e346c88947b58a015495f09dd13643e4cc952c75602ac",
    "aarch64": "911610fc6d21e9d8b5b53936ea134b2b4ab58cd6252e9ad7c7f69c540a028027",
}
# 12 and 13 try permessage-deflate, which the gateway does not speak.
COMPRESSION = ["12.*", "13.*"]
# Of 301 cases; a suite that shrank must not pass unseen.
CASES = 301


def run():
    """How many cases passed and failed."""
    try:
        suite = provision("kosoku", "0.1.0", SUMS, "kosoku/__init__.py", "run scripts/test lint web e2e without it")
    except SystemExit as error:
        print(error)
        return 0, 1
    sys.path.insert(0, str(suite))
    import kosoku

    build = ["cargo", "build", "--locked", "--quiet", "--workspace", "--example", "websocket_echo"]
    if subprocess.run(build, cwd=ROOT, check=False).returncode != 0:
        return 0, 1
    server = [ROOT / "target/debug/examples/websocket_echo", "127.0.0.1:0"]
    with subprocess.Popen(server, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as echo:
        try:
            address = echo.stdout.readline().strip()
            # One by one: on a busy machine side by side they would run into the suite's own time-outs.
            results = asyncio.run(kosoku.run_fuzzingclient(address, None, COMPRESSION, concurrency=1))
        except kosoku.FailureError as failure:
            print(failure)
            results = failure.results
        finally:
            echo.kill()
    passed = sum(result.passed for result in results)
    return passed, max(CASES, len(results)) - passed


if __name__ == "__main__":
    passed, failed = run()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
