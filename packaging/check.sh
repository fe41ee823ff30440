#!/usr/bin/env bash
# Makes every package and holds it against what it is for: the archive, the systemd unit, the manifests, the container, the
# crates. Usage: check.sh [BINARY]; without a binary, archive.sh builds one. Tools are installed into target/packaging.
#
# Where a tool is missing that it does not install, it says so; with CI set, that is a failure, save for docker.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/.." && pwd)
cd "$root"
out=$root/target/packaging
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "$1" >&2
  exit 1
}

missing() {
  echo "NOT CHECKED: $1" >&2
  [ -z "${CI:-}" ] || exit 1
}

echo "the archive"
archive=$("$here/archive.sh" "$@")
(cd "$out" && sha256sum --check --quiet "$(basename "$archive").sha256")
tar --extract --gzip --file "$archive" --strip-components 1 --directory "$work"
program=$work/bin/runnerconf
version=$("$program" --version | cut -d ' ' -f 2)
case $(basename "$archive") in
  "runnerconf-$version-"*) ;;
  *) fail "$archive holds version $version" ;;
esac
bash -n "$work/share/bash-completion/completions/runnerconf"
for file in share/zsh/site-functions/_runnerconf share/fish/vendor_completions.d/runnerconf.fish \
  share/doc/runnerconf/LICENSE share/doc/runnerconf/README.md share/doc/runnerconf/runnerconf.toml \
  share/man/man1/runnerconf.1 share/man/man1/runnerconf-serve.1; do
  [ -s "$work/$file" ] || fail "$archive has no $file"
done
if command -v groff >/dev/null; then
  # But for lines that a long word leaves ragged.
  groff -man -Tutf8 -ww -Wbreak -z "$work/share/man/man1/"*.1 2>"$work/groff.log"
  [ ! -s "$work/groff.log" ] || fail "$(head -5 "$work/groff.log")"
else
  echo "NOT CHECKED: how manual pages are set: there is no groff" >&2
fi
# Of crates that are surely part of the program, and of C that one of them brings.
for part in "^tokio [0-9.]*: MIT" "^libsqlite3-sys [0-9.]*: MIT" "Meta Platforms, Inc. and affiliates"; do
  grep --quiet --regexp "$part" "$work/share/doc/runnerconf/THIRD-PARTY-LICENSES" || fail "THIRD-PARTY-LICENSES lacks $part"
done
# It sets nothing, and so nothing that is wrong.
"$program" config check --config "$work/share/doc/runnerconf/runnerconf.toml" >"$work/checked"

echo "the Debian package"
if command -v dpkg-deb >/dev/null && command -v objdump >/dev/null; then
  deb=$("$here/deb.sh" "$archive" 2>"$work/deb.log") || { cat "$work/deb.log" >&2; exit 1; }
  [ "$(dpkg-deb --field "$deb" Version)" = "$version" ] || fail "$deb has another version than $version"
  dpkg-deb --contents "$deb" >"$work/contents"
  for file in ./usr/bin/runnerconf ./usr/lib/systemd/system/runnerconf.service ./usr/share/doc/runnerconf/copyright \
    ./usr/share/man/man1/runnerconf.1.gz; do
    grep --quiet --fixed-strings " $file" "$work/contents" || fail "$deb has no $file"
  done
  # Installed and removed where nothing else is, so that what it depends on is not there.
  installed=$work/root
  mkdir -p "$installed/var/lib/dpkg/info" "$installed/var/lib/dpkg/updates"
  touch "$installed/var/lib/dpkg/status"
  debian() { dpkg --root="$installed" --force-not-root --force-bad-path --force-depends --log=/dev/null "$@" >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; exit 1; }; }
  debian --install "$deb"
  [ "$("$installed/usr/bin/runnerconf" --version)" = "runnerconf $version" ] || fail "$deb does not install $version"
  debian --verify runnerconf
  debian --purge runnerconf
  [ ! -e "$installed/usr/bin/runnerconf" ] || fail "$deb leaves its program behind"
else
  missing "the Debian package: install dpkg and binutils"
fi

echo "the systemd unit"
unit=$work/lib/systemd/system/runnerconf.service
if command -v systemd-analyze >/dev/null; then
  # The program has to be where the unit starts it, which it is not here.
  mkdir "$work/installed"
  sed "s,/usr/bin/runnerconf,$program," "$unit" >"$work/installed/runnerconf.service"
  systemd-analyze verify "$work/installed/runnerconf.service"
  # From 0.0, nothing is exposed, to 10.0.
  systemd-analyze security --offline=true --threshold=12 --no-pager "$unit" | tail -1
else
  missing "the unit: install systemd, for systemd-analyze"
fi

echo "the manifests"
venv=$out/venv
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi
"$venv/bin/python" -B "$here/check.py" "$program"

echo "the container"
if docker info >/dev/null 2>&1; then
  docker build --quiet --file packaging/container/Dockerfile --build-arg "VERSION=$version" --tag runnerconf:check .
  docker run --rm runnerconf:check --version | grep --fixed-strings --line-regexp "runnerconf $version"
else
  echo "NOT CHECKED: the container: there is no docker daemon" >&2
fi

echo "the crates"
# What git does not know of is no part of a package, and a package of files that changed since is none.
cargo package --workspace --no-verify --quiet --exclude greeter --exclude runner-configuration-codegen-tests \
  --exclude benches-common --exclude benches-instructions \
  ${PACKAGE_OPTIONS:-}
