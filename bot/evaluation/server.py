"""The whole gateway in a process of its own, to be measured from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.evaluation.rasa_bench import free_port


class Server:
    """A gateway in its own process."""

    def __init__(self, process: subprocess.Popen, base: str) -> None:
        self.process, self.base = process, base

    @property
    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(data_dir: Path, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    port = free_port()
    env = {
        **os.environ,
        "MOTCUA_DATA_DIR": str(data_dir),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "MOTCUA_RATE_LIMIT_PER_MINUTE": "10000000",
        "TELEGRAM_BOT_TOKEN": "",
        **(environment or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield Server(process, _when_ready(process, f"http://127.0.0.1:{port}"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _when_ready(process: subprocess.Popen, base: str) -> str:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            if httpx.get(f"{base}/health/ready", timeout=5).status_code == 200:
                return base
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("the server did not become ready in two minutes")
