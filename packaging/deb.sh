#!/usr/bin/env bash
# Packs an archive of archive.sh as a Debian package beside it: target/packaging/runnerconf_VERSION_ARCHITECTURE.deb.
# Usage: deb.sh ARCHIVE. Needs dpkg-deb and, to find out which C library the program needs, objdump. The same archive gives the same bytes.
#
# It has no scripts: systemd makes the user when the unit is started (DynamicUser), and nobody starts it but the operator.
set -euo pipefail

archive=$(realpath "$1")
name=$(basename "$archive" .tar.gz)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=$work/package
install -d -m 0755 "$package/usr" "$package/DEBIAN"
tar --extract --gzip --file "$archive" --strip-components 1 --directory "$package/usr" --no-same-owner
# Debian has it compressed, and the terms of the project under another name.
gzip --best --no-name "$package/usr/share/doc/runnerconf/CHANGELOG.md" "$package/usr/share/man/man1/"*
mv "$package/usr/share/doc/runnerconf/LICENSE" "$package/usr/share/doc/runnerconf/copyright"

case $name in
  *-x86_64-*) architecture=amd64 ;;
  *-aarch64-*) architecture=arm64 ;;
  *) echo "which architecture Debian calls that of $name is not known here" >&2; exit 1 ;;
esac
# Without the target: runnerconf-VERSION-ARCHITECTURE-unknown-linux-gnu.
version=$(sed -E 's/^runnerconf-(.*)-(x86_64|aarch64)-.*$/\1/' <<<"$name")
# The newest version of each symbol of the C library that is asked for; a static program asks for none.
libc=$(objdump --dynamic-syms "$package/usr/bin/runnerconf" 2>/dev/null | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | cut -d _ -f 2 || true)
depends=${libc:+"Depends: libc6 (>= $libc), libgcc-s1"}
size=$(du --summarize --apparent-size --block-size=1024 "$package/usr" | cut -f 1)
{
  cat <<END
Package: runnerconf
Version: $version
Architecture: $architecture
Maintainer: runner-configuration <https://github.com/runner-configuration/runner-configuration>
Installed-Size: $size
END
  [ -z "$depends" ] || echo "$depends"
  cat <<END
Section: net
Priority: optional
Homepage: https://github.com/runner-configuration/runner-configuration
Description: Configuration of Ona runners
 Serves gitpod.v1.RunnerConfigurationService over Connect, gRPC and gRPC-Web, and works with any server of that API.
 .
 The unit runnerconf.service is started by nobody but you: systemctl enable --now runnerconf
END
} >"$package/DEBIAN/control"
(cd "$package" && find usr -type f -print0 | sort --zero-terminated | xargs --null md5sum) >"$package/DEBIAN/md5sums"
chmod 0644 "$package/DEBIAN/"*

# The time that files have in the archive.
SOURCE_DATE_EPOCH=$(stat --format=%Y "$package/usr/bin/runnerconf")
export SOURCE_DATE_EPOCH
deb=$(dirname "$archive")/runnerconf_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$package" "$deb" >&2
echo "$deb"
