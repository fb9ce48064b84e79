import struct
from pathlib import Path

from tensorboardX.proto.event_pb2 import Event

from pixonomy.training.tensorboard import EventLog

ENTRY = {
    "epoch": 1, "train_loss": 2.5, "validation_loss": 2.0, "validation_accuracy": 0.25,
    "learning_rate": 0.1, "seconds": 3.0,
}  # fmt: skip


def events(file: Path) -> list[Event]:
    """Read a file of records: length, its checksum, an event, its checksum."""
    data, found, place = file.read_bytes(), [], 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        found.append(Event.FromString(data[place + 12 : place + 12 + length]))
        place += 12 + length + 4
    return found


def test_an_epoch_can_be_read_as_soon_as_it_is_added(tmp_path: Path) -> None:
    with EventLog(tmp_path, 0) as log:
        log.add(ENTRY)
        (file,) = tmp_path.iterdir()
        told = {
            v.tag: (one.step, v.simple_value) for one in events(file) for v in one.summary.value
        }
    assert told["loss/train"] == (1, 2.5)
    assert told["loss/validation"] == (1, 2.0)
    assert told["accuracy/validation"] == (1, 0.25)
    assert set(told) == {"loss/train", "loss/validation", "accuracy/validation", "learning_rate"}


def test_a_resumed_training_takes_back_what_was_said_of_epochs_it_does_again(
    tmp_path: Path,
) -> None:
    with EventLog(tmp_path, 3) as log:
        log.add({"epoch": 4, "train_loss": 1.0, "learning_rate": 0.1})
    (file,) = tmp_path.iterdir()
    assert any(one.session_log.status == 1 and one.step == 4 for one in events(file))


def test_what_it_is_computed_on_can_be_read_as_text(tmp_path: Path) -> None:
    with EventLog(tmp_path, 0, {"device": "cuda:0"}):
        pass
    (file,) = tmp_path.iterdir()
    told = {v.tag: v for one in events(file) for v in one.summary.value}
    (name,) = told
    assert name.startswith("device")
    assert told[name].tensor.string_val == [b"cuda:0"]
    assert told[name].metadata.plugin_data.plugin_name == "text"
