"""The data folder, its lock, its kept values and ports: what a start says when something is wrong."""

import errno
import os
import socket
import stat

import pytest

from config.data_folder import CannotStart, kept_port, kept_secret, listen, open_folder, why_not

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("number", "part"),
    [
        (errno.ENOSPC, "The disk that holds /data is full."),
        (errno.EACCES, "The data folder /data cannot be written (Permission denied)."),
        (errno.EROFS, "cannot be written (Read-only file system)"),
    ],
)
def test_an_error_of_the_disk_is_one_sentence_with_a_way_on(number, part):
    sentence = why_not("/data", OSError(number, os.strerror(number)))
    assert part in sentence
    assert "FIREBREAK_DATA" in sentence


def test_the_folder_is_made_private_and_held_by_one(tmp_path):
    folder = tmp_path / "deep" / "data"
    lock = open_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(CannotStart, match=rf"Another Firebreak \(process {os.getpid()}\) already runs"):
        open_folder(folder)
    os.close(lock)
    os.close(open_folder(folder))
    assert [path.name for path in folder.iterdir()] == ["up.lock"]


def test_a_full_disk_is_noticed_at_the_start(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotStart, match="is full"):
        open_folder(tmp_path)


def test_a_secret_is_made_once_and_only_for_us(tmp_path):
    first = kept_secret(tmp_path / "secret-key")
    assert len(first) > 50
    assert kept_secret(tmp_path / "secret-key") == first
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_a_port_is_kept_while_it_is_free(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert kept_port(tmp_path / "port", port) == port
    assert kept_port(tmp_path / "port", 1) == port
    taken = listen("127.0.0.1", port)
    assert kept_port(tmp_path / "port", 1) != port
    with pytest.raises(CannotStart, match=f"Port {port} is taken by another program"):
        listen("127.0.0.1", port)
    taken.close()


def test_an_address_that_is_not_ours_is_one_sentence():
    with pytest.raises(CannotStart, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 8100)
