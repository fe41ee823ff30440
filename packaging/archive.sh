#!/usr/bin/env bash
# Packs a release of runnerconf into target/packaging/runnerconf-VERSION-TARGET.tar.gz, with its SHA-256 beside it.
# Usage: archive.sh [BINARY]; without a binary, one is built. The same input gives the same bytes.
#
# TARGET=x86_64-unknown-linux-musl, say, builds for another platform, whose Rust target and C compiler have to be there.
# Unpack it in /usr: the folders are those of the file system's hierarchy.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
host=$(rustc -vV | sed -n 's/^host: //p')
target=${TARGET:-$host}
# The program speaks for itself on this platform only.
runs() { [ "$target" = "$host" ] || [ "${target%-musl}" = "${host%-gnu}" ]; }
runs || { echo "a build for $target cannot be asked for its completions on $host" >&2; exit 1; }

binary=${1:-}
if [ -z "$binary" ]; then
  folder=${CARGO_TARGET_DIR:-target}
  options=()
  [ "$target" = "$host" ] || { options=(--target "$target"); folder+=/$target; }
  cargo build --release --locked "${options[@]}" -p runner-configuration-cli
  binary=$folder/release/runnerconf
fi
version=$("$binary" --version | cut -d ' ' -f 2)
name=runnerconf-$version-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/$name
install -D -m 0755 "$binary" "$tree/bin/runnerconf"
install -D -m 0644 packaging/systemd/runnerconf.service "$tree/lib/systemd/system/runnerconf.service"
install -d "$tree/share/bash-completion/completions" "$tree/share/zsh/site-functions" "$tree/share/fish/vendor_completions.d"
"$binary" completions bash >"$tree/share/bash-completion/completions/runnerconf"
"$binary" completions zsh >"$tree/share/zsh/site-functions/_runnerconf"
"$binary" completions fish >"$tree/share/fish/vendor_completions.d/runnerconf.fish"
install -d "$tree/share/doc/runnerconf/docs"
install -m 0644 LICENSE README.md SECURITY.md CHANGELOG.md packaging/grafana/runnerconf.json "$tree/share/doc/runnerconf"
install -m 0644 docs/* "$tree/share/doc/runnerconf/docs"
"$binary" man-pages "$tree/share/man/man1"
"${PYTHON:-python3}" -B packaging/licences.py "$target" >"$tree/share/doc/runnerconf/THIRD-PARTY-LICENSES"
# A file to begin with: every setting with its default, as comments.
env -i "$binary" config show | sed -E 's/^([a-z_]+ = .*) # default$/# \1/' >"$tree/share/doc/runnerconf/runnerconf.toml"
find "$tree" -type d -exec chmod 0755 {} +
find "$tree/share" -type f -exec chmod 0644 {} +

# The time of the commit, so that the archive does not depend on when it is made.
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
out=target/packaging
mkdir -p "$out"
tar --create --directory "$work" --format=gnu --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner "$name" |
  gzip --best --no-name >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$root/$out/$name.tar.gz"
