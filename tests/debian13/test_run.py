"""The words of `make test-debian13` if it cannot make a chroot, without making one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).with_name("run.sh")
_MAKEFILE = Path(__file__).parents[2] / "Makefile"
_TOOLS = ("sh", "env", "dirname", "realpath", "mkdir", "flock", "sed", "head", "cat", "rm")


class Machine:
    """A machine that has only some commands; `root` is where its chroot would be."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "chroot"
        self._commands = folder / "bin"
        self._commands.mkdir()
        for name in _TOOLS:
            (self._commands / name).symlink_to(shutil.which(name) or pytest.fail(name))
        self.has("uname", "Linux")
        self.has("id", "0")
        self.has("unshare")

    def has(self, name: str, says: str = "", *, code: int = 0) -> None:
        """Give it a command that says one thing."""
        self.runs(name, f"[ -z '{says}' ] || echo '{says}'\nexit {code}")

    def runs(self, name: str, script: str) -> None:
        """Give it a command."""
        command = self._commands / name
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)

    def run(self) -> tuple[int, str, str]:
        """Run the script there; returns its exit code and what it said."""
        environment = {"PATH": str(self._commands), "DEBIAN13_ROOT": str(self.root)}
        done = subprocess.run(
            [_SCRIPT], env=environment, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _refused(machine: Machine, why: str) -> None:
    code, out, err = machine.run()
    assert (code, out) == (1, "")
    assert err == f"make test-debian13: {why}\n"
    assert not machine.root.exists()


def test_another_system_is_told_that_it_takes_linux(machine: Machine) -> None:
    machine.has("uname", "Darwin")
    _refused(machine, "a chroot of Debian needs Linux: run it there")


def test_a_user_is_told_that_it_takes_root(machine: Machine) -> None:
    machine.has("id", "1000")
    _refused(machine, "a chroot takes root: run it with sudo, or as root of a container")


def test_a_container_that_may_not_mount_is_told_what_it_lacks(machine: Machine) -> None:
    machine.has("unshare", code=1)
    _refused(
        machine,
        "this container may not mount anything: give it CAP_SYS_ADMIN (docker --privileged)",
    )


def test_a_machine_without_debootstrap_and_apt_is_told_to_install_it(machine: Machine) -> None:
    _refused(machine, "debootstrap is missing: install the package")


def test_a_machine_without_debians_packages_is_asked_for_a_mirror(machine: Machine) -> None:
    machine.has("debootstrap", code=1)
    machine.has("apt-get", "Ubuntu main noble mirror:/ubuntu/")
    code, _, err = machine.run()
    assert code == 1
    assert err == (
        "make test-debian13: apt takes no Debian packages from anywhere here: "
        "name a mirror in DEBIAN13_MIRROR\n"
    )
    assert not machine.root.exists()


def test_a_chroot_that_could_not_be_finished_is_not_taken_for_one(machine: Machine) -> None:
    for name in ("tail", "timeout", "mv"):
        machine.has(name, "no such release")
    machine.has("debootstrap")
    machine.has("apt-get", "Debian main trixie mirror:/debian/")
    # It may mount, and debootstrap fails, which runs with more arguments.
    machine.runs("unshare", '[ "$#" = 5 ]')
    code, out, err = machine.run()
    assert (code, out.splitlines()[-1:]) == (
        1,
        [f"Making a chroot of Debian 13 in {machine.root}; it is kept for the next run."],
    )
    assert err == (
        f"make test-debian13: debootstrap failed; {machine.root}.log says: no such release\n"
    )
    assert not machine.root.exists()


def test_two_runs_do_not_share_a_chroot(machine: Machine) -> None:
    with open(f"{machine.root}.lock", "w") as lock:
        subprocess.run(["flock", "--nonblock", str(lock.fileno())], pass_fds=[lock.fileno()])
        _refused(
            machine,
            f"another run uses {machine.root}: wait for its end, or name another DEBIAN13_ROOT",
        )


def test_make_passes_arguments_on_and_ends_as_the_script_does(tmp_path: Path) -> None:
    script = tmp_path / "tests" / "debian13" / "run.sh"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\necho "given: $ARGS"\nexit 3\n')
    script.chmod(0o755)
    shutil.copy(_MAKEFILE, tmp_path)
    made = subprocess.run(
        ["make", "--no-print-directory", "test-debian13", "ARGS=-k 'one or two'"],
        cwd=tmp_path,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
    )
    assert made.stdout == "given: -k 'one or two'\n"
    assert (made.returncode, "Error 3" in made.stderr) == (2, True)
