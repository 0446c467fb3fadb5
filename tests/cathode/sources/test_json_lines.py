import gzip
import json

import pytest

from cathode.errors import SourceError
from cathode.sources.json_lines import records


def packed(tmp_path, text):
    file = tmp_path / "s.jsonl.gz"
    file.write_bytes(gzip.compress(text.encode()))
    return file


def test_wanted_records_in_the_order_of_the_file(tmp_path):
    text = "\n".join(json.dumps({"id": name, "n": i}) for i, name in enumerate("abc")) + "\n\n"
    plain = tmp_path / "s.jsonl"
    plain.write_text(text)
    for file in (plain, packed(tmp_path, text)):
        assert [r["n"] for r in records(file, "id", {"c", "a"})] == [0, 2]


@pytest.mark.parametrize(
    "text", ["[1]", '{"name": 1}', '{"id": ["a"]}', '{"id": "a"', "no JSON"], ids=str
)
def test_lines_that_are_no_records_are_named(tmp_path, text):
    with pytest.raises(SourceError, match="s.jsonl.gz"):
        list(records(packed(tmp_path, '{"id": "a"}\n' + text), "id", {"a"}))


def test_files_that_are_torn_or_missing_are_named(tmp_path):
    whole = gzip.compress(b'{"id": "a"}\n' * 1000)
    broken = bytearray(whole)
    broken[20:30] = b"0123456789"
    for content in (whole[:-9], whole[:5], bytes(broken), b"no gzip"):
        file = tmp_path / "s.jsonl.gz"
        file.write_bytes(content)
        with pytest.raises(SourceError, match="cannot read the structures"):
            list(records(file, "id", {"a"}))
    with pytest.raises(SourceError, match="No such file"):
        list(records(tmp_path / "none.jsonl", "id", {"a"}))
