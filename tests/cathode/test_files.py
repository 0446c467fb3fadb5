import pytest

from cathode.files import whole_file


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
