# shellcheck shell=bash disable=SC2034
# What the scripts of ci/ share. Sourced, never run. Sets root (the checkout), python, native_preset (whose programs can
# be run here) and presets (all that are built here).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case $(uname -s) in
MINGW* | MSYS*)
    windows=yes
    python=python
    presets=("msvc-${WSPCHECK_ARCH:-x64}")
    ;;
*)
    windows=
    python=/usr/bin/python3
    presets=(mingw-x64 mingw-x86)
    ;;
esac
native_preset=${presets[0]}

# A line for the person in front of the terminal.
say() {
    printf '%s\n' "$*" >&2
}

# Something that the machine should have done did not work.
die() {
    say "$*"
    exit 1
}

# The command line makes no sense.
wrong_use() {
    say "$*"
    exit 2
}

# The Python modules of the runners, each with its package on Debian and on PyPI.
modules=(pytest:python3-pytest:pytest xdist:python3-pytest-xdist:pytest-xdist rich:python3-rich:rich
    jinja2:python3-jinja2:jinja2 jsonschema:python3-jsonschema:jsonschema)

# Ends with a line for each of these modules that is missing.
need_modules() { # MODULE:DEBIAN:PYPI...
    local missing entry module debian pypi
    missing=$(cd / && "$python" -c '
import importlib.util, sys
print(*(entry for entry in sys.argv[1:] if not importlib.util.find_spec(entry.partition(":")[0])))' "$@") ||
        die "$python: cannot be started, expected Python 3.11 or later"
    for entry in $missing; do
        IFS=: read -r module debian pypi <<<"${entry%$'\r'}"
        if [ -n "$windows" ]; then
            say "$python: no module $module, expected it of the package $pypi: $python -m pip install $pypi"
        else
            say "$python: no module $module, expected it of the package $debian: apt-get install $debian"
        fi
    done
    [ -z "${missing%$'\r'}" ] || exit 1
}

# On Windows: puts cl and what it needs into the environment, as a developer prompt for ARCH does, unless they are there.
use_visual_studio() { # ARCH
    local installer="/c/Program Files (x86)/Microsoft Visual Studio/Installer/vswhere.exe" studio name value
    export VCPKG_ROOT=${VCPKG_ROOT:-${VCPKG_INSTALLATION_ROOT:-}}
    ! command -v cl >/dev/null || return 0
    [ -x "$installer" ] || die "$installer: not there, expected Visual Studio 2022, or a developer prompt with cl on PATH"
    studio=$("$installer" -latest -products '*' -property installationPath)
    mkdir -p "$root/build"
    printf '@call "%s\\VC\\Auxiliary\\Build\\vcvarsall.bat" %s >nul\r\n@set\r\n' "${studio%$'\r'}" "$1" \
        >"$root/build/developer.cmd"
    while IFS='=' read -r name value; do
        value=${value%$'\r'}
        case $name in
        Path | PATH) PATH=$(cygpath -up "$value") ;;
        INCLUDE | LIB | LIBPATH | VCINSTALLDIR | VCTools* | VSINSTALLDIR | VSCMD_* | Windows* | UCRT* | UniversalCRT*)
            export "$name=$value" ;;
        esac
    done < <(cmd //c "$(cygpath -w "$root/build/developer.cmd")")
    command -v cl >/dev/null || die "cl: not on PATH after vcvarsall.bat $1, expected the C++ tools for $1 in $studio"
}

# One script at a time does what follows, until unlock: two builds in one tree would spoil each other.
lock() {
    [ -z "$windows" ] || return 0
    mkdir -p "$root/build"
    exec 8>"$root/build/lock"
    flock 8
}

unlock() {
    [ -n "$windows" ] || exec 8>&-
}

# Configures what was not configured yet, or not since the presets changed, and builds it.
build_preset() { # PRESET [TARGET]
    local tree=$root/build/$1
    if [ ! "$tree/build.ninja" -nt "$root/CMakePresets.json" ]; then
        say "Configuring $1"
        (cd "$root" && cmake --preset "$1") >"$root/build/configure.log" 2>&1 ||
            { cat "$root/build/configure.log" >&2; die "$1: cannot be configured"; }
    fi
    say "Building $1${2:+ ($2)}"
    (cd "$root" && cmake --build --preset "$1" ${2:+--target "$2"} -- --quiet) >&2 || die "$1: cannot be built"
}

# The environment of a wine that belongs to this checkout: nothing of the user's own prefix is read or changed. Its server
# stays for a minute after the last program, so that each start but the first one is quick.
use_wine() {
    [ -z "$windows" ] || return 0
    export WINEPREFIX=$root/build/wine WINEDEBUG=${WINEDEBUG:--all}
    export WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
    [ -d "$WINEPREFIX" ] || make_wine_prefix
    # The server, and the services that the first program brings up, live on after us: none of them may keep our caller's
    # pipe or our lock open. Whoever reads that pipe to its end would wait for them.
    { wineserver -p60 || true; wine cmd /c exit; } </dev/null >/dev/null 2>&1 8>&- || die "wine: cannot start a program"
}

# The program that WSPCHECK_EXE names, or else the build's; and wine, of the caller's prefix or the checkout's.
use_program() {
    if [ -z "${WSPCHECK_EXE:-}" ]; then
        "$root/ci/set-up"
        lock
        build_preset "$native_preset"
        unlock
        export WSPCHECK_EXE=$root/build/$native_preset/bin/wspcheck.exe
    fi
    [ -n "${WINEPREFIX:-}" ] || { lock; use_wine; unlock; }
}

# Made beside its place and then moved there, so that a prefix is whole or absent. No debugger and no dialog at a crash.
make_wine_prefix() {
    local place=$WINEPREFIX
    say "Making a wine prefix in build/wine"
    export WINEPREFIX=$place.new
    rm -rf "$WINEPREFIX"
    {
        wine wineboot --init &&
            wine reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' /v Auto /d 0 /f &&
            wine reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f &&
            wineserver -w
    } </dev/null >"$root/build/wine.log" 2>&1 8>&- || die "wine: cannot make a prefix (see $root/build/wine.log)"
    mv "$WINEPREFIX" "$place"
    export WINEPREFIX=$place
}
