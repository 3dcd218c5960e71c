"""Writes the files of the embedded stores into a folder. A program, because as root it runs as the folder's owner."""

import sys
from pathlib import Path

from content_pipeline.cli.stack_config import StackConfig, choose_ports
from content_pipeline.cli.state import State, UserSettings


def main(home: Path) -> None:
    configured, state = UserSettings(), State.load_or_make(home)
    state.ports = choose_ports(configured, {})
    state.save(home)
    StackConfig(home, configured, state).write_files()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
