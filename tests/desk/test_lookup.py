"""The pack of the look-up tool and the doors to it: whole, small, the same for the same knowledge, for everybody."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.desk import lookup_pack
from bot.desk.lookup_card import card
from bot.desk.lookup_routes import MEDIA_TYPES, _files, tellers
from knowledge.catalogue import load_curated
from knowledge.schema import Procedure
from tests.desk.lookup_server import LookupServer, lookup_server

ROOT = "/desk/tra-cuu"
MOST_CODE_BYTES = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> LookupServer:
    return lookup_server(tmp_path_factory.mktemp("lookup"))


@pytest.fixture(scope="module")
def client(server: LookupServer) -> Iterator[TestClient]:
    with TestClient(server.app) as client:
        yield client


@pytest.fixture(scope="module")
def answer(client: TestClient) -> httpx.Response:
    return client.get(f"{ROOT}/goi.json")


@pytest.fixture(scope="module")
def curated() -> dict[str, Procedure]:
    return {one.code: one for one in load_curated()}


def row(**cost: object) -> dict:
    """The only cost row of a record that has it, as the tool gets it."""
    one = next(one for one in load_curated() if one.code == "1.001193")
    changed = Procedure.model_validate(one.model_dump() | {"costs": [cost]})
    rows = card(changed, tellers())["costs"]
    return rows[0] if rows else {}


def test_the_pack_holds_every_curated_procedure_with_its_papers_source_and_day(
    answer: httpx.Response, curated: dict[str, Procedure]
) -> None:
    cards = {one["code"]: one for one in answer.json()["procedures"]}
    assert set(cards) == set(curated)
    for code, one in cards.items():
        assert len(one["papers"]) == len(curated[code].documents), code
        assert one["checked_on"] == curated[code].checked_on.isoformat() and one["source"].startswith("Nguồn:"), code
        assert one["phrases"] and all(phrase.isascii() for phrase in one["phrases"]), code
        told = [str(cost) for cost in one["costs"]]
        assert len(told) == len([cost for cost in curated[code].costs if cost.amount_vnd is not None or cost.note])
    assert len(answer.json()["events"]) >= 8


def test_no_figure_leaves_without_the_days_on_which_it_holds() -> None:
    told = row(amount_vnd=5000, valid_from="2026-08-15", valid_to="2027-02-28", province="Thành phố Hà Nội")
    assert (told["from"], told["to"], told["province"]) == ("2026-08-15", "2027-02-28", "Hà Nội")
    assert row(amount_vnd=5000, is_doubtful=True) == {} == row()
    assert row(amount_vnd=0)["amount"] == "miễn phí"


def test_a_pack_is_the_same_for_the_same_knowledge_and_another_for_other(
    server: LookupServer, client: TestClient, answer: httpx.Response
) -> None:
    version = answer.json()["version"]
    assert answer.headers["etag"] == f'"{version}"'
    again = client.get(f"{ROOT}/goi.json", headers={"If-None-Match": f'W/"{version}"'})
    assert (again.status_code, again.content) == (304, b"")
    known = load_curated()
    server.publish("second", known[1:])
    newer = client.get(f"{ROOT}/goi.json", headers={"If-None-Match": f'"{version}"'})
    assert newer.status_code == 200 and newer.json()["version"] != version
    assert len(newer.json()["procedures"]) == len(known) - 1
    server.publish("third", known)
    assert client.get(f"{ROOT}/goi.json").json()["version"] == version


def test_the_pack_is_small_enough_for_a_bad_line_and_readable_without_compression(
    client: TestClient, answer: httpx.Response
) -> None:
    assert int(answer.headers["content-length"]) < 300_000
    plain = client.get(f"{ROOT}/goi.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.json() == answer.json()


def test_the_code_is_small_and_every_file_of_it_is_served(client: TestClient) -> None:
    folder = Path(lookup_pack.__file__).parent / "lookup"
    assert {path.name for path in folder.iterdir()} == set(MEDIA_TYPES)
    code = [path for path in folder.iterdir() if path.suffix not in (".png", ".svg")]
    assert sum(path.stat().st_size for path in code) < MOST_CODE_BYTES
    for name, media_type in MEDIA_TYPES.items():
        got = client.get(f"{ROOT}/{name}")
        assert got.status_code == 200 and got.headers["content-type"].startswith(media_type), name
    assert "http" not in (folder / "index.html").read_text("utf-8"), "nothing comes from elsewhere"


def test_the_page_opens_with_and_without_a_slash_and_lets_no_stranger_frame_it(client: TestClient) -> None:
    for path in (ROOT, f"{ROOT}/"):
        got = client.get(path)
        assert got.status_code == 200 and "Tra cứu thủ tục" in got.text
        assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
        assert got.headers["service-worker-allowed"] == ROOT


def test_a_change_of_any_file_gives_the_service_worker_another_name(client: TestClient) -> None:
    worker = client.get(f"{ROOT}/sw.js").text
    assert "__VERSION__" not in worker and worker.count("const VERSION = '") == 1
    assert len(_files()["sw.js"].tag) == 16


def test_any_procedure_has_a_card_online_and_an_unknown_one_a_clear_no(client: TestClient) -> None:
    got = client.get(f"{ROOT}/the/1.001193").json()
    assert got["name"] == "Đăng ký khai sinh cho con" and got["qr"] and got["papers"]
    for nobody in ("9.999999", "x" * 300, "..%2f..%2fetc"):
        assert client.get(f"{ROOT}/the/{nobody}").status_code == 404
    assert client.get(f"{ROOT}/secret.txt").status_code == 404


def test_the_qr_code_leads_to_the_card_under_the_public_address(tmp_path: Path) -> None:
    import segno

    server = lookup_server(tmp_path, public_url="https://motcua.example.vn")
    with TestClient(server.app) as client:
        packed = base64.b64decode(client.get(f"{ROOT}/the/1.001193").json()["qr"])
    wanted = segno.make("https://motcua.example.vn/desk/tra-cuu#1.001193", error="m", micro=False, mask=2).matrix
    bits = "".join(f"{byte:08b}" for byte in packed[1:])
    assert packed[0] == len(wanted)
    assert bits[: packed[0] ** 2] == "".join(str(int(module)) for line in wanted for module in line)


def test_who_asks_too_often_is_asked_to_wait(tmp_path: Path) -> None:
    with TestClient(lookup_server(tmp_path, per_minute=2).app) as client:
        assert [client.get(f"{ROOT}/the/1.001193").status_code for _ in range(3)] == [200, 200, 429]
