"""Open a page in headless Chromium, do what is asked, and print what was seen as JSON.

Runs in the environment of the browser's driver, apart from the tests themselves:
`python browse.py PAGE.html SCREENSHOT.png [SELECTOR] < steps.json`. The page is open when SELECTOR,
by default the viewer's mark of a map on show, is there. A step is `{"click": [x, y]}`, as shares
of the map's width and height, `{"focus": selector}`, `{"press": key}`, `{"check": selector}`,
`{"select": target}`, `{"open": text}` of a link, `{"tap": selector}` or `{"resize": [width,
height]}`; after each, what is shown is noted, and at the end the title of the page.
"""

import json
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 860}
LEGEND_PX = "document.querySelector('#legend-title')?.offsetHeight"
STRENGTH = """(() => {
  const colours = document.querySelector('#ramp, #legend .swatch');
  return colours && Number(getComputedStyle(colours).opacity);
})()"""


def main(page_file, screenshot, ready="body[data-shown]"):
    steps = json.load(sys.stdin)
    seen = {"problems": [], "requests": [], "notes": []}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE)
        page.on("console", lambda message: note_message(seen, message))
        page.on("pageerror", lambda error: seen["problems"].append(str(error)))
        page.on("request", lambda request: note_request(seen, request))
        start = time.perf_counter()
        page.goto(Path(page_file).resolve().as_uri())
        page.wait_for_selector(ready, timeout=60000)
        seen["seconds_to_open"] = round(time.perf_counter() - start, 2)
        for step in steps:
            take(page, step)
            seen["notes"].append(read(page))
        seen["title"] = page.title()
        page.screenshot(path=screenshot)
        browser.close()
    print(json.dumps(seen))


def note_message(seen, message):
    if message.type in ("error", "warning"):
        seen["problems"].append(message.text)


def note_request(seen, request):
    if not request.url.startswith(("file:", "data:", "blob:")):
        seen["requests"].append(request.url)


def take(page, step):
    [(action, value)] = step.items()
    if action == "click":
        box = page.locator("#map").bounding_box()
        page.mouse.click(box["x"] + value[0] * box["width"], box["y"] + value[1] * box["height"])
        page.wait_for_selector("#values td")
    elif action == "focus":
        page.focus(value)
    elif action == "press":
        page.keyboard.press(value)
    elif action == "check":
        page.check(value)
    elif action == "select":
        page.select_option("#place", label=value)
    elif action == "open":
        page.get_by_text(value, exact=True).first.click()
    elif action == "tap":
        page.locator(value).first.click()
    elif action == "resize":
        page.set_viewport_size(dict(zip(("width", "height"), value, strict=True)))
    page.wait_for_timeout(400)


def read(page):
    cells = page.locator("#values td").all()
    return {
        "shown": page.evaluate("document.body.dataset.shown"),
        "focus": page.evaluate("document.activeElement.id"),
        "checked": page.evaluate("document.querySelector('[name=layer]:checked')?.value"),
        "values": {cell.get_attribute("data-kind"): cell.inner_text() for cell in cells},
        "text": page.evaluate("document.querySelector('#values')?.innerText"),
        "frames": [frame.inner_text("body") for frame in page.frames[1:]],
        "legend": page.evaluate("document.querySelector('#legend-title')?.innerText"),
        "legend_px": page.evaluate(LEGEND_PX),
        "strength": page.evaluate(STRENGTH),
        "width": page.evaluate("document.documentElement.scrollWidth"),
        "drawings": page.locator(".marks").count(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
