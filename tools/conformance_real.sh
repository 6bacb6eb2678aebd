#!/bin/sh
# The suite and tests/real on real servers, each started for this and thrown away afterwards.
# Usage: conformance_real.sh PYTHON. MariaDB must be had; MySQL is left out, in one line, where it cannot be.
set -eu
python=$1
drivers=${DRIVERS:-refpool,aiomysql,asyncmy}
reports=${REPORTS:-reports}
mkdir -p "$reports"

on_server() {
    "$python" tools/real_server.py run "$1" -- sh -ec '
        "$1" -m pytest spec tests/real
        "$1" -m spec run --driver "$2" --json "$3.json" --markdown "$3.md"
    ' sh "$python" "$drivers" "$reports/conformance-$1"
}

on_server mariadb
on_server mysql || {
    status=$?
    test "$status" -eq 75 || exit "$status"
    echo "MySQL cannot be had on this machine (the reason stands above): its half is left out."
}
