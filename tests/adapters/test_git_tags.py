from __future__ import annotations

import subprocess
import time

import pytest

from modelspec.diagnostics import WorldError
from modelspec.plan.tags import Version, parse
from tests.adapters.git_world import REF, World, git, refs, tag, text


def test_tags_come_with_their_message_in_order_of_version(world: World) -> None:
    for version in ("1.9.0", "1.10.0", "1.0.0"):
        tag(world, f"churn/v{version}", text(version))
    found = world.repository.tags(["churn"])
    assert [str(tag.version) for tag in found] == ["1.0.0", "1.9.0", "1.10.0"]
    assert [tag.message for tag in found] == [text(str(tag.version)) for tag in found]
    assert {tag.commit for tag in found} == {world.first}
    assert {tag.ref: tag.oid for tag in found} == {
        ref: oid for ref, oid in refs(world.here).items() if ref.startswith("refs/tags/")
    }


def test_only_tags_of_the_models_asked_for_are_read(world: World) -> None:
    for name in ("churn/v1.0.0", "churn-eu/v1.0.0", "wine/v2.0.0", "v1.0.0", "churn/latest"):
        tag(world, name, text())
    repository = world.repository
    assert [t.name for t in repository.tags(["churn"])] == ["churn"]
    assert [t.name for t in repository.tags(["wine", "churn"])] == ["churn", "wine"]
    assert [t.name for t in repository.tags()] == ["churn", "churn-eu", "wine"]
    assert repository.tags([]) == []
    assert repository.tags(["nobody"]) == []


def test_packed_tags_are_read_as_loose_ones(world: World) -> None:
    tag(world, "churn/v1.0.0", text())
    before = world.repository.tags(["churn"])
    git(world.here, "pack-refs", "--all")
    git(world.here, "gc", "-q")
    assert world.repository.tags(["churn"]) == before


def test_a_lightweight_tag_takes_its_number_without_a_record(world: World) -> None:
    git(world.here, "tag", "churn/v1.0.0")
    (found,) = world.repository.tags(["churn"])
    assert (found.version, found.commit, found.message) == (Version(1, 0, 0), world.first, b"")
    assert parse(found.message) is None


def test_a_tag_of_something_else_takes_its_number(world: World) -> None:
    git(world.here, "tag", "-a", "-m", "x", "churn/v1.0.0", "HEAD^{tree}")
    tag(world, "churn/v1.0.1", text("1.0.1"))
    git(world.here, "tag", "-a", "-m", "x", "churn/v1.0.2", "churn/v1.0.1")
    found = world.repository.tags(["churn"])
    assert [(t.commit, bool(t.message)) for t in found] == [
        ("", False), (world.first, True), ("", False),
    ]  # fmt: skip


def test_a_tag_whose_object_is_lost_takes_its_number(world: World) -> None:
    file = world.here / ".git" / REF
    file.parent.mkdir(parents=True)
    file.write_text("1" * 40 + "\n", "ascii")
    (found,) = world.repository.tags(["churn"])
    assert (found.oid, found.commit, found.message) == ("1" * 40, "", b"")


def test_an_emptied_ref_is_explained_with_the_command_that_helps(world: World) -> None:
    tag(world, "churn/v1.0.0", text())
    (world.here / ".git" / REF).write_bytes(b"")
    with pytest.raises(WorldError, match="damaged, as after a power cut") as caught:
        world.repository.tags(["churn"])
    command = str(caught.value).split("`")[1]
    subprocess.run(command, shell=True, cwd=world.here, check=True)  # noqa: S602
    assert world.repository.tags(["churn"]) == []


def test_a_signed_tag_is_read_up_to_its_signature(world: World) -> None:
    signature = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n{\n}\n-----END SSH SIGNATURE-----\n"
    tag(world, "churn/v1.0.0", text() + signature)
    (found,) = world.repository.tags(["churn"])
    assert found.message == text() + signature
    assert parse(found.message) == parse(text()) is not None


@pytest.mark.parametrize("name", ["--exec=touch x", "-d", "../heads", "*", "churn/", "", "a b"])
def test_what_is_no_name_of_a_model_never_reaches_git(world: World, name: str) -> None:
    with pytest.raises(WorldError, match="cannot be the name of a model"):
        world.repository.tags([name])


def test_refs_with_odd_characters_disturb_nothing(world: World) -> None:
    for name in ("churn/v1.0.0\u2028x", "churn/v1\u0085", "churn/-d"):
        git(world.here, "update-ref", f"refs/tags/{name}", world.first)
    tag(world, "churn/v1.0.0", text())
    assert [t.ref for t in world.repository.tags()] == [REF]


def test_a_thousand_tags_are_read_in_well_under_a_second(world: World) -> None:
    commands = []
    for number in range(1000):
        body = b"tagger A <a@b> 0 +0000\ndata %d\n" % len(text()) + text()
        commands.append(b"tag churn/v1.0.%d\nfrom %s\n%s" % (number, world.first.encode(), body))
    git(world.here, "fast-import", "--quiet", feed=b"\n".join(commands))
    repository = world.repository
    start = time.perf_counter()
    found = repository.tags(["churn"])
    seconds = time.perf_counter() - start
    assert len(found) == 1000
    assert all(parse(t.message) for t in found)
    assert seconds < 0.5
