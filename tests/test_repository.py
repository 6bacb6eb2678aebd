"""What the repository says of itself is true: layering, commands named in the documents, examples, public names."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from spec.document import Document
from spec.drivers import find

# The clauses about options that not every driver has.
OPTIONAL = {
    "pre_ping": "pinging_acquire_may_be_cancelled",
    "acquire_timeout": "acquire_keeps_the_pools_limit",
    "reset": "acquire_after_reset_may_be_cancelled",
}
ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "spec/README.md", "docs/simulation.md")
# Words that would tie the code to somebody's machine or registry instead of to the project.
FOREIGN_WORDS = re.compile(r"files\.pythonhosted|pypi\.org/simple|registry\.npmjs|deb\.debian\.org|/root/|/work/")


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout, so there is no list of the project's files")
    return [ROOT / name for name in listing.stdout.splitlines()]


@pytest.mark.parametrize("package", ["refpool", "fakemysql", "spec"])
def test_every_module_opens_with_its_theory(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert source.lstrip().startswith('"""'), f"{path.relative_to(ROOT)} has no opening text"


@pytest.mark.parametrize("package", ["refpool", "fakemysql"])
def test_public_names_exist_and_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__, f"{package} lists no public names"
    for name in module.__all__:
        thing = getattr(module, name)
        if callable(thing) and getattr(thing, "__module__", "").startswith(package):
            assert thing.__doc__, f"{package}.{name} has no docstring"


def test_every_make_target_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(code_of(text))):
            assert target in targets, f"{document} names `make {target}`, which the Makefile does not have"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "spec/README.md", "fakemysql/README.md"])
def test_every_file_a_document_names_exists(document: str) -> None:
    """Links, and names of modules; those of an adapter that the reader writes are his."""
    folder, text = (ROOT / document).parent, (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", text):
        assert (folder / target).exists(), f"{document} links to {target}, which does not exist"
    names = {path.relative_to(ROOT).as_posix() for path in tracked_files()}
    for named in re.findall(r"`([\w/]+\.(?:py|md|txt))`", text):
        assert any(f"/{name}".endswith(f"/{named}") for name in names), (
            f"{document} names {named}, which does not exist"
        )


def code_of(markdown: str) -> list[str]:
    """What a Markdown text shows as code: fenced and indented blocks, and inline spans."""
    fenced = re.findall(r"^```.*?$(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^    (.+)$", markdown, re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", markdown)
    return [*fenced, *indented, *inline]


def python_blocks(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(python_blocks("README.md"))))
def test_readme_examples_run(number: int, tmp_path: Path) -> None:
    """Each Python example of the README is a whole program; it ends well and says nothing on stderr."""
    script = tmp_path / "example.py"
    script.write_text(python_blocks("README.md")[number], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("driver", ["refpool", "aiomysql", "asyncmy"])
def test_the_readme_counts_clauses_and_deviations_as_they_are(driver: str) -> None:
    """The table's last lines in the README follow from POOL.md and the lists of deviations, which each run holds to."""
    path = ROOT / "spec" / "deviations" / f"{driver}.toml"
    listed = set(tomllib.loads(path.read_text(encoding="utf-8"))) - {"flaky"} if path.exists() else set()
    lacking = {clause for option, clause in OPTIONAL.items() if option not in find(driver).options}  # type: ignore[attr-defined]
    parts = []
    for level, label in (("must", ""), ("should", "should: ")):
        ids = {statement.id for statement in Document.read().statements if statement.level == level}
        deviating, not_offered = len(ids & listed), len(ids & lacking)
        tail = f", {deviating} deviates" if deviating else ""
        tail += f", {not_offered} not offered" if not_offered else ""
        parts.append(f"{label}{len(ids) - deviating - not_offered} of {len(ids)} conform{tail}")
    line = re.search(rf"^    {driver} [\d.]+: (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    assert line.group(1) == "; ".join(parts)


def test_no_file_names_a_machine_or_a_registry() -> None:
    for path in tracked_files():
        if path == Path(__file__) or not path.is_file() or path.suffix in {".tsv", ".pem"}:
            continue
        found = FOREIGN_WORDS.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{path.relative_to(ROOT)} says {found.group()!r}"


@pytest.mark.parametrize("package", ["refpool", "fakemysql"])
def test_importing_a_package_starts_nothing_and_stays_lean(package: str) -> None:
    """An import brings no test tool and no optional package, and leaves no thread behind."""
    script = f"import sys, threading, {package}; print(threading.active_count(), *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    threads, *modules = done.stdout.split()
    unwanted = {"pytest", "hypothesis", "aiomysql", "asyncmy", "fakemysql.simulation"}
    if package == "fakemysql":
        unwanted |= {"pymysql", "cryptography", "ssl"}  # PyMySQL itself imports the latter two where they are installed
    assert (threads, unwanted.intersection(modules)) == ("1", set())
