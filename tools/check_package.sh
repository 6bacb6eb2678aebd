#!/bin/sh
# Build the wheel, install it into an empty environment, and run the suite from there under its installed name.
# Usage: check_package.sh PYTHON, the Python of an environment that has `build`.
set -eu
python=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m build --quiet --outdir "$folder/dist" .
"$python" -m venv "$folder/venv"
wheel=$(echo "$folder"/dist/*.whl)
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$wheel[spec]"
cd "$folder" # away from the repository, so that nothing is imported from it
venv/bin/python -c 'import refpool, fakemysql, poolspec; print(refpool.__version__, refpool.__file__)'
venv/bin/python -m poolspec trace >trace.txt || { cat trace.txt; exit 1; }
venv/bin/python -m poolspec run --driver refpool
