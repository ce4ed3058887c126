"""Starts a suite of its own, makes a tenant and an account in it, and lets schemathesis loose on its API.

run.py DG_BIN_DIR SCHEMATHESIS short|full [ARGUMENTS OF `schemathesis run` ...]
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request

#: How many requests are drawn for each operation, and how many chains of requests along the links of the document. The requests
#: at the edges of each schema come on top, some nine thousand. A short run asks the same each time: what CI finds is a change that
#: was made.
LENGTHS = {"short": (5, 60, ["--seed", "1"]), "full": (60, 400, [])}
HERE = pathlib.Path(__file__).resolve().parent
TENANT, ACCOUNT = "contract", "contract-runner"
#: Settings of the service for the run. Limits on how often somebody may ask would make it a test of nothing but 429.
SETTINGS = {
    f"DG__API__LIMITS__{name}": "0"
    for name in (
        "READS_PER_SECOND",
        "WRITES_PER_SECOND",
        "ADMIN_PER_SECOND",
        "TENANT_READS_PER_SECOND",
        "TENANT_WRITES_PER_SECOND",
        "FAILURES_PER_MINUTE",
    )
}


def main(bin_dir: str, schemathesis: str, length: str, *arguments: str) -> int:
    with tempfile.TemporaryDirectory(prefix="dg-contract-") as folder:
        # The private server may run as another account, which has to get through.
        os.chmod(folder, 0o755)
        log_path = pathlib.Path(folder, "suite.log")
        command = [
            f"{bin_dir}/dg",
            "up",
            "--dir",
            f"{folder}/state",
            "--api-port",
            "0",
            "--console-port",
            "0",
            "--json",
            "--no-demo",
        ]
        environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "NOTIFY_SOCKET")}
        suite = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | SETTINGS,
            stdout=subprocess.PIPE,
            stderr=log_path.open("wb"),
            stdin=subprocess.DEVNULL,
        )
        try:
            ready = next((json.loads(line) for line in suite.stdout if b"admin_token" in line), None)
            if ready is None:
                print(log_path.read_text(errors="replace")[-4000:], file=sys.stderr)
                return 1
            return run(ready["api_url"].rstrip("/"), ready["admin_token"], schemathesis, length, arguments, folder)
        finally:
            suite.send_signal(signal.SIGTERM)
            try:
                suite.wait(timeout=60)
            except subprocess.TimeoutExpired:
                suite.kill()


def run(url: str, root: str, schemathesis: str, length: str, arguments: tuple[str, ...], folder: str) -> int:
    """Runs it in the name of an administrator of every tenant who is not the only one."""

    def make(path: str, body: dict) -> dict:
        headers = {"authorization": f"Bearer {root}", "content-type": "application/json"}
        request = urllib.request.Request(f"{url}/api/v1/admin/{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]

    for tenant in (TENANT, "stand-in"):
        make("tenants", {"tenant_id": tenant})
    everything = {"roles": ["admin"], "permissions": ["*"], "tenant_ids": ["*"]}
    runner = make("accounts", {"account_id": ACCOUNT, **everything})["token"]
    stand_in = make("accounts", {"account_id": "stand-in"})["token"]
    make("users", {"user_id": "stand-in-person"})
    environment = os.environ | {
        "CONTRACT_HOOKS": str(HERE / "hooks.py"),
        "CONTRACT_TOKEN": runner["token"],
        "CONTRACT_TOKEN_ID": runner["token_id"],
        "CONTRACT_STAND_IN_TOKEN_ID": stand_in["token_id"],
        "CONTRACT_TENANT": TENANT,
        "CONTRACT_ACCOUNT": ACCOUNT,
    }
    command = [
        schemathesis,
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{url}/openapi.json",
        "--no-color",
    ]
    drawn, chains, more = LENGTHS[length]
    ended = 0
    for phases, examples in (("examples,coverage,fuzzing", drawn), ("stateful", chains)):
        part = [*command, "--phases", phases, "--max-examples", str(examples), *more, *arguments]
        ended |= subprocess.run(part, check=False, cwd=folder, env=environment, stdin=subprocess.DEVNULL).returncode
    return ended


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
