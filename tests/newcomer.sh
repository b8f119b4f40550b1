#!/usr/bin/env bash
# Runs the two commands of the README in a fresh Debian 12 root, from nothing, as a newcomer would: scripts/demo --once, then scripts/test.
# Needs root, mmdebstrap (installed when missing), the package sources of this machine, 8 GB of disk and up to an hour. Not part of CI.
#
#   tests/newcomer.sh [FOLDER]      FOLDER: where the root is made (default: a temporary one, removed at the end)
#
# NEWCOMER_CCACHE=FOLDER lends it a compiler cache, when only the rest is of interest.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo 'run it as root' >&2; exit 1; }
command -v mmdebstrap > /dev/null || { apt-get update -q; apt-get install -y -q --no-install-recommends mmdebstrap; }

base=${1:-$(mktemp -d)}
mkdir -p "$base"
root=$base/root
mounted=()
finish() {
  for place in "${mounted[@]}"; do umount -l "$place" || true; done
  [ $# -gt 0 ] || rm -rf "$base"
}
trap "finish ${1:-}" EXIT

# Debian's own sources as this machine has them.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
  if [ -e "$file" ] && grep -q 'bookworm[ -]' "$file" && grep -q 'debian-archive-keyring\|[ /]debian' "$file"; then sources+=("$file"); fi
done
proxy=()
for file in /etc/apt/apt.conf.d/*proxy*; do [ ! -e "$file" ] || proxy+=("--aptopt=$file"); done

echo '== a fresh Debian 12'
mmdebstrap --quiet --variant=minbase --include=ca-certificates,git "${proxy[@]}" bookworm "$root" "${sources[@]}"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2> /dev/null || true
chroot "$root" update-ca-certificates > /dev/null 2>&1

bind() {
  mkdir -p "$root/$2"
  mount --bind "$1" "$root/$2"
  mounted=("$root/$2" "${mounted[@]}")
}
bind "$root" .  # a mount point of its own, or no network namespace can be entered in there
for place in proc sys dev dev/pts dev/shm; do bind "/$place" "$place"; done
[ -z "${NEWCOMER_CCACHE:-}" ] || bind "$NEWCOMER_CCACHE" root/.cache/ccache

git clone -q --no-hardlinks . "$root/root/sipcast"
environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
  NPM_CONFIG_REGISTRY="$(npm config get registry 2> /dev/null || true)" NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
[ "${environment[3]}" != NPM_CONFIG_REGISTRY= ] || unset 'environment[3]'
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  [ -z "${!name:-}" ] || environment+=("$name=${!name}")
done
for command in 'scripts/demo --once' 'scripts/test'; do
  echo "== $command"
  started=$SECONDS
  chroot "$root" env -i "${environment[@]}" bash -c "cd /root/sipcast && $command"
  echo "== $command: $((SECONDS - started)) s"
done
echo 'newcomer: both commands work as written'
