import base64
import hashlib
import zipfile

from practice.build import build


def test_the_same_sources_give_the_same_bytes(tmp_path):
    first, second = build(tmp_path / "a"), build(tmp_path / "b")
    assert [path.name for path in first] == [
        "practice_orders-1.1.0-py3-none-any.whl",
        "practice_orders-1.2.0-py3-none-any.whl",
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_record_names_every_file_with_its_hash(tmp_path):
    for path in build(tmp_path):
        with zipfile.ZipFile(path) as wheel:
            record = next(name for name in wheel.namelist() if name.endswith("/RECORD"))
            rows = [row.split(",") for row in wheel.read(record).decode().splitlines()]
            assert {row[0] for row in rows} == set(wheel.namelist())
            for name, digest, size in rows:
                if name == record:
                    continue
                data = wheel.read(name)
                expected = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, int(size)) == (f"sha256={expected}", len(data))


def test_the_version_before_has_no_pricing_at_all(tmp_path):
    before, after = build(tmp_path)
    assert "practice_orders/pricing.py" not in zipfile.ZipFile(before).namelist()
    assert "practice_orders/pricing.py" in zipfile.ZipFile(after).namelist()
