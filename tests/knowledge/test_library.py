"""The index on disk: replaced in one step, refused when damaged, old state whole after any trouble."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import catalogue, index, library
from knowledge.encoder import EncoderMissing
from knowledge.everyday import BadEveryday
from knowledge.importers.reader import UnreadableFile
from knowledge.library import IndexCorrupt, IndexMissing, Library, import_and_index
from tests.knowledge.shelf import TODAY, catalogue_file, codes, leave_out_our_own, put_small_encoder

FIRST = {"1.900001": "Cấp phép thả diều trên đê", "1.900002": "Xác nhận nuôi ong rừng"}


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    leave_out_our_own(monkeypatch)
    put_small_encoder(tmp_path)
    return tmp_path


def bring(data_dir: Path, names: dict[str, str], name: str = "a.jsonl") -> catalogue.ImportReport:
    return import_and_index([catalogue_file(data_dir / name, names)], data_dir, TODAY)


def test_without_an_index_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="motcua index"):
        Library.open(tmp_path)


def test_without_an_encoder_nothing_is_indexed(tmp_path: Path) -> None:
    with pytest.raises(EncoderMissing, match="motcua train"):
        index.build_index(tmp_path)


def test_an_imported_record_can_be_searched_at_once(data_dir: Path) -> None:
    report = bring(data_dir, FIRST)
    opened = Library.open(data_dir)
    assert sorted(report.new) == sorted(FIRST)
    assert codes(opened.searcher.search("xin phép thả diều").hits)[0] == "1.900001"
    assert opened.catalogue["1.900001"].name == FIRST["1.900001"]


def test_a_second_import_of_the_same_changes_nothing(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    before = Library.open(data_dir).generation
    assert sorted(bring(data_dir, FIRST).unchanged) == sorted(FIRST)
    assert Library.open(data_dir).generation == before


def test_an_open_library_takes_a_newer_index_over_and_the_old_snapshot_still_works(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    opened = Library.open(data_dir)
    old = opened.snapshot
    assert not opened.refresh_if_changed()
    bring(data_dir, {**FIRST, "1.900003": "Đăng ký đua thuyền thúng"})
    assert opened.refresh_if_changed()
    assert codes(opened.searcher.search("đua thuyền thúng").hits)[0] == "1.900003"
    assert "1.900003" not in old.catalogue
    assert codes(old.searcher.search("nuôi ong rừng").hits)[0] == "1.900002"


def test_only_changed_texts_are_encoded_again(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    said: list[str] = []
    path = catalogue_file(data_dir / "a.jsonl", {**FIRST, "1.900003": "Đăng ký đua thuyền thúng"})
    import_and_index([path], data_dir, TODAY, said.append)
    assert any(line.startswith("encoding 1 of ") for line in said)


def test_another_encoder_encodes_everything_again(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    put_small_encoder(data_dir, seed=2)
    before = Library.open(data_dir).generation  # its own encoder lies beside it, so it still opens
    assert index.build_index(data_dir) != before


def test_a_full_disk_leaves_the_old_state_whole(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(data_dir, FIRST)
    before = Library.open(data_dir).generation

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr(index, "save_file", full)
        bring(data_dir, {**FIRST, "1.900003": "Đăng ký đua thuyền thúng"})
    opened = Library.open(data_dir)
    assert opened.generation == before
    assert "1.900003" not in opened.catalogue
    assert sorted(catalogue.load_imported(data_dir)) == sorted(FIRST)
    assert not list(data_dir.glob(".imported-*"))
    assert not list(index.folder(data_dir).glob(".[0-9a-f]*"))


def test_trouble_at_the_last_step_leaves_the_old_index(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(data_dir, FIRST)
    before = Library.open(data_dir).generation

    def fail(*_: object) -> None:
        raise OSError("pointer cannot be written")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="pointer"):
        patched.setattr(library.index, "make_current", fail)
        bring(data_dir, {"1.900001": "Cấp phép thả diều đêm"})
    assert Library.open(data_dir).generation == before
    assert bring(data_dir, {"1.900001": "Cấp phép thả diều đêm"}).count == 1
    assert Library.open(data_dir).generation != before


@pytest.mark.parametrize("name", [index.ARRAYS, index.MANIFEST, f"encoder/{index.encoder.WEIGHTS_FILE}"])
def test_a_file_cut_off_in_the_middle_is_noticed(data_dir: Path, name: str) -> None:
    bring(data_dir, FIRST)
    path = index.folder(data_dir) / index.current_generation(data_dir) / name
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(IndexCorrupt, match="motcua index"):
        Library.open(data_dir)


def test_a_changed_byte_is_noticed_and_rebuilding_cures_it(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    path = index.folder(data_dir) / index.current_generation(data_dir) / index.ARRAYS
    content = bytearray(path.read_bytes())
    content[-1] ^= 255
    path.write_bytes(content)
    with pytest.raises(IndexCorrupt, match="damaged"):
        Library.open(data_dir)
    index.build_index(data_dir)
    assert Library.open(data_dir).searcher.search("thả diều").hits


def test_a_generation_that_vanished_is_noticed(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    (index.folder(data_dir) / index.CURRENT).write_text("0123456789ab")
    with pytest.raises(IndexCorrupt):
        Library.open(data_dir)


def test_only_two_generations_are_kept(data_dir: Path) -> None:
    for number in range(4):
        bring(data_dir, {"1.900001": f"Cấp phép thả diều lần {number}"})
    assert len([path for path in index.folder(data_dir).iterdir() if path.is_dir()]) == 2


def test_what_is_left_from_a_crash_is_cleared_away(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    (index.folder(data_dir) / ".deadbeef0000").mkdir()
    for number in range(2):
        bring(data_dir, {"1.900001": f"Cấp phép thả diều lần {number}"})
    assert not (index.folder(data_dir) / ".deadbeef0000").exists()


def test_an_unreadable_file_imports_nothing(data_dir: Path) -> None:
    bring(data_dir, FIRST)
    (data_dir / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile):
        import_and_index([data_dir / "b.jsonl"], data_dir, TODAY)
    assert sorted(catalogue.load_imported(data_dir)) == sorted(FIRST)


def test_an_operators_wrong_wording_stops_the_import_before_anything_changes(data_dir: Path) -> None:
    (data_dir / "everyday").mkdir()
    (data_dir / "everyday" / "xa.yml").write_text('"1.900001": {namen: [diều]}', "utf-8")
    with pytest.raises(BadEveryday, match="xa.yml"):
        bring(data_dir, FIRST)
    assert catalogue.load_imported(data_dir) == {}


def test_an_operators_wording_is_searched(data_dir: Path) -> None:
    (data_dir / "everyday").mkdir()
    (data_dir / "everyday" / "xa.yml").write_text('"1.900002": {names: [bắt tổ mật về nhà]}', "utf-8")
    bring(data_dir, FIRST)
    assert codes(Library.open(data_dir).searcher.search("bắt tổ mật").hits)[0] == "1.900002"


def test_another_encoder_in_the_settings_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(data_dir, FIRST)
    small = index.encoder.load_own(index.encoder.folder(data_dir))
    monkeypatch.setenv("ENCODER_MODEL", "some/model")
    monkeypatch.setattr(
        index.encoder, "open_encoder", lambda _: small.__class__("hub:some/model", small.rows, small.table)
    )
    with pytest.raises(IndexCorrupt, match="the one in use is hub:some/model"):
        Library.open(data_dir)


def test_a_procedure_known_by_wording_only_is_not_answered_with_its_neighbour(data_dir: Path) -> None:
    (data_dir / "everyday").mkdir()
    wording = '"1.900009": {names: [bắt tổ mật về nhà], situations: [tổ mật sau vườn]}'
    (data_dir / "everyday" / "xa.yml").write_text(wording, "utf-8")
    bring(data_dir, FIRST)
    found = Library.open(data_dir).searcher.search("bắt tổ mật về nhà")
    assert found.decision == "none"
    assert "1.900009" not in codes(found.hits)
