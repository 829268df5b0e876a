"""``scripts/setup.sh`` on a machine that lacks things; apt-get and id are stand-ins, nothing is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parent.parent / "scripts" / "setup.sh"
TOOLS = ["cat", "cmp", "cp", "dirname", "grep", "ls", "rm", "sh", "tr"]


@pytest.fixture
def machine(tmp_path):
    """Runs shell lines after sourcing setup.sh, as root where ``user`` is 0; ``apt_log`` is what apt-get was given."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))

    def stand_in(name, lines):
        (programs / name).write_text(f"#!/bin/sh\n{lines}\n")
        (programs / name).chmod(0o755)

    def run(lines, *, user=1000, apt="exit 0"):
        stand_in("id", f"echo {user}")
        stand_in("apt-get", f'echo "$@" >>{tmp_path}/apt.log\n{apt}')
        script = tmp_path / "scripts" / "try"
        script.parent.mkdir(exist_ok=True)
        script.write_text(f". {SETUP}\n{lines}\n")
        environment = {"PATH": str(programs), "HOME": str(tmp_path), "CHROMIUM": str(tmp_path / "chromium")}
        return subprocess.run(["sh", script], env=environment, capture_output=True, text=True, timeout=60, check=False)

    run.apt_log = tmp_path / "apt.log"
    return run


def test_other_user_is_told_the_exact_line_and_nothing_is_tried(machine):
    done = machine("system_packages redis browser")
    assert done.returncode == 2
    assert (
        "    sudo apt-get update && sudo apt-get install --no-install-recommends redis-server chromium\n" in done.stderr
    )
    assert not machine.apt_log.exists()


def test_root_installs_only_what_is_missing_without_recommends(machine):
    done = machine("system_packages redis poppler", user=0)
    assert done.returncode == 0, done.stderr
    update, install = machine.apt_log.read_text().splitlines()
    assert update == "update -qq"
    assert install.endswith("--no-install-recommends redis-server poppler-utils")


def test_failed_installation_stops_with_the_names(machine):
    done = machine("system_packages redis\necho went on", user=0, apt='[ "$1" = update ]')
    assert done.returncode == 2
    assert "apt-get could not install: redis-server" in done.stderr
    assert "went on" not in done.stdout


def test_what_is_there_needs_no_installation(machine, tmp_path):
    (tmp_path / "bin" / "redis-server").symlink_to("/bin/true")
    (tmp_path / "chromium").symlink_to("/bin/true")
    assert machine("system_packages redis browser && echo ready").stdout == "ready\n"


@pytest.mark.parametrize(("version", "full"), [("2.00.1", True), ("1.07.4", False)])
def test_first_liberation_is_refused_for_its_missing_letters(machine, tmp_path, version, full):
    font = tmp_path / "LiberationSerif-Regular.ttf"
    font.write_bytes(b"\x00\x01" + f"Version {version}".encode("utf-16-be") + b"\x00\xff")
    assert machine(f"is_full_liberation {font} && echo full").stdout == ("full\n" if full else "")


def test_missing_font_file_is_no_font(machine, tmp_path):
    assert machine(f"is_full_liberation {tmp_path}/none.ttf || echo none").stdout == "none\n"


def test_unknown_capability_is_an_error(machine):
    assert "no capability is called pfd" in machine("lacking pfd").stderr
