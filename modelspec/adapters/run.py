"""Start an image that was built: in the engine if there is one, else as a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.adapters.running import Running

if TYPE_CHECKING:
    from modelspec.adapters.engine import Engine


@contextmanager
def run_image(
    folder: Path,
    tag: str,
    root: Path,
    engine: Engine | None,
    scratch: Path | None = None,
    memory: int = 0,
) -> Iterator[Running]:
    """The image, ready while the block runs and gone afterwards.

    Args:
        folder: that `image.build` wrote.
        tag: `name:tag` that it gets in the engine.
        root: of the repository, for an archive of the base.
        engine: None if there is none; the same layers then run as a process.
        scratch: where a process is unpacked.
        memory: MiB that a container is known to need, if that is much.

    Raises:
        WorldError: if it cannot be started, or does not become ready.
    """
    if engine is None:
        from modelspec.adapters import process

        with process.run(folder, scratch) as running:
            yield running
    else:
        from modelspec.adapters import container

        held = container.load(engine, folder, tag, root)
        with container.run(engine, held, max(memory, container.MEMORY)) as running:
            yield running
