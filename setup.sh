#!/bin/sh
# Installs dmon on this host: the binary, a settings file to fill in, the state directory.
# `sh setup.sh --help` says more.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=
binary=
service=no
cron=no
action=install

usage() {
  cat <<'END'
usage: sh setup.sh [--binary FILE] [--service] [--cron] [--root DIR]
       sh setup.sh --uninstall [--root DIR]

Installs dmon:
  /usr/local/bin/dmon   the binary
  /etc/dmon/dmon.env    settings, readable for root only; written once, never overwritten
  /var/lib/dmon         state
  /etc/systemd/system/dmon.service
                        with --service: `dmon watch`; never overwritten
  /etc/cron.d/dmon      with --cron: a report every day at 09:00; never overwritten

Can be run again at any time: a newer binary replaces the old one, all else stays.

  --binary FILE  the binary to install; else dmon beside this script, else what cargo built there,
                 else the one that is installed already stays
  --service      also install the unit file of the service
  --cron         also install the cron entry
  --root DIR     install below DIR instead of / (for packages and for trying it out)
  --uninstall    remove the binary, the unit file and the cron entry; settings and state stay
  -h, --help     this text
END
}

say() {
  printf 'setup: %s\n' "$*"
}

fail() { # STATUS WORDS...
  status=$1
  shift
  printf 'setup: %s\n' "$*" >&2
  exit "$status"
}

beside() { # prints the binary to install; nothing where there is none
  for candidate in "$here/dmon" "$here/target/x86_64-unknown-linux-musl/release/dmon" \
    "$here/target/aarch64-unknown-linux-musl/release/dmon" "$here/target/release/dmon"; do
    if [ -f "$candidate" ] && [ -x "$candidate" ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
}

# A copy under another name first: a dmon that runs keeps its file, and no one sees half a file.
put() { # MODE FROM TO
  cp "$2" "$3.new"
  chmod "$1" "$3.new"
  mv -f "$3.new" "$3"
}

put_once() { # MODE FROM TO
  if [ -e "$3" ]; then
    say "kept $3"
  else
    (umask 077 && put "$1" "$2" "$3")
    say "wrote $3"
  fi
}

directory() { # MODE DIR
  if [ ! -d "$2" ]; then
    mkdir -p "$2"
    chmod "$1" "$2"
    say "made $2"
  fi
}

install_binary() {
  installed=$root/usr/local/bin/dmon
  [ -n "$binary" ] || binary=$(beside)
  if [ -n "$binary" ]; then
    [ -f "$binary" ] || fail 1 "there is no file $binary"
    mkdir -p "$root/usr/local/bin"
    put 755 "$binary" "$installed"
    say "wrote $installed, from $binary"
  elif [ -e "$installed" ]; then
    say "kept $installed"
  else
    fail 1 "no binary here: build one (cargo build --release), or name one with --binary"
  fi
}

install_all() {
  for needed in dmon.env.example cron.example; do
    [ -f "$here/$needed" ] || fail 1 "$needed is missing: it belongs beside this script"
  done
  install_binary
  directory 755 "$root/etc/dmon"
  put_once 600 "$here/dmon.env.example" "$root/etc/dmon/dmon.env"
  directory 700 "$root/var/lib/dmon"
  if [ "$cron" = yes ]; then
    directory 755 "$root/etc/cron.d"
    put_once 644 "$here/cron.example" "$root/etc/cron.d/dmon"
  fi
  if [ "$service" = yes ]; then
    directory 755 "$root/etc/systemd/system"
    put_once 644 "$here/dmon.service" "$root/etc/systemd/system/dmon.service"
  fi
  say "next: put the webhook into $root/etc/dmon/dmon.env,"
  say "then run 'dmon test' and 'dmon test-notification'"
  [ "$service" = no ] || say "then: systemctl daemon-reload && systemctl enable --now dmon"
}

remove() { # FILE
  if [ -e "$1" ]; then
    rm -f "$1"
    say "removed $1"
  fi
}

uninstall_all() {
  remove "$root/usr/local/bin/dmon"
  remove "$root/etc/cron.d/dmon"
  remove "$root/etc/systemd/system/dmon.service"
  for kept in "$root/etc/dmon" "$root/var/lib/dmon"; do
    [ ! -e "$kept" ] || say "kept $kept: remove it by hand when you no longer need it"
  done
}

while [ $# -gt 0 ]; do
  case $1 in
    --binary | --root)
      [ $# -gt 1 ] || fail 2 "$1 needs a value; see --help"
      if [ "$1" = --binary ]; then binary=$2; else root=${2%/}; fi
      shift
      ;;
    --service) service=yes ;;
    --cron) cron=yes ;;
    --uninstall) action=uninstall ;;
    -h | --help)
      usage
      exit
      ;;
    *) fail 2 "unknown argument $1; see --help" ;;
  esac
  shift
done

[ -n "$root" ] || [ "$(id -u)" = 0 ] ||
  fail 1 'run it as root (sudo sh setup.sh), or name a directory with --root'
"${action}_all"
