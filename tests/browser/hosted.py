"""A slider in a page without a notebook: what travels between both goes straight to and from Python."""

import base64
import queue

from playwright.sync_api import Page

from lib.app.widgets import HERE, Slider

NAMES = ("controls", "result", "original", "before", "after", "region", "tiles", "close_up", "progress")

PAGE = """
async (code) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const plain = (value) => {
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    if ("bytes" in value) return bytes(value.bytes);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
  };
  const traits = {}, heard = {};
  const model = {
    get: (name) => traits[name],
    on: (event, act) => (heard[event] = act),
    off: (event) => delete heard[event],
    send: async (message, _, buffers = []) => {
      const sent = buffers.map((part) => btoa(String.fromCharCode(...new Uint8Array(part))));
      window.take(message, sent);
    },
  };
  const file = new Blob([code], { type: "text/javascript" });
  const { default: slider } = await import(URL.createObjectURL(file));
  const hear = async () => {
    for (const [name, value] of await window.news()) {
      if (name === "saved") { heard["msg:custom"](value[0], [bytes(value[1])]); continue; }
      traits[name] = plain(value);
      heard[`change:${name}`]?.();
    }
  };
  await hear();
  slider.render({ model, el: document.getElementById("slider") });
  setInterval(hear, 20);
}
"""


def _sendable(value: object) -> object:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name: _sendable(one) for name, one in value.items()}
    return [_sendable(one) for one in value] if isinstance(value, list) else value


def host(page: Page, slider: Slider) -> None:
    """Shows the slider on the page, as wide as that is."""
    news: queue.Queue[tuple[str, object]] = queue.Queue()
    for name in NAMES:
        news.put((name, _sendable(getattr(slider, name))))
    slider.observe(lambda change: news.put((change["name"], _sendable(change["new"]))), names=list(NAMES))
    slider.send = lambda message, buffers: news.put(
        ("saved", [message, base64.b64encode(buffers[0]).decode()])
    )

    def heard() -> list[tuple[str, object]]:
        return [news.get() for _ in range(news.qsize())]

    page.set_content(f"<style>{(HERE / 'slider.css').read_text()}</style><div id='slider'></div>")
    page.expose_function("news", heard)
    page.expose_function(
        "take", lambda message, sent: slider._take(message, [base64.b64decode(one) for one in sent])
    )
    page.evaluate(PAGE, (HERE / "slider.js").read_text())
    page.locator(".knobs img.after[src]").wait_for()
