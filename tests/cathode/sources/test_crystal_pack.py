import numpy as np
import pytest

from cathode.model import Crystal
from cathode.sources import crystal_pack
from cathode.sources.crystal_pack import parsed_cifs, read_arrays, write_arrays
from tests.crystal_worlds import cif, rock_salt

TEXTS = [cif(rock_salt("Li", "F", 4.0)), "garbage", cif(rock_salt("Na", "Cl", 5.6)), ""]


def shown(found):
    return [each.digest if isinstance(each, Crystal) else each for each in found]


def refuse(work, texts):
    raise AssertionError("parsed again")


def test_what_was_parsed_once_is_found_again(tmp_path):
    first = parsed_cifs(TEXTS, tmp_path)
    assert shown(first) == shown(parsed_cifs(TEXTS, tmp_path, refuse)) == shown(parsed_cifs(TEXTS))
    assert [isinstance(each, str) for each in first] == [False, True, False, True]
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".npz"


@pytest.mark.parametrize("texts", [TEXTS[::-1], TEXTS[:3], [*TEXTS, TEXTS[0]]])
def test_other_texts_are_others(tmp_path, texts):
    parsed_cifs(TEXTS, tmp_path)
    with pytest.raises(AssertionError, match="parsed again"):
        parsed_cifs(texts, tmp_path, refuse)


@pytest.mark.parametrize("texts", [[], ["garbage"], TEXTS[:1]], ids=["none", "bad", "good"])
def test_extremes_are_kept_too(tmp_path, texts):
    assert shown(parsed_cifs(texts, tmp_path)) == shown(parsed_cifs(texts, tmp_path, refuse))


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_damaged_file_is_told_and_made_again(tmp_path, caplog, keep):
    first = parsed_cifs(TEXTS, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    assert shown(parsed_cifs(TEXTS, tmp_path)) == shown(first)
    assert "is damaged" in caplog.text
    assert shown(parsed_cifs(TEXTS, tmp_path, refuse)) == shown(first)


def test_arrays_that_would_execute_something_are_not_read(tmp_path, caplog):
    file = tmp_path / "objects.npz"
    np.savez(file, reasons=np.array([{"an": "object"}], dtype=object))
    assert read_arrays(file) is None
    assert "is damaged" in caplog.text


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "kept.npz"
    write_arrays(file, {"a": np.arange(3)})

    def torn(out, **arrays):
        out.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crystal_pack.np, "savez", torn)
    with pytest.raises(OSError, match="No space"):
        write_arrays(file, {"a": np.arange(4)})
    np.testing.assert_array_equal(read_arrays(file)["a"], [0, 1, 2])
    assert list(tmp_path.iterdir()) == [file]
