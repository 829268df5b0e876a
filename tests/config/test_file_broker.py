"""The file broker hands over whole messages only, in order."""

from pathlib import Path

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError


@pytest.fixture
def queue(tmp_path):
    folders = {"data_folder_in": tmp_path / "queue", "data_folder_out": tmp_path / "queue"}
    (tmp_path / "queue").mkdir()
    options = folders | {"control_folder": tmp_path / "control"}
    with Connection(transport="config.file_broker:Transport", transport_options=options, hostname="x") as connection:
        simple = connection.SimpleQueue(tmp_path.name)  # kombu remembers the tables of a process by name
        simple.folder = tmp_path / "queue"
        yield simple
        simple.close()


def test_messages_arrive_in_the_order_in_which_they_were_sent(queue):
    for number in range(20):
        queue.put({"pk": number})
    assert queue.qsize() == 20
    assert [queue.get(timeout=2).payload["pk"] for _ in range(20)] == list(range(20))
    assert queue.qsize() == 0


def test_message_is_complete_before_a_worker_can_see_it(queue, monkeypatch):
    seen = []
    rename = Path.replace

    def spy(source, target):
        seen.append((list(queue.folder.glob("*.msg")), source.read_text()))
        return rename(source, target)

    monkeypatch.setattr(Path, "replace", spy)
    queue.put({"pk": 7})
    ((visible_before, written),) = seen
    assert visible_before == []
    (message,) = queue.folder.iterdir()
    assert message.read_text() == written
    assert queue.get(timeout=2).payload == {"pk": 7}


def test_full_or_missing_folder_is_an_error_that_leaves_nothing(queue):
    queue.folder.rmdir()
    with pytest.raises(ChannelError, match="could not be written"):
        queue.put({"pk": 1})
