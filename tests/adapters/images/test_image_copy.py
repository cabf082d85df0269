"""Images from one real registry to another, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from modelspec.adapters import registry as client
from modelspec.adapters import registry_http
from modelspec.adapters.image_copy import copy
from modelspec.adapters.registry import Manifest, Registry
from modelspec.diagnostics import WorldError
from tests.adapters.images.front import ADA, Front, front
from tests.adapters.images.parts import registry
from tests.adapters.images.pushed import DOCKER, image, put
from tests.adapters.images.test_push import ADA as HTPASSWD

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
TAG = "sha-0123456789ab"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_http, "_PAUSE", 0.01)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts registries; each has a folder of its own."""
    with ExitStack() as stack:

        def start(name: str, htpasswd: str = "") -> str:
            (tmp_path / name).mkdir()
            return stack.enter_context(registry(tmp_path / name, htpasswd))

        yield start


def held(reference: str) -> Manifest | None:
    name, _, digest = reference.partition("@")
    host, _, repository = name.partition("/")
    with closing(Registry(host)) as there:
        return there.manifest(repository, digest)


def elsewhere(reference: str, host: str, repository: str = "prod/churn") -> str:
    return f"{host}/{repository}@{reference.partition('@')[2]}"


@pytest.mark.parametrize("kind", [DOCKER, OCI])
def test_a_copy_has_the_digest_of_the_original_and_a_second_sends_nothing(
    serve: Callable[..., str], tmp_path: Path, kind: str
) -> None:
    source = image(serve("one"), kind=kind)
    target = elsewhere(source, serve("two"))
    first = copy(source, target, TAG, tmp_path)
    assert (first.blobs, first.of, first.size) == (3, 3, 10_100)
    assert held(target) == held(source)
    assert held(target.partition("@")[0] + "@" + TAG) == held(source)
    with front(target.partition("/")[0], Front()) as seen:
        again = copy(source, target.replace(target.partition("/")[0], seen.address), TAG, tmp_path)
    assert again.blobs == 0
    assert seen.methods("POST", "PATCH", "PUT") == []


def test_an_index_is_copied_with_all_its_images(serve: Callable[..., str], tmp_path: Path) -> None:
    host = serve("one")
    children = [image(host, size=size, kind=OCI) for size in (2000, 3000)]
    entries = [
        {"mediaType": OCI, "digest": c.partition("@")[2], "size": 1, "platform": {"os": "linux"}}
        for c in children
    ]
    content = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    source = put(host, "team/churn", Manifest(INDEX, content.encode()))
    target = elsewhere(source, serve("two"))
    assert copy(source, target, TAG, tmp_path).blobs == 6
    assert held(target) == held(source)
    for child in children:
        assert held(elsewhere(child, target.partition("/")[0])) == held(child)


def test_within_one_registry_no_byte_is_sent(serve: Callable[..., str], tmp_path: Path) -> None:
    source = image(serve("one"))
    target = elsewhere(source, source.partition("/")[0])
    assert copy(source, target, TAG, tmp_path).blobs == 0
    assert held(target) == held(source)


def test_an_image_that_is_nowhere_is_named_by_its_digest(
    serve: Callable[..., str], tmp_path: Path
) -> None:
    host, other = serve("one"), serve("two")
    digest = "sha256:" + "0" * 64
    for source, target in [(host, other), (host, host)]:
        with pytest.raises(WorldError, match=f"{host}/team/churn has no {digest}") as refused:
            copy(f"{source}/team/churn@{digest}", f"{target}/team/churn@{digest}", TAG, tmp_path)
        assert refused.value.exit_code == 6


def test_a_layer_that_is_missing_is_named_with_its_image(
    serve: Callable[..., str], tmp_path: Path
) -> None:
    source = image(serve("one"))
    manifest = held(source)
    assert manifest is not None
    digest = json.loads(manifest.content)["layers"][0]["digest"]
    hexadecimal = digest.removeprefix("sha256:")
    for path in tmp_path.glob(f"one/blobs/**/{hexadecimal}/data"):
        path.unlink()
    image_digest = source.partition("@")[2]
    for target in (elsewhere(source, serve("two")), source):
        with pytest.raises(WorldError, match=f"no {digest} of the image {image_digest}"):
            copy(source, target, TAG, tmp_path)


def test_a_tag_that_keeps_another_image_is_left_alone(
    serve: Callable[..., str], tmp_path: Path
) -> None:
    host, other = serve("one"), serve("two")
    first, second = image(host, size=2000), image(host, size=3000)
    copy(first, elsewhere(first, other), TAG, tmp_path)
    copy(second, elsewhere(second, other), TAG, tmp_path)
    assert held(f"{other}/prod/churn@{TAG}") == held(first)
    assert held(f"{other}/prod/churn@{TAG}-{second.partition('@')[2][7:19]}") == held(second)


def test_a_registry_with_passwords_is_told_the_one_of_docker_login(
    serve: Callable[..., str], tmp_path: Path, docker_config: Path
) -> None:
    source, host = image(serve("one")), serve("two", HTPASSWD)
    target = elsewhere(source, host)
    with pytest.raises(WorldError, match=f"401 .*\n  hint: docker login {host}"):
        copy(source, target, TAG, tmp_path)
    log_in(docker_config, host)
    assert copy(source, target, TAG, tmp_path).blobs == 3


def log_in(folder: Path, host: str) -> None:
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": ADA}}}))


def test_a_registry_that_wants_tokens_gets_one_for_each_repository_and_action(
    serve: Callable[..., str], tmp_path: Path, docker_config: Path
) -> None:
    source = image(serve("one"))
    with front(serve("two"), Front(tokens=True)) as there:
        target = elsewhere(source, there.address)
        with pytest.raises(WorldError, match="hint: docker login"):
            copy(source, target, TAG, tmp_path)
        log_in(docker_config, there.address)
        assert copy(source, target, TAG, tmp_path).blobs == 3
        assert held(target) == held(source)
        assert sum(path.startswith("/token") for _, path in there.seen) < 9


def test_a_broken_connection_costs_one_piece_and_not_the_blob(
    serve: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PIECE", 50_000)
    with (
        front(serve("one"), Front()) as one,
        front(serve("two"), Front()) as two,
    ):
        source = image(one.address, size=320_000)
        one.breaks_off = two.breaks_off = 2
        target = elsewhere(source, two.address)
        assert copy(source, target, TAG, tmp_path).blobs == 3
        assert held(target) == held(source)
        assert (one.breaks_off, two.breaks_off) == (0, 0)
        # 2 blobs of 7 pieces: 6 in a PATCH, the last in a PUT; each break costs one more.
        assert len(two.methods("PATCH")) <= 2 * 6 + 2


def test_a_registry_that_takes_no_pieces_gets_the_whole(
    serve: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PIECE", 1000)
    source = image(serve("one"))
    with front(serve("two"), Front(pieces=False, busy=3)) as there:
        target = elsewhere(source, there.address)
        assert copy(source, target, TAG, tmp_path).blobs == 3
        assert held(target) == held(source)


def test_bytes_that_are_not_what_the_digest_names_go_nowhere(
    serve: Callable[..., str], tmp_path: Path
) -> None:
    with front(serve("one"), Front()) as one:
        source = image(one.address)
        one.lies = True
        target = elsewhere(source, serve("two"))
        with pytest.raises(WorldError, match="other bytes than sha256:"):
            copy(source, target, TAG, tmp_path)
    assert held(target) is None


def test_a_registry_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    source = "127.0.0.1:1/team/churn@sha256:" + "0" * 64
    with pytest.raises(WorldError) as refused:
        copy(source, source, TAG, tmp_path)
    assert str(refused.value) == "the registry 127.0.0.1:1 was lost: nothing listens there"
