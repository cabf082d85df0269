from __future__ import annotations

import http.client
import json
import signal
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from modelspec.adapters.running import free_port, wait_ready
from tests.stories.conftest import HOME
from tests.stories.project import SPEC, Project


def _ask(port: int, path: str, body: object = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        method = "GET" if body is None else "POST"
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)
    finally:
        connection.close()


def test_init_writes_a_spec_that_validates_and_applies(
    tmp_path: Path, environment: dict[str, str], bases: Path
) -> None:
    project = Project(tmp_path, environment)
    project.git("init", "-q", "-b", "main")
    project.lay_bases(bases)
    project.write("wine/wine.csv", (HOME / "examples/wine/wine.csv").read_bytes())
    said = project.run("init", "wine/wine.csv")
    text = project.path("wine/model.yaml").read_text("utf-8")
    assert text in said.output
    assert project.run("validate").output == "wine/model.yaml: ok\n"
    assert "exists already" in project.run("init", "wine/wine.csv", code=6).errors
    assert project.path("wine/model.yaml").read_text("utf-8") == text
    project.commit()
    said = project.run("apply")
    assert said.rows == [
        "data",
        "train",
        "evaluate",
        "gate",
        "export",
        "reference",
        "image",
        "check",
        "release",
        "render",
    ]
    assert project.tags() == ["wine/v1.0.0"]


def test_status_tells_what_is_released_and_what_would_be(released: Project) -> None:
    assert released.run("status").output.startswith("ripe  1.0.0  up to date, from ")
    released.edit(SPEC, "owner: orchard", "owner: garden")
    assert "uncommitted" in released.run("status").output
    released.commit()
    assert "1.0.0  out of date: run modelspec apply ripe" in released.run("status").output


def test_status_of_a_spec_without_a_release_says_so(fresh: Project) -> None:
    assert "no release  out of date" in fresh.run("status").output
    assert fresh.entries() == {}


def test_render_finds_an_edit_by_hand_and_undoes_it_when_forced(released: Project) -> None:
    assert "all files are up to date" in released.run("render", "--check").output
    name = "deploy/default/ripe/serving.yaml"
    good = released.path(name).read_text("utf-8")
    released.write(name, good.replace("8501", "8502", 1))
    before = released.state()
    said = released.run("render", "--check", code=7)
    assert f"{name} is not what its release.lock renders to" in said.errors
    assert "hint: modelspec render" in said.errors
    assert released.state() == before
    refused = released.run("render", code=6)
    assert f"{name} was edited by hand" in refused.errors
    assert "containerPort: 8502\n" in refused.errors
    assert released.state() == before
    assert released.run("render", "--force").rows == ["render"]
    assert released.path(name).read_text("utf-8") == good
    released.path(name).unlink()
    released.run("render", "--check", code=7)
    released.run("render")
    assert released.path(name).read_text("utf-8") == good
    assert "all files are up to date" in released.run("render", "--check").output


def test_render_writes_nothing_if_one_of_several_locks_is_bad(released: Project) -> None:
    lock = released.path("deploy/default/ripe/release.lock")
    for name in ("a", "z"):
        header = f"apiVersion: modelspec/v1\nkind: Environment\nmetadata: {{name: {name}}}\n"
        mine = f"namespace: {name}\nmodels: {{ripe: 1.0.0}}\n"
        released.write(f"environments/{name}.yaml", header + mine)
    released.write("deploy/a/ripe/release.lock", lock.read_bytes())
    released.write("deploy/z/ripe/release.lock", '{"spec": {}, "record": {}}')
    before = released.state()
    said = released.run("render", code=3)
    assert said.errors.startswith("deploy/z/ripe/release.lock:1:1: ")
    assert released.state() == before
    released.path("environments/z.yaml").unlink()
    released.path("deploy/z/ripe/release.lock").unlink()
    released.run("render")
    assert released.path("deploy/a/ripe/serving.yaml").exists()
    assert not released.path("deploy/default").exists()


def test_apply_undoes_an_edit_by_hand_when_forced_too(released: Project) -> None:
    name = "deploy/default/ripe/monitoring.yaml"
    good = released.path(name).read_text("utf-8")
    released.write(name, good + "# mine\n")
    assert f"{name} was edited by hand" in released.run("apply", code=6).errors
    assert released.run("apply", "--force").rows == ["render"]
    assert released.path(name).read_text("utf-8") == good


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"spec": {}, "record": {}}', '{"spec": 1, "record": 2}'], ids=repr
)
def test_a_lock_that_is_none_is_one_message_and_apply_brings_it_back(
    released: Project, text: str
) -> None:
    name = "deploy/default/ripe/release.lock"
    good = released.path(name).read_text("utf-8")
    released.write(name, text)
    before = released.state()
    said = released.run("render", code=3)
    assert said.errors.startswith(f"{name}:1:")
    assert released.state() == before
    assert released.run("apply").rows == ["render"]
    assert released.path(name).read_text("utf-8") == good


def test_serve_answers_as_keras_did_and_ends_when_it_is_asked_to(released: Project) -> None:
    (golden,) = released.root.glob(".modelspec/releases/export.tflite/*/golden.json")
    asked = json.loads(golden.read_text("utf-8"))
    port = free_port()
    process = released.start("serve", "ripe", "--port", str(port))
    try:
        wait_ready(port, lambda: None)
        answer = _ask(port, "/v1/models/ripe:predict", {"instances": asked["rows"]})
        tolerance = released.record("ripe/v1.0.0")["steps"]["export.tflite"]["record"]["tolerance"]
        for found, (expected,) in zip(answer["predictions"], asked["expected"], strict=True):
            assert abs(found["probability"] - expected) <= tolerance
        named = dict(zip(("weight", "firmness", "color"), asked["rows"][0], strict=True))
        again = _ask(port, "/v1/models/ripe:predict", {"instances": [named]})
        assert again["predictions"] == answer["predictions"][:1]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/try", timeout=10) as page:
            assert page.headers["content-type"] == "text/html; charset=utf-8"
    finally:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert output.startswith(f"ripe 1.0.0 on http://127.0.0.1:{port}/v1/models/".encode())
    assert b"Traceback" not in errors
    with pytest.raises(OSError, match="refused"):
        _ask(port, "/readyz")


def test_serve_makes_the_image_of_a_release_again_where_its_bytes_are_not(
    released: Project, tmp_path: Path
) -> None:
    clone = released.clone(tmp_path / "clone")
    port = free_port()
    process = clone.start("serve", "ripe", "--port", str(port))
    try:
        wait_ready(port, lambda: None)
    finally:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert b"Traceback" not in errors
    assert b"  train " in output
    made = [
        json.loads(p.read_text())["record"]
        for p in clone.root.glob(".modelspec/cache/image/*/record.json")
    ]
    assert [record["output"] for record in made] == [clone.record("ripe/v1.0.0")["image"]["id"]]


def test_serve_takes_a_version_and_names_the_nearest_where_there_is_none(
    released: Project,
) -> None:
    released.edit(SPEC, "owner: orchard", "owner: bakery")
    released.commit()
    released.run("apply")
    assert released.tags() == ["ripe/v1.0.0", "ripe/v1.0.1"]
    port = free_port()
    process = released.start("serve", "ripe@1.0.0", "--port", str(port))
    try:
        wait_ready(port, lambda: None)
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert output.startswith(f"ripe 1.0.0 on http://127.0.0.1:{port}/".encode())
    said = released.run("serve", "ripe@1.0.7", code=3)
    assert said.errors == "there is no release 1.0.7 of ripe\n  hint: the nearest is 1.0.1\n"
    assert "write 1.0.0" in released.run("serve", "ripe@v1.0.0", code=3).errors


def test_serve_without_a_release_says_what_to_do(fresh: Project) -> None:
    said = fresh.run("serve", "ripe", code=6)
    assert said.errors == "ripe has no release yet: modelspec apply ripe\n"


def test_serve_on_a_port_that_is_taken_is_no_traceback(released: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = released.run("serve", "ripe", "--port", port, code=6)
    assert f"127.0.0.1, port {port}: Address already in use" in said.errors
    released.run("serve", "ripe", "--port", "99999", code=2)


def test_validate_reads_the_work_tree_and_needs_no_git(
    tmp_path: Path, environment: dict[str, str], written: Project
) -> None:
    project = Project(tmp_path, environment)
    project.write("a/model.yaml", written.path(SPEC).read_bytes())
    assert project.run("validate").output == "a/model.yaml: ok\n"


def test_an_option_that_does_not_exist_is_a_mistake_of_usage(released: Project) -> None:
    assert "No such option" in released.run("apply", "--publish", code=2).errors


def test_init_on_a_file_with_one_column_says_what_to_save(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    project = Project(tmp_path, environment)
    project.write("data.csv", "a/b\n1/no\n2/yes\n")
    assert (
        "data.csv:1:1: there is only one column" in project.run("init", "data.csv", code=3).errors
    )
    assert not project.path("model.yaml").exists()


def test_init_on_a_url_says_to_download_it(tmp_path: Path, environment: dict[str, str]) -> None:
    said = Project(tmp_path, environment).run("init", "https://example.org/x.csv", code=6)
    assert "download it; data.source may then be its URL" in said.errors
