"""What is kept in memory: as long as a file stays the same, and never more than there is room for."""

from pathlib import Path

from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.remembered import Remembered


def files(folder: Path, *sizes: int) -> list[InstanceFile]:
    found = []
    for number, size in enumerate(sizes, start=1):
        place = folder / f"{number}.dcm"
        place.write_text("x" * size)
        found.append(InstanceFile("1.2", "1.3", f"1.{number}", place))
    return found


def test_what_was_used_last_is_kept_up_to_its_weight(tmp_path: Path) -> None:
    made: list[str] = []

    def make(file: InstanceFile) -> str:
        made.append(file.path.stem)
        return file.path.read_text()

    remembered = Remembered(make, 100, weigh=len)
    small, middle, huge = files(tmp_path, 40, 50, 1000)
    for file in (small, middle, small, huge, small, middle):
        remembered.of(file)
    assert made == ["1", "2", "3"]

    small.path.write_text("y" * 45)
    assert remembered.of(small) == "y" * 45
    remembered.of(middle)
    assert made == ["1", "2", "3", "1"]
    middle.path.write_text("z" * 60)
    remembered.of(middle)
    remembered.of(small)
    assert made == ["1", "2", "3", "1", "2", "1"]
