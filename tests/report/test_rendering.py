"""Values in templates: Markdown shows each as it is, wherever it stands."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from landshift.report.rendering import escape_markdown, fold, render_markdown

pytestmark = pytest.mark.attack

PLACES = {
    "paragraph": ("{}", {"p": 1}),
    "middle of a line": ("Learned in {}, and more", {"p": 1}),
    "heading": ("# {}", {"h1": 1}),
    "list": ("- {}: x\n- {}", {"ul": 1, "li": 2}),
    "cell": ("| a | b |\n|---|---|\n| {} | {} |", {"table": 1, "td": 2, "tr": 2}),
    "emphasis": ("**x {} x**", {"strong": 1}),
    "brackets": ("name [{}], other [x {} x]", {"p": 1}),
}
ATTACKS = [
    "![key](/home/user/.ssh/id_rsa)",
    "[link](javascript:alert(1))",
    "[a]: https://example.org",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "`code` *a* **b** _c_ __d__ ~~e~~ | cell",
    "first\n\n# heading\n\n- list",
    "- a", "+ a", "1. a", "12) a", "---", "===", "> a", "# a", "    code", "```", "~~~",
    "&lt;b&gt; &#33;", "a\\", "<https://example.org>", "tail_ _head in_word", "\x1b[31mred\x07",
]  # fmt: skip


class Reader(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.text = {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_data(self, data):
        self.text += data


def squeeze(text):
    """Leave out white space, which a browser shows as one space."""
    return re.sub(r"\s+", "", text)


def check(place, value):
    template, tags = PLACES[place]
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    page = Reader(markdown.render(template.replace("{}", escape_markdown(value))))
    expected = Reader(markdown.render(template.replace("{}", "QQ")))
    assert page.tags == expected.tags and tags.items() <= page.tags.items()
    assert squeeze(page.text) == squeeze(expected.text.replace("QQ", fold(value)))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", ATTACKS)
def test_attacks_are_shown_as_they_are(place, value):
    check(place, value)


@pytest.mark.parametrize("place", PLACES)
@given(value=st.text(st.sampled_from("ab1_*`[]()<>!|#&;~-+=.:\\/ \n\té\u2028"), min_size=1))
def test_any_text_is_shown_as_it_is(place, value):
    check(place, f"a{value}" if not fold(value).strip() else value)


def test_honest_names_need_no_marks():
    for value in ("plan_curvature", "1/m", "ln(m)", "MJ/cm2/a", "CC-BY-4.0", "+0.050", "-0.5"):
        assert escape_markdown(value) == value


def test_nothing_unseen_reaches_a_terminal_or_a_file():
    assert fold("a\x1b[31m\x9bb\u202ec\ud800\n") == "a [31m b c  "
    assert fold("  aligned") == "  aligned"


def test_a_value_that_is_missing_is_named():
    with pytest.raises(ValueError, match=r"texts/summary\.j2: 'study' is undefined"):
        render_markdown("texts/summary.j2", targets=[])
