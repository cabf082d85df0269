"""A table that nobody prepared becomes a release, without an edit.

`penguins_raw.csv` is how it was published: 344 penguins of the Palmer Archipelago, with `NA` for
what was not measured, dates, identifiers, a column that is the same everywhere, and remarks. By
Palmer Station Antarctica LTER and K. Gorman (2020), Environmental Data Initiative, below doi
10.6073/pasta: 98b16d7d563f265cb52372c8ca99e60f (Adelie), 7fca67fb28d56ee2ffa3d9370ebda689 (Gentoo),
c14dfcfada8ea13a17536e73eb6fbe9e (chinstrap), under CC0 1.0. As one table in the R package
palmerpenguins by A. Horst, A. Hill and K. Gorman, under CC0 1.0 too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.project import Project

DATA = Path(__file__).with_name("penguins_raw.csv")


@pytest.mark.slow
def test_a_table_as_it_was_published_applies_without_an_edit(
    tmp_path: Path, environment: dict[str, str], bases: Path
) -> None:
    project = Project(tmp_path, environment)
    project.git("init", "-q", "-b", "main")
    project.lay_bases(bases)
    project.write("nests/penguins.csv", DATA.read_bytes())
    said = project.run("init", "nests/penguins.csv")
    assert "Written to nests/model.yaml, with .modelspec.schema.json for editors." in said.output
    assert project.run("validate").output == "nests/model.yaml: ok\n"
    project.commit()
    assert ".modelspec.schema.json" in project.git("ls-files")
    assert "gate" in project.run("apply").rows
    assert project.tags() == ["penguins/v1.0.0"]
