#!/bin/sh
# Run the suite of the last commit in a chroot of Debian 13, under its Python 3.13.
#
#   ARGS              what is passed on to pytest
#   DEBIAN13_ROOT     where the chroot is kept between runs: .debian13/ of the checkout
#   DEBIAN13_MIRROR   where Debian's packages come from: what apt takes its own from
#
# Everything is mounted, and every process runs, in namespaces that end with this script, however
# it ends. Nothing stays mounted or running on the machine.
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
root=$(realpath -m "${DEBIAN13_ROOT:-$checkout/.debian13}")
make_minutes_max=30
suite_minutes_max=180

refuse() {
    echo "make test-debian13: $*" >&2
    exit 1
}

# A machine may have several; its security updates are elsewhere.
mirror_of_apt() {
    apt-get indextargets --format "\$(ORIGIN) \$(COMPONENT) \$(RELEASE) \$(REPO_URI)" 2>/dev/null |
        sed -n '/-security/d; s/^Debian main [^ ]* \([^ ]*\)$/\1/p' | head -n 1
}

require_what_a_chroot_takes() {
    [ "$(uname -s)" = Linux ] || refuse "a chroot of Debian needs Linux: run it there"
    [ "$(id -u)" = 0 ] || refuse "a chroot takes root: run it with sudo, or as root of a container"
    unshare --mount --pid --ipc --fork true 2>/dev/null ||
        refuse "this container may not mount anything: give it CAP_SYS_ADMIN (docker --privileged)"
}

require_what_makes_a_chroot() {
    if ! command -v debootstrap >/dev/null; then
        command -v apt-get >/dev/null || refuse "debootstrap is missing: install the package"
        apt-get update -q
        apt-get -o DPkg::Lock::Timeout=600 install -qy --no-install-recommends debootstrap
    fi
    mirror=${DEBIAN13_MIRROR:-}
    if [ -z "$mirror" ] && command -v apt-get >/dev/null; then
        mirror=$(mirror_of_apt)
        [ -n "$mirror" ] || { apt-get update -q && mirror=$(mirror_of_apt); }
    fi
    [ -n "$mirror" ] ||
        refuse "apt takes no Debian packages from anywhere here: name a mirror in DEBIAN13_MIRROR"
}

make_chroot() {
    echo "Making a chroot of Debian 13 in $root; it is kept for the next run."
    rm -rf "$root.partial"
    unshare --mount --propagation private \
        timeout --kill-after=10 "${make_minutes_max}m" \
        debootstrap --variant=minbase --include=ca-certificates,git,make,python3,python3-venv \
        trixie "$root.partial" "$mirror" >"$root.log" 2>&1 ||
        refuse "debootstrap failed; $root.log says: $(tail -n 3 "$root.log")"
    mv "$root.partial" "$root"
}

# The chroot reaches the package registries as the machine does.
take_over_network() {
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
    if command -v apt-config >/dev/null; then
        apt-config dump Acquire | grep -E '^Acquire::(https?|Check)' \
            >"$root/etc/apt/apt.conf.d/90machine" || :
    fi
    mkdir -p "$root/usr/local/share/ca-certificates"
    find /usr/local/share/ca-certificates -name '*.crt' 2>/dev/null \
        -exec cp {} "$root/usr/local/share/ca-certificates/" \;
    chroot "$root" update-ca-certificates >/dev/null 2>&1 ||
        refuse "the chroot cannot take over the machine's certificates: remove $root and try again"
}

# Everything but .venv, which stays for as long as it is what the lock asks for.
copy_last_commit() {
    copy=$root/work/liveshop
    mkdir -p "$copy"
    git="git -c safe.directory=* -C $checkout"
    locked=$($git rev-parse HEAD:requirements.lock HEAD:pyproject.toml HEAD:Makefile)
    [ "$locked" = "$(cat "$root/work/locked" 2>/dev/null)" ] || rm -rf "$copy/.venv"
    find "$copy" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
    $git archive --format=tar HEAD | tar -x -m -C "$copy"
    [ ! -e "$copy/.venv/installed" ] || touch "$copy/.venv/installed"
    echo "$locked" >"$root/work/locked"
    find "$root/tmp" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    echo "Testing $($git log -1 --format='%h, %s')"
    [ -z "$($git status --porcelain)" ] || echo "Uncommitted changes are left out."
}

# The environment of this shell concerns the machine, but for the way to the registries.
forget_environment() {
    for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
        case $name in
            PIP_FIND_LINKS) unset "$name" ;; # its folders are outside of the chroot
            PIP_* | SSL_CERT_* | REQUESTS_CA_BUNDLE | CI | TERM | *_proxy | *_PROXY) ;;
            *) unset "$name" ;;
        esac
    done
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export HOME=/root LANG=C.UTF-8 TMPDIR=/tmp
}

run_suite() {
    args=${ARGS:-}
    forget_environment
    # The shell stays as process 1, which has to reap what its tests leave behind.
    exec timeout --foreground --kill-after=60 "${suite_minutes_max}m" \
        unshare --mount --propagation private --pid --ipc --fork --kill-child sh -eu -c '
            mount -t proc proc "$1/proc"
            mount --rbind /dev "$1/dev"
            mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
            chroot "$1" sh -c "cd /work/liveshop && make test ARGS=\"\$1\"" sh "$2"
            exit $?
        ' sh "$root" "$args"
}

require_what_a_chroot_takes
mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock -n 9 || refuse "another run uses $root: wait for its end, or name another DEBIAN13_ROOT"
if [ ! -e "$root" ]; then
    require_what_makes_a_chroot
    make_chroot
fi
take_over_network
copy_last_commit
run_suite
