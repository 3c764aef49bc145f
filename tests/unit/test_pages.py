"""The pages of executed notebooks: figures have their descriptions, parameters stand there once."""

from __future__ import annotations

import nbformat
import pytest

from lab_utils.pages import _readable
from lab_utils.pictures import draw_pictures


def test_an_exported_page_describes_a_figure_that_has_a_description() -> None:
    about = {"image/png": {"alt": 'A "warm" house', "width": 900, "height": 500}}
    data = {"image/png": "QQ==", "text/plain": "x"}
    output = nbformat.v4.new_output("display_data", data=data, metadata=about)
    plain = nbformat.v4.new_output("display_data", data=data)
    cell = nbformat.v4.new_code_cell("run()", outputs=[output, plain])
    draw_pictures(nbformat.v4.new_notebook(cells=[cell]))
    first, second = cell.outputs
    assert 'alt="A &quot;warm&quot; house" width="900"' in first.data["text/html"]
    assert "image/png" not in first.data
    assert second.data == data


def test_a_figure_takes_the_words_of_the_text_after_it_unless_it_has_its_own() -> None:
    def figure(**about: str) -> nbformat.NotebookNode:
        data, metadata = {"image/png": "QQ=="}, {"image/png": about} if about else {}
        output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
        return nbformat.v4.new_code_cell("plot()", outputs=[output])

    words = "*In words: two lines,\nwarm.* Which one is yours?"
    first, second = (nbformat.v4.new_markdown_cell(words) for _ in range(2))
    plain, own, last = figure(), figure(alt="mine"), figure()
    draw_pictures(nbformat.v4.new_notebook(cells=[plain, first, own, second, last]))
    assert 'alt="two lines,\nwarm."' in plain.outputs[0].data["text/html"]
    assert 'alt="mine"' in own.outputs[0].data["text/html"]
    assert last.outputs[0].data == {"image/png": "QQ=="}


@pytest.mark.parametrize(
    ("injected", "is_shown"),
    [
        ('target = "local"\nspeed = 60', False),
        ("speed = 60", False),
        ('target = "local"\nspeed = 120', True),
        ("other = 60", True),
    ],
)
def test_parameters_that_were_given_stand_there_only_if_they_differ(
    injected: str, is_shown: bool
) -> None:
    own = nbformat.v4.new_code_cell("target = 'local'  # or aws\nspeed = 60  # fast\nminutes = 1")
    own.metadata["tags"] = ["parameters"]
    given = nbformat.v4.new_code_cell(f"# Parameters\n{injected}\n")
    given.metadata["tags"] = ["injected-parameters"]
    page = _readable(nbformat.v4.new_notebook(cells=[own, given]))
    assert (len(page.cells) == 2) is is_shown
