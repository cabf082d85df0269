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
from modelspec.adapters.git_remote import remote_tip
from modelspec.adapters.tags import create_local, fetch_tags, publish
from modelspec.diagnostics import Conflict, WorldError
from tests.adapters.git_world import REF, World, git, hook, refs, tags_of, text

ORIGIN = Remote("origin")


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
    publish(linked, ORIGIN, REF, linked.head().oid, text())
    shallow = world.clone("shallow", "--depth=1")
    publish(shallow, ORIGIN, "refs/tags/churn/v1.0.1", shallow.head().oid, text("1.0.1"))
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
    with pytest.raises(Conflict, match=r"origin has another release under churn/v1.0.0"):
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
    with pytest.raises(WorldError, match=r"did not take the tag.*not on a Friday"):
        publish(world.repository, ORIGIN, REF, world.first, text())
    assert tags_of(world.here) == tags_of(bare) == {}
    hook(world.here, "pre-push", f"touch {world.folder}/ran")
    publish(world.repository, ORIGIN, REF, world.first, text())
    assert (world.folder / "ran").exists()


def test_a_hook_that_hangs_is_ended_in_time(world: World) -> None:
    bare = world.add_remote()
    hook(world.here, "pre-push", f"sleep 60; touch {world.folder}/ran")
    start = time.monotonic()
    with pytest.raises(WorldError, match=r"did not take the tag.*no answer within 0.5 s"):
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
    with pytest.raises(WorldError, match=r"not known.*does not appear to be a git repository"):
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

    def do_GET(self) -> None:
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
