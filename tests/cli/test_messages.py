"""Messages on the terminal."""

from content_pipeline.cli.messages import COLUMNS, fit


def test_a_message_fits_a_narrow_terminal_and_says_the_same() -> None:
    text = "The stack runs as nobody, who cannot open /root. So it may read all files of this host, to do without that."
    lines = fit(text).splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert " ".join(lines) == text


def test_what_is_to_be_copied_stays_in_one_piece() -> None:
    path = f"/{'very-long-folder/' * 6}stack.env"
    log = f"    {'words of a log ' * 10}"
    assert fit(f"Look into {path} first.\n{log}").splitlines() == ["Look into", path, "first.", log]
