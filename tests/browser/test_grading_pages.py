"""The pages of a grading in Chromium: they fit both widths, and every text can be read."""

from __future__ import annotations

from pathlib import Path

from lab_utils.grading.pages import write_pages
from tests.browser.tabs import DESKTOP, PHONE, Tabs
from tests.unit.grading.graded_class import whole_class

_UNREADABLE = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) =>
    0.2126 * light(r / 255) + 0.7152 * light(g / 255) + 0.0722 * light(b / 255);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const own = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("body, body *")].filter(own).map((element) => {
    const style = getComputedStyle(element);
    const text = parts(element.closest("svg") ? style.fill : style.color);
    const [dark, bright] = [luminance(text), luminance(behind(element))].sort((a, b) => a - b);
    return [(bright + 0.05) / (dark + 0.05), element.outerHTML.slice(0, 100)];
  }).filter(([ratio]) => ratio < 4.5);
}"""
"""Elements with text that has less contrast than WCAG's level AA wants."""


def test_the_pages_fit_a_desktop_and_a_phone_and_have_contrast(tabs: Tabs, tmp_path: Path) -> None:
    write_pages(whole_class(), tmp_path)
    for size in (DESKTOP, PHONE):
        tab = tabs.open((tmp_path / "index.html").as_uri(), size)
        hostile = [one.as_uri() for one in (tmp_path / "feedback").glob("*mallory*")]
        for url in [tab.page.url, (tmp_path / "feedback" / "left.out.html").as_uri(), *hostile]:
            tab.page.goto(url)
            assert tab.overflow_px() <= 0
            assert tab.page.evaluate(_UNREADABLE) == []
        tab.is_clean()


def test_the_class_page_is_walked_by_keyboard_and_leads_to_a_student(
    tabs: Tabs, tmp_path: Path
) -> None:
    write_pages(whole_class(), tmp_path)
    tab = tabs.open((tmp_path / "index.html").as_uri())
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to the points"
    tab.page.get_by_role("link", name="ada", exact=True).first.press("Enter")
    tab.page.get_by_role("heading", name="Feedback for ada").wait_for()
    tab.page.get_by_role("table", name="Points of each part").wait_for()
    tab.is_clean()
