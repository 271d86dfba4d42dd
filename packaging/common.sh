# SPDX-License-Identifier: GPL-3.0-or-later
# What packaging/run and packaging/test share. Sourced, not run.

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_folder=${MAMBASCOPE_BUILD:-$source_folder/build/release}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Installs from the distribution's packages what is missing. Needs root (or sudo) only if something is.
install_dependencies() {
    local wanted missing=()
    mapfile -t wanted < <(grep -v '^#' "$source_folder/packaging/dependencies.txt")
    command -v dpkg-query > /dev/null || die "this is no Debian system; install the packages of packaging/dependencies.txt yourself and use cmake --preset release"
    for package in "${wanted[@]}" "$@"; do
        [ "$(dpkg-query -W -f '${Status}' "$package" 2> /dev/null)" = "install ok installed" ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || die "these packages are missing and there is no sudo: ${missing[*]}"
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q > /dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" > /dev/null
}

# Configures and builds the release preset (or what MAMBASCOPE_BUILD points to).
build() {
    local begin=$SECONDS
    say "Building"
    cmake -S "$source_folder" -B "$build_folder" -G Ninja -DCMAKE_BUILD_TYPE=Release ${MAMBASCOPE_CMAKE_ARGS:-} > /dev/null
    cmake --build "$build_folder" "$@"
    say "Built in $((SECONDS - begin)) s"
}
