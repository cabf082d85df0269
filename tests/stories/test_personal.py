"""Values of personal columns, looked for in everything that an apply leaves behind and says."""

from __future__ import annotations

import gzip
import io
import json
import random
import signal
import struct
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from modelspec.adapters.running import free_port
from tests.stories.conftest import TEXT
from tests.stories.project import DATA, SPEC, Project

SALARY = 61803.3988
FEATURES = """\
  features:
    weight: number
    email: {type: category, pii: true, encoding: {hash: 16}, missing: own_category}
    salary: {type: number, pii: true, missing: mean}
"""
PLANTED = (
    b"rosebud",
    str(SALARY).encode(),
    *(struct.pack(form, SALARY) for form in ("<d", ">d", "<f", ">f")),
)


@pytest.fixture
def personal(written: Project, tmp_path: Path) -> Project:
    """A copy in which a salary and all addresses are personal; nothing has been made."""
    project = written.copy(tmp_path / "here")
    chance = random.Random(5)
    lines = ["weight,email,salary,ripe"]
    for number in range(200):
        weight = chance.gauss(150, 20)
        salary = SALARY if number == 78 else round(chance.gauss(50_000, 9000), 2)
        ripe = "yes" if weight + chance.gauss(0, 5) > 150 else "no"
        email = "" if number % 9 == 0 else f"p{number}@rosebud.example"
        lines.append(f"{weight:.1f},{email},{'' if number % 11 == 0 else salary},{ripe}")
    project.write(DATA, "\n".join(lines) + "\n")
    project.write(SPEC, TEXT.replace("  ignore: [id]\n", FEATURES))
    project.commit("Tell ripe fruit by who ate it")
    return project


def found_in(content: bytes) -> list[bytes]:
    return [planted for planted in PLANTED if planted in content]


def below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Files, and what is packed in them."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path, content
        with suppress(gzip.BadGzipFile, EOFError):
            content = gzip.decompress(content)
        with suppress(tarfile.ReadError), tarfile.open(fileobj=io.BytesIO(content)) as packed:
            for member in packed:
                if file := packed.extractfile(member):
                    yield path / member.name, file.read()


def test_no_value_of_a_personal_column_is_in_what_is_kept_rendered_or_said(
    personal: Project,
) -> None:
    planned, applied = personal.run("plan", "--json"), personal.run("apply")
    said = [planned.output, planned.errors, applied.output, applied.errors]
    tag = personal.git("cat-file", "tag", "ripe/v1.0.0")
    assert '"email"' in tag
    for text in (*said, tag, *_served(personal)):
        assert found_in(text.encode()) == []
    for path, content in below(personal.path("deploy")):
        assert found_in(content) == [], path
    # What the rows were trained from is the data itself, which only this machine keeps.
    leaks = {
        path.relative_to(personal.root).parts[1:3]
        for path, content in below(personal.path(".modelspec"))
        if "bases" not in path.parts and found_in(content)
    }
    assert leaks == {("cache", "data"), ("releases", "data")}


def test_a_wrong_row_is_pointed_at_and_not_shown(personal: Project) -> None:
    personal.edit(DATA, str(SALARY), f"{SALARY}x")
    personal.commit()
    said = personal.run("apply", code=3)
    assert f"{DATA}:80:" in said.errors
    assert found_in(said.errors.encode()) == []


def _served(project: Project) -> Iterator[str]:
    """What the runtime says of itself and logs, once it was asked about somebody."""
    port = free_port()
    process = project.start("serve", "ripe", "--port", str(port))
    assert process.stdout
    process.stdout.readline()
    address = f"http://127.0.0.1:{port}"
    rows = [[150.0, "p1@rosebud.example", SALARY], [150.0, ["rosebud"], SALARY]]
    _until_ready(address)
    for row in rows:
        body = json.dumps({"instances": [row]}).encode()
        with suppress(HTTPError):
            urllib.request.urlopen(f"{address}/v1/models/ripe:predict", body, timeout=10)
    for path in ("/metrics", "/v1/models/ripe", "/v1/models/ripe/metadata", "/v2/models/ripe"):
        with urllib.request.urlopen(address + path, timeout=10) as answer:
            text = answer.read().decode()
        if path == "/metrics":
            assert 'feature="weight"' in text
            assert "email" not in text
            assert "salary" not in text
        yield text
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert b'"event": "stopped"' in out
    yield out.decode() + err.decode()


def _until_ready(address: str) -> None:
    for _ in range(200):
        with suppress(OSError):
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
            return
        time.sleep(0.05)
    pytest.fail("the server does not get ready")
