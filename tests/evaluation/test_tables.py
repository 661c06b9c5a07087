"""Tables of results: what is damaged does not pass for empty."""

import pytest

from landshift.evaluation.tables import read_results

COLUMNS = ["method", "value"]


def test_a_whole_table_is_read(tmp_path):
    path = tmp_path / "skill.csv"
    path.write_text("method,value,low\n007,0.5,\n")
    table = read_results(path, COLUMNS, dtype={"method": str})
    assert table["method"].tolist() == ["007"]
    assert table["low"].isna().all()


def test_an_empty_table_has_its_columns(tmp_path):
    path = tmp_path / "skill.csv"
    path.write_text("method,value\n")
    assert read_results(path, COLUMNS).empty


@pytest.mark.parametrize(
    ("written", "damage"),
    [
        (b"\0" * 400, "NUL bytes"),
        (b"method,value\nmap,0.5\nmap,0." + b"\0" * 9, "NUL bytes"),
        (b"", "No columns to parse"),
        (b"method\nmap\n", "lacks the columns value"),
        (b'method,value\n"map,0.5\n', "EOF inside string"),
        (b"method,value\n\xff\xfe,0.5\n", "utf-8"),
    ],
)
def test_a_damaged_table_is_refused_by_its_name(tmp_path, written, damage):
    path = tmp_path / "skill.csv"
    path.write_bytes(written)
    with pytest.raises(ValueError, match=rf"skill.csv is damaged: .*{damage}.*delete it and run"):
        read_results(path, COLUMNS)
