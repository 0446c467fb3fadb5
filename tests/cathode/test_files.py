import pytest

from cathode.files import whole_file, whole_folder


def test_a_file_appears_whole_in_a_new_folder(tmp_path):
    file = tmp_path / "new" / "it.txt"
    with whole_file(file) as out:
        out.write(b"half")
        assert not file.exists()
    assert file.read_bytes() == b"half"
    assert [each.name for each in file.parent.iterdir()] == ["it.txt"]


def test_of_an_error_the_old_one_stays_and_nothing_else(tmp_path):
    file = tmp_path / "it.txt"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(file) as out:
        out.write(b"new")
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_it_may_be_read_as_any_other_file(tmp_path):
    plain, file = tmp_path / "plain", tmp_path / "file"
    plain.write_text("")
    with whole_file(file) as out:
        out.write(b"x")
    assert file.stat().st_mode == plain.stat().st_mode


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "new" / "it"
    with whole_folder(folder) as part:
        (part / "inside").mkdir()
        (part / "inside" / "a.txt").write_text("a")
        assert not folder.exists()
    assert (folder / "inside" / "a.txt").read_text() == "a"
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "other") as part:
        (part / "a.txt").write_text("half")
        raise KeyboardInterrupt
    assert sorted(each.name for each in tmp_path.rglob("*")) == ["a.txt", "inside", "it", "new"]


def test_a_folder_that_somebody_else_made_meanwhile_stays(tmp_path):
    folder = tmp_path / "it"
    with pytest.raises(FileExistsError, match="is there already"), whole_folder(folder) as part:
        (part / "a.txt").write_text("mine")
        folder.mkdir()
        (folder / "a.txt").write_text("theirs")
    assert (folder / "a.txt").read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [folder]
