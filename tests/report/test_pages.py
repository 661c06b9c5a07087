import base64
from html.parser import HTMLParser

import pytest

from landshift.report.texts.pages import write_page


class Reader(HTMLParser):
    """Collects the tags of a page with their attributes, and its text."""

    def __init__(self):
        super().__init__()
        self.tags, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def read(path):
    reader = Reader()
    reader.feed(path.read_text())
    return reader


def test_pictures_are_part_of_the_page_and_tables_are_tables(tmp_path):
    (tmp_path / "map.png").write_bytes(b"picture")
    text = "# Map\n\n![a map](map.png)\n\n| class | share |\n|---|---|\n| high | 20 % |\n"
    write_page(tmp_path / "page.html", text, title="A <map>", folder=tmp_path, pictures=["map.png"])
    page = read(tmp_path / "page.html")
    [picture] = [attrs for tag, attrs in page.tags if tag == "img"]
    kind, code = picture["src"].split(",")
    assert kind == "data:image/png;base64" and base64.b64decode(code) == b"picture"
    assert picture["alt"] == "a map"
    assert [tag for tag, _ in page.tags].count("td") == 2 and "A <map>" in page.words


def test_only_links_that_lead_somewhere_are_links(tmp_path):
    text = "[here](other.md), [there](https://example.org/a), [part](#part)"
    write_page(tmp_path / "page.html", text, title="links")
    links = [attrs for tag, attrs in read(tmp_path / "page.html").tags if tag == "a"]
    assert links == [{}, {"href": "https://example.org/a"}, {}]


@pytest.mark.attack
def test_html_is_shown_and_not_run(tmp_path):
    text = "<script>alert(1)</script>\n\nlicence <b>x</b> [y](javascript:alert(1))"
    write_page(tmp_path / "page.html", text, title="text")
    page = read(tmp_path / "page.html")
    assert not {"script", "b", "a"} & {tag for tag, _ in page.tags}
    assert "<script>alert(1)</script>" in "".join(page.words)


def test_a_page_allows_its_own_pictures_and_styles_alone(tmp_path):
    write_page(tmp_path / "page.html", "text", title='"><script>')
    [policy] = [
        attrs["content"] for _, attrs in read(tmp_path / "page.html").tags if "http-equiv" in attrs
    ]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_the_same_text_gives_the_same_bytes(tmp_path):
    for name in ("a.html", "b.html"):
        write_page(tmp_path / name, "text", title="same")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"map\.png"):
        write_page(
            tmp_path / "page.html", "![a](map.png)", title="none", folder=tmp_path,
            pictures=["map.png"],
        )  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize(
    "place", ["{folder}/secret.txt", "secret.txt", "file://{folder}/secret.txt"]
)
def test_a_picture_that_only_the_data_name_is_not_put_into_the_page(tmp_path, place):
    (tmp_path / "secret.txt").write_bytes(b"key of the user")
    text = f"- licence: ![its name]({place.format(folder=tmp_path)})"
    write_page(tmp_path / "page.html", text, title="data", folder=tmp_path, pictures=["map.png"])
    page = read(tmp_path / "page.html")
    assert "img" not in {tag for tag, _ in page.tags} and "its name" in "".join(page.words)
    assert base64.b64encode(b"key of the user").decode() not in (tmp_path / "page.html").read_text()


@pytest.mark.attack
@pytest.mark.parametrize("link", ["file:///etc/passwd", "ftp://example.org", "mailto:a@b.org"])
def test_links_to_anything_but_the_web_are_left_out(tmp_path, link):
    write_page(tmp_path / "page.html", f"[there]({link})", title="links")
    assert not any(attrs for tag, attrs in read(tmp_path / "page.html").tags if tag == "a")
