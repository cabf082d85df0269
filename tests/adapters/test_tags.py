from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from modelspec.adapters.git import Remote, Repository
from modelspec.adapters.git_process import write
from modelspec.adapters.tags import create_local, fetch_tags, is_ancestor, publish, remote_tip
from modelspec.diagnostics import Conflict, WorldError
from modelspec.plan.tags import parse
from tests.adapters.git_world import DATA, REF, World, git, hook, refs, text

ORIGIN = Remote("origin")


def head(repository: Repository) -> str:
    return repository.head().oid


def tags_of(folder: Path) -> dict[str, str]:
    return {ref: oid for ref, oid in refs(folder).items() if ref.startswith("refs/tags/")}


# In this repository


def test_a_tag_is_kept_byte_for_byte(world: World) -> None:
    said = b'churn 1.0.0\n\n# not a comment\n\n\n  x\t\n\n{\n "record": 1\n}\n\n\n'
    oid = create_local(world.repository, REF, world.first, said, now=1_700_000_000)
    shown = subprocess.run(
        ("git", "cat-file", "tag", REF), cwd=world.here, capture_output=True, check=True
    ).stdout
    assert (
        shown
        == (
            f"object {world.first}\ntype commit\ntag churn/v1.0.0\n"
            "tagger Ada <ada@example.org> 1700000000 +0000\n\n"
        ).encode()
        + said
    )
    assert tags_of(world.here) == {REF: oid}
    assert git(world.here, "fsck", "--strict", "--no-dangling") == ""


def test_people_see_the_tag_by_plain_git(world: World) -> None:
    create_local(world.repository, REF, world.first, text())
    assert "On 10 test rows: fine." in git(world.here, "tag", "-n99")
    assert git(world.here, "rev-parse", "churn/v1.0.0^{commit}") == world.first


def test_only_the_ref_is_new(world: World) -> None:
    world.write(DATA, "edited")
    index = (world.here / ".git" / "index").read_bytes()
    before = git(world.here, "status", "--porcelain"), refs(world.here)
    create_local(world.repository, REF, world.first, text())
    assert (world.here / ".git" / "index").read_bytes() == index
    after = refs(world.here)
    del after[REF]
    assert (git(world.here, "status", "--porcelain"), after) == before


def test_without_an_identity_the_tool_signs_as_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("EMAIL", "root@machine-7.internal")
    create_local(world.repository, REF, world.first, text())
    assert "\ntagger modelspec <modelspec@localhost> " in git(world.here, "cat-file", "tag", REF)


def test_a_configured_identity_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    git(world.here, "config", "user.name", "Grace Höpper")
    git(world.here, "config", "user.email", "grace@example.org")
    create_local(world.repository, REF, world.first, text())
    assert "\ntagger Grace Höpper <grace@example.org> " in git(world.here, "cat-file", "tag", REF)


def test_the_same_tag_again_is_the_one_that_is_there(world: World) -> None:
    first = create_local(world.repository, REF, world.first, text(), now=1)
    assert create_local(world.repository, REF, world.first, text(), now=2) == first


@pytest.mark.parametrize("other", ["message", "commit", "lightweight"])
def test_a_tag_with_other_content_is_left_alone(world: World, other: str) -> None:
    if other == "lightweight":
        git(world.here, "tag", "churn/v1.0.0")
    else:
        create_local(world.repository, REF, world.first, text())
    before = refs(world.here)[REF]
    commit = world.commit("second") if other == "commit" else world.first
    said = text(inputs="b") if other == "message" else text()
    with pytest.raises(Conflict, match=f"churn/v1.0.0 exists with other content: {before}"):
        create_local(world.repository, REF, commit, said)
    assert refs(world.here)[REF] == before


def test_of_many_writers_of_one_tag_exactly_one_wins(world: World) -> None:
    def attempt(number: int) -> str | None:
        try:
            return create_local(world.repository, REF, world.first, text(inputs=str(number)))
        except Conflict:
            return None
        except WorldError as error:  # the other holds the lock of the ref at this moment
            assert ".lock is in the way" in str(error)  # noqa: PT017
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [oid for oid in pool.map(attempt, range(8)) if oid]
    assert won == [refs(world.here)[REF]]


def test_a_lock_that_a_killed_git_left_is_named(world: World) -> None:
    lock = world.here / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(WorldError, match=f"{lock} is in the way.*remove that file"):
        create_local(world.repository, REF, world.first, text())
    lock.unlink()
    assert create_local(world.repository, REF, world.first, text()) == refs(world.here)[REF]


def test_an_emptied_ref_is_explained(world: World) -> None:
    file = world.here / ".git" / REF
    file.parent.mkdir(parents=True)
    file.touch()
    with pytest.raises(WorldError, match="the file of refs/tags/churn/v1.0.0 is damaged"):
        create_local(world.repository, REF, world.first, text())


def test_a_tag_with_the_name_of_the_model_is_said_to_be_in_the_way(world: World) -> None:
    git(world.here, "tag", "churn")
    with pytest.raises(WorldError, match="refs/tags/churn is in the way.*git tag -d -- churn"):
        create_local(world.repository, REF, world.first, text())


def test_a_read_only_repository_is_explained(world: World) -> None:
    hook(world.here, "reference-transaction", '[ "$1" != prepared ] || exit 1')
    with pytest.raises(WorldError, match="cannot create the tag churn/v1.0.0: .*aborted by hook"):
        create_local(world.repository, REF, world.first, text())
    assert tags_of(world.here) == {}


@pytest.mark.parametrize(
    "ref", ["--exec=x", "-d", "refs/heads/main", "refs/tags/churn/latest", "HEAD", "",
            "refs/tags/--stdin/v1.0.0"],
)  # fmt: skip
def test_what_names_no_release_never_reaches_git(world: World, ref: str) -> None:
    with pytest.raises(WorldError, match="does not name a release"):
        create_local(world.repository, ref, world.first, text())
    with pytest.raises(WorldError, match="does not name a release"):
        publish(world.repository, ORIGIN, ref, world.first, text())


@pytest.mark.parametrize("commit", ["--stdin", "HEAD", "1" * 40])
def test_a_commit_that_is_not_here_is_not_tagged(world: World, commit: str) -> None:
    with pytest.raises(WorldError, match="not"):
        create_local(world.repository, REF, commit, text())
    assert tags_of(world.here) == {}


def test_killed_right_before_the_ref_only_a_loose_object_is_left(world: World) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from modelspec.adapters import tags; from modelspec.adapters.git import Repository\n"
        "tags._point = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "tags.create_local(Repository.open(Path(sys.argv[1])), *sys.argv[2:4], b'x')\n"
    )
    before = refs(world.here)
    killed = subprocess.run(
        (sys.executable, "-c", script, str(world.here), REF, world.first), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert refs(world.here) == before
    assert "dangling tag" in git(world.here, "fsck", "--strict")
    oid = create_local(world.repository, REF, world.first, text())
    assert tags_of(world.here) == {REF: oid}


def test_what_is_written_is_brought_to_the_disk(world: World) -> None:
    assert write(world.here, "config", "core.fsync").output == b"all\n"


def test_variables_that_a_hook_sets_do_not_choose_where_the_tag_goes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_NAMESPACE", "elsewhere")
    oid = create_local(world.repository, REF, world.first, text())
    monkeypatch.undo()
    assert tags_of(world.here) == {REF: oid}


# On a remote


def test_a_published_tag_is_on_the_remote_and_here(world: World) -> None:
    bare = world.add_remote()
    oid = publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == tags_of(bare) == {REF: oid}
    (read,) = world.clone("other").tags(["churn"])
    assert (read.oid, read.commit, read.message) == (oid, world.first, text())


def test_publishing_works_in_a_linked_work_tree_and_a_shallow_clone(world: World) -> None:
    world.commit("second")
    bare = world.add_remote()
    git(world.here, "worktree", "add", "-q", "../linked")
    linked = Repository.open(world.folder / "linked")
    publish(linked, ORIGIN, REF, head(linked), text())
    shallow = world.clone("shallow", "--depth=1")
    publish(shallow, ORIGIN, "refs/tags/churn/v1.0.1", head(shallow), text("1.0.1"))
    assert set(tags_of(bare)) == {REF, "refs/tags/churn/v1.0.1"}


def test_of_two_clones_exactly_one_publishes_a_number(world: World) -> None:
    bare = world.add_remote()
    clones = [world.clone(f"clone-{number}") for number in range(4)]

    def attempt(number: int) -> str | None:
        said = text(inputs=str(number))
        try:
            return publish(clones[number], ORIGIN, REF, world.first, said)
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    (won,) = (oid for oid in results if oid)
    assert tags_of(bare) == {REF: won}
    for clone, oid in zip(clones, results, strict=True):
        assert tags_of(clone.root) == ({REF: won} if oid else {})


def test_the_second_to_come_is_told_that_the_number_is_taken(world: World) -> None:
    bare = world.add_remote()
    late = world.clone("late")
    oid = publish(world.repository, ORIGIN, REF, world.first, text())
    with pytest.raises(Conflict, match="origin has another release under churn/v1.0.0"):
        publish(late, ORIGIN, REF, world.first, text(inputs="b"))
    assert tags_of(bare) == {REF: oid}
    assert tags_of(late.root) == {}


def test_publishing_again_what_is_published_changes_nothing(world: World) -> None:
    bare = world.add_remote()
    oid = publish(world.repository, ORIGIN, REF, world.first, text(), now=1)
    assert publish(world.repository, ORIGIN, REF, world.first, text(), now=2) == oid
    assert tags_of(bare) == {REF: oid}


@pytest.mark.parametrize("always", [[], ["+refs/tags/*:refs/tags/*"]])
def test_a_tag_that_is_only_here_gives_way_to_its_published_form(
    world: World, always: list[str]
) -> None:
    bare = world.add_remote()
    for refspec in always:
        git(world.here, "config", "--add", "remote.origin.fetch", refspec)
    draft = create_local(world.repository, REF, world.first, text(published=False))
    oid = publish(world.repository, ORIGIN, REF, world.first, text())
    assert oid != draft
    assert tags_of(world.here) == tags_of(bare) == {REF: oid}


def test_a_published_tag_here_is_never_replaced(world: World) -> None:
    bare = world.add_remote()
    oid = create_local(world.repository, REF, world.first, text(inputs="b"))
    with pytest.raises(Conflict, match="exists with other content"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert (tags_of(world.here), tags_of(bare)) == ({REF: oid}, {})


def test_a_remote_that_refuses_is_quoted_and_nothing_changes_here(world: World) -> None:
    bare = world.add_remote()
    draft = create_local(world.repository, REF, world.first, text(published=False))
    hook(bare, "pre-receive", "printf 'only \\033[31mrobots\\033[0m tag\\n' >&2; exit 1")
    with pytest.raises(WorldError, match=r"did not take.*hook declined.*only .*robots.* tag") as e:
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert "\x1b" not in str(e.value)
    assert (tags_of(world.here), tags_of(bare)) == ({REF: draft}, {})


def test_the_pre_push_hook_of_the_user_decides(world: World) -> None:
    bare = world.add_remote()
    hook(world.here, "pre-push", "echo not on a Friday >&2; exit 1")
    with pytest.raises(WorldError, match="did not take the tag.*not on a Friday"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == tags_of(bare) == {}
    hook(world.here, "pre-push", f"touch {world.folder}/ran")
    publish(world.repository, ORIGIN, REF, world.first, text())
    assert (world.folder / "ran").exists()


def test_a_hook_that_hangs_is_ended_in_time(world: World) -> None:
    bare = world.add_remote()
    hook(world.here, "pre-push", f"sleep 60; touch {world.folder}/ran")
    start = time.monotonic()
    with pytest.raises(WorldError, match="did not take the tag.*no answer within 0.5 s"):
        publish(world.repository, ORIGIN, REF, world.first, text(), seconds=0.5)
    assert time.monotonic() - start < 10
    assert tags_of(world.here) == tags_of(bare) == {}


def test_a_remote_that_hangs_behind_the_commit_point_has_taken_the_tag(world: World) -> None:
    bare = world.add_remote()
    hook(bare, "post-receive", "sleep 60")
    oid = publish(world.repository, ORIGIN, REF, world.first, text(), seconds=1.5)
    assert tags_of(world.here) == tags_of(bare) == {REF: oid}


def test_a_connection_that_drops_behind_the_commit_point_is_looked_after(world: World) -> None:
    bare = world.add_remote()
    hook(bare, "post-receive", f"touch {world.folder}/dropped; kill -9 $PPID")
    oid = publish(world.repository, ORIGIN, REF, world.first, text())
    assert (world.folder / "dropped").exists()
    assert tags_of(world.here) == tags_of(bare) == {REF: oid}


def test_a_connection_that_drops_before_the_commit_point_left_nothing(world: World) -> None:
    bare = world.add_remote()
    hook(bare, "pre-receive", "kill -9 $PPID")
    with pytest.raises(WorldError, match="did not take the tag"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == tags_of(bare) == {}
    (bare / "hooks" / "pre-receive").unlink()
    assert publish(world.repository, ORIGIN, REF, world.first, text()) == tags_of(bare)[REF]


def test_a_remote_that_is_gone_leaves_it_open_and_says_so(world: World) -> None:
    shutil.rmtree(world.add_remote())
    with pytest.raises(WorldError, match="not known.*does not appear to be a git repository"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == {}


def test_a_tag_that_appears_here_during_the_push_is_not_overwritten(world: World) -> None:
    world.add_remote()
    hook(world.here, "pre-push", f"git update-ref {REF} {world.first}")
    with pytest.raises(Conflict, match="was taken meanwhile"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == {REF: world.first}


def test_only_the_one_tag_is_sent(world: World) -> None:
    bare = world.add_remote()
    git(world.here, "config", "push.followTags", "true")
    git(world.here, "tag", "-a", "-m", "x", "private")
    git(world.here, "branch", "topic")
    publish(world.repository, ORIGIN, REF, world.first, text())
    assert set(refs(bare)) == {"refs/heads/main", REF}


class _Locked(BaseHTTPRequestHandler):
    """A server that wants a password."""

    def do_GET(self) -> None:  # noqa: N802
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_remote_that_asks_for_a_password_fails_instead_of_waiting(world: World) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Locked) as server:
        Thread(target=server.serve_forever).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/x.git"
            git(world.here, "remote", "add", "origin", address)
            with pytest.raises(WorldError, match="terminal prompts disabled"):
                publish(world.repository, ORIGIN, REF, world.first, text(), seconds=20)
            with pytest.raises(WorldError, match="terminal prompts disabled"):
                fetch_tags(world.repository, ORIGIN, ["churn"], seconds=20)
        finally:
            server.shutdown()


def test_what_talks_to_a_remote_has_no_terminal_to_ask_on(world: World) -> None:
    world.add_remote()
    hook(world.here, "pre-push", f"cut -d' ' -f6 /proc/$$/stat > {world.folder}/session")
    publish(world.repository, ORIGIN, REF, world.first, text())
    ours = Path("/proc/self/stat").read_text("utf-8").rpartition(") ")[2].split(" ")[3]
    assert (world.folder / "session").read_text("utf-8").strip() != ours


def test_a_remote_named_like_an_option_is_a_remote(world: World) -> None:
    bare = world.add_remote()
    witness = world.folder / "ran"
    name = f"--receive-pack=touch {witness};"
    with (world.here / ".git" / "config").open("a", encoding="utf-8") as config:
        config.write(f'[remote "{name}"]\n\turl = {bare.as_uri()}\n')
    git(world.here, "remote", "remove", "origin")
    remote = world.repository.remote()
    assert remote == Remote(name)
    oid = publish(world.repository, remote, REF, world.first, text())
    fetch_tags(world.repository, remote, ["churn"])
    assert remote_tip(world.repository, remote) == ("main", world.first)
    assert tags_of(bare) == {REF: oid}
    assert not witness.exists()


# From a remote


def published(world: World, *versions: str, name: str = "churn") -> dict[str, str]:
    """Tags that only the remote has."""
    made = {}
    for version in versions:
        ref = f"refs/tags/{name}/v{version}"
        made[ref] = publish(world.repository, ORIGIN, ref, world.first, text(version))
        git(world.here, "update-ref", "-d", ref)
    return made


def test_the_tags_of_the_models_asked_for_arrive_in_one_call(world: World) -> None:
    world.add_remote()
    churn = published(world, "1.0.0", "1.1.0")
    wine = published(world, "2.0.0", name="wine")
    published(world, "3.0.0", name="other")
    git(world.here, "push", "-q", "origin", "main:refs/tags/unrelated")
    fetch_tags(world.repository, ORIGIN, ["churn", "wine", "nothing-yet"])
    assert tags_of(world.here) == churn | wine
    fetch_tags(world.repository, ORIGIN, ["churn", "wine"])
    fetch_tags(world.repository, ORIGIN, [])
    assert tags_of(world.here) == churn | wine


def test_fetching_leaves_a_full_clone_full_and_everything_else_alone(world: World) -> None:
    world.add_remote()
    clone = world.clone("full")
    for number in range(3):
        world.commit(f"later {number}")
    git(world.here, "push", "-q", "origin", "main")
    made = publish(world.repository, ORIGIN, REF, head(world.repository), text())
    before = refs(clone.root)
    fetch_tags(clone, ORIGIN, ["churn"])
    assert refs(clone.root) == before | {REF: made}
    assert not clone.is_shallow()
    assert is_ancestor(clone, world.first, clone.tags(["churn"])[0].commit)
    assert not (clone.root / ".git" / "FETCH_HEAD").exists()


@pytest.mark.parametrize("depth", [1, 3])
def test_fetching_keeps_the_history_that_a_shallow_clone_has(world: World, depth: int) -> None:
    world.add_remote()
    commits = [world.commit(f"commit {number}") for number in range(10)]
    git(world.here, "push", "-q", "origin", "main")
    publish(world.repository, ORIGIN, REF, commits[4], text())
    second = "refs/tags/churn/v1.1.0"
    latest = publish(world.repository, ORIGIN, second, commits[-1], text("1.1.0"))
    clone = world.clone("shallow", f"--depth={depth}", "--no-tags")
    fetch_tags(clone, ORIGIN, ["churn"])
    assert clone.is_shallow()
    assert git(clone.root, "rev-list", "--count", "HEAD") == str(depth)
    assert git(clone.root, "rev-list", "--count", REF) == str(depth)
    old, new = clone.tags(["churn"])
    assert (old.commit, parse(old.message)) == (commits[4], parse(text()))
    assert new.oid == latest
    assert clone.file_at(commits[4], DATA) == b"a,b\n1,2\n"


@pytest.mark.parametrize("always", [[], ["+refs/tags/*:refs/tags/*"]])
def test_a_tag_that_the_remote_moved_is_named_and_kept(world: World, always: list[str]) -> None:
    bare = world.add_remote()
    for refspec in always:
        git(world.here, "config", "--add", "remote.origin.fetch", refspec)
    publish(world.repository, ORIGIN, REF, world.first, text())
    before = tags_of(world.here)
    git(bare, "update-ref", REF, world.first)
    others = published(world, "1.0.1")
    with pytest.raises(Conflict, match="origin has moved the tag churn/v1.0.0") as caught:
        fetch_tags(world.repository, ORIGIN, ["churn"])
    assert len(caught.value.diagnostics) == 1
    assert tags_of(world.here) == before | others


def test_a_tag_that_is_only_here_stays_also_where_the_user_prunes(world: World) -> None:
    world.add_remote()
    for key in ("fetch.prune", "fetch.pruneTags", "remote.origin.prune", "remote.origin.pruneTags"):
        git(world.here, "config", key, "true")
    draft = create_local(world.repository, REF, world.first, text(published=False))
    made = published(world, "1.1.0")
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == {REF: draft} | made


def test_a_tag_that_is_only_here_gives_way_to_a_release_of_the_remote(world: World) -> None:
    world.add_remote()
    made = published(world, "1.0.0", "1.0.1")
    create_local(world.repository, REF, world.first, text(published=False, inputs="b"))
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == made


def test_a_floating_tag_beside_the_versions_disturbs_nothing(world: World) -> None:
    bare = world.add_remote()
    git(world.here, "tag", "churn/v1")
    second = world.commit("second")
    git(world.here, "push", "-q", "origin", "main")
    git(bare, "update-ref", "refs/tags/churn/v1", second)
    made = published(world, "1.0.0")
    fetch_tags(world.repository, ORIGIN, ["churn"])
    assert tags_of(world.here) == made | {"refs/tags/churn/v1": world.first}


def test_a_tag_that_cannot_be_stored_is_explained(world: World) -> None:
    world.add_remote()
    published(world, "1.0.0")
    git(world.here, "tag", "churn")
    with pytest.raises(WorldError, match=r"origin: .*churn"):
        fetch_tags(world.repository, ORIGIN, ["churn"])


def test_a_remote_that_cannot_be_reached_is_named(world: World) -> None:
    shutil.rmtree(world.add_remote())
    with pytest.raises(WorldError, match="^origin: .*does not appear to be a git repository"):
        fetch_tags(world.repository, ORIGIN, ["churn"])
    with pytest.raises(WorldError, match="^origin: .*does not appear to be a git repository"):
        remote_tip(world.repository, ORIGIN)


def test_names_that_git_could_misread_never_reach_it(world: World) -> None:
    with pytest.raises(WorldError, match="cannot be the name of a model"):
        fetch_tags(world.repository, ORIGIN, ["churn", "--upload-pack=touch x"])


def test_the_tip_of_the_default_branch_can_be_read_and_no_ref_moves(world: World) -> None:
    bare = world.add_remote()
    git(bare, "symbolic-ref", "HEAD", "refs/heads/release/next")
    git(world.here, "push", "-q", "origin", "main:release/next")
    clone = world.clone("clone")
    world.write(DATA, "newer")
    tip = world.commit("second")
    git(world.here, "push", "-q", "origin", "main:release/next")
    before = refs(clone.root)
    assert remote_tip(clone, ORIGIN) == ("release/next", tip)
    assert clone.file_at(tip, DATA) == b"newer"
    assert refs(clone.root) == before
    assert is_ancestor(clone, world.first, tip)


def test_the_tip_is_found_from_a_shallow_clone_behind_it(world: World) -> None:
    world.commit("second")
    world.add_remote()
    clone = world.clone("clone", "--depth=1")
    for number in range(3):
        world.commit(f"later {number}")
    git(world.here, "push", "-q", "origin", "main")
    _, tip = remote_tip(clone, ORIGIN)
    assert is_ancestor(clone, head(clone), tip)
    assert git(clone.root, "rev-list", "--count", "HEAD") == "1"


def test_a_remote_without_a_default_branch_is_explained(world: World) -> None:
    git(world.add_remote(), "symbolic-ref", "HEAD", "refs/heads/nowhere")
    with pytest.raises(WorldError, match="origin has no default branch"):
        remote_tip(world.repository, ORIGIN)


def test_history_tells_which_commit_is_behind_which(world: World) -> None:
    second = world.commit("second")
    git(world.here, "checkout", "-q", "-b", "side", world.first)
    side = world.commit("side")
    repository = world.repository
    assert is_ancestor(repository, world.first, second)
    assert is_ancestor(repository, second, second)
    assert not is_ancestor(repository, second, world.first)
    assert not is_ancestor(repository, side, second)
    with pytest.raises(WorldError, match="is not in this repository"):
        is_ancestor(repository, "1" * 40, second)


def test_an_interrupt_ends_the_push_too(world: World) -> None:
    bare = world.add_remote()
    hook(world.here, "pre-push", f"touch {world.folder}/started; sleep 3; touch {world.folder}/ran")
    script = (
        "import sys; from pathlib import Path\n"
        "from modelspec.adapters import tags; from modelspec.adapters.git import *\n"
        "here = Repository.open(Path(sys.argv[1]))\n"
        "tags.publish(here, Remote('origin'), *sys.argv[2:4], b'x')\n"
    )
    process = subprocess.Popen(
        (sys.executable, "-c", script, str(world.here), REF, world.first),
        stderr=subprocess.DEVNULL,
    )
    with process:
        while not (world.folder / "started").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.wait(10)
    time.sleep(3.2)
    assert not (world.folder / "ran").exists()
    assert tags_of(bare) == tags_of(world.here) == {}
