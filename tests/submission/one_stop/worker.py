"""A worker that only hands dossiers over; a parent that has everything imported forks one at each line it reads.

Run as `python -m tests.submission.one_stop.worker DATA_DIR SANDBOX PROTOCOL`. The first line written says whether Rasa
was imported; then for each line read a worker's process id. Whoever started the parent kills the workers.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import httpx

from bot.jobs import adapter, hand_over
from bot.settings import Settings
from bot.store import open_store
from bot.submission.one_stop.agency_files import AgencyFiles
from bot.submission.one_stop.wire import Wire
from tests.submission.one_stop.world import World, access

QUICK = timedelta(milliseconds=100)  # a test has no quarter of an hour between attempts


async def work(data_dir: Path, sandbox: str, protocol: str) -> None:
    settings = access(Settings(_env_file=None, env="test", data_dir=data_dir, database_url=""), protocol)
    store = await open_store(settings)
    async with _client() as client:
        files = AgencyFiles(store, settings.attachments_dir, "")
        one_stop = adapter(settings, Wire(client, sandbox), store, files)
        world = World(store, one_stop)
        handing_over = world.worker(one_stop, longest_wait=QUICK)
        bell = asyncio.Event()
        await handing_over.recover_at_start()
        await hand_over(handing_over, world.queue, bell)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, verify=False)  # the sandbox speaks plain HTTP: no certificates to read


async def rehearse(data_dir: Path, sandbox: str) -> None:
    """Loads in the parent what is loaded at first use, for each child would spend its short life on it."""
    await (await open_store(Settings(_env_file=None, env="test", data_dir=data_dir, database_url=""))).close()
    async with _client() as client:
        await client.get(f"{sandbox}/nothing")


def main() -> None:
    data_dir, sandbox, protocol = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    asyncio.run(rehearse(data_dir, sandbox))
    print(f"rasa {'rasa' in sys.modules}", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(work(data_dir, sandbox, protocol))
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main()
