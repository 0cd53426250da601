// The face of the slider: builds the controls once, sends what the user does, shows the answers.
//
// Every action carries a serial number, and `controls` the last one that Python has taken: older
// controls than the user's last move are ignored, so that no thumb jumps back under a finger.

const CHUNK = 2 ** 20;
const keys = new WeakMap(); // what an element does with a key

const PAGE = `
  <div class="knobs-bar">
    <label class="networks">Network <select class="network"></select></label>
    <label>Image <select class="picture"></select></label>
    <button type="button" class="open">Open your own…</button>
    <input type="file" class="file" accept="image/*" aria-label="Your own image" hidden>
    <label class="knobs-check"><input type="checkbox" class="degrade"> degrade the image
      <span class="knobs-hint untick"></span></label>
  </div>
  <div class="knobs-rows"></div>
  <p class="knobs-note" role="status" aria-live="polite"></p>
  <figure class="knobs-view">
    <img class="after" alt="Restored image" draggable="false">
    <img class="region" alt="" draggable="false" hidden>
    <img class="before" alt="Image before restoration" draggable="false">
    <span class="knobs-tag left"></span><span class="knobs-tag right"></span>
    <div class="knobs-divider" role="slider" tabindex="0" aria-valuemin="0" aria-valuemax="100"
      aria-label="Divider between before and after"><span aria-hidden="true">‹ ›</span></div>
  </figure>
  <div class="knobs-bar">
    <label>Left of the divider <select class="left-picture">
      <option value="before">degraded</option><option value="original">original</option>
    </select></label>
    <button type="button" class="download">Download PNG</button>
    <button type="button" class="sheet" title="This part of the image at several positions of each knob">Contact sheet</button>
    <button type="button" class="rivals" title="This part of the image by every network for it">All networks</button>
    <label>Zoom <select class="zoom">
      <option value="0">whole image</option><option value="1">100 %</option><option value="3">300 %</option>
    </select></label>
  </div>
  <div class="knobs-lens" role="application" tabindex="0" hidden
    aria-label="Part of the image, before and after; the arrow keys move it">
    <div class="lens-left"></div><div class="lens-right"></div></div>
  <div class="knobs-busy"><progress aria-label="Restored so far" max="1"></progress>
    <button type="button" class="cancel">Cancel</button></div>
  <p class="knobs-did"></p>
  <div class="knobs-tiles"></div>
  <details class="knobs-command"><summary>The same on the command line</summary><code></code></details>`;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "knobs";
  root.innerHTML = PAGE;
  el.append(root);
  const find = (name) => root.querySelector(name);
  const [picture, file, degrade, view, divider, left] = [
    ".picture", ".file", ".degrade", ".knobs-view", ".knobs-divider", ".left-picture",
  ].map(find);

  let sent = model.get("controls").serial; // the newest action of which this page knows
  function send(does, needs = {}, moving = false, buffers = []) {
    sent += 1;
    root.setAttribute("aria-busy", "true");
    model.send({ do: does, with: needs, moving, serial: sent }, undefined, buffers);
  }

  // Keys are taken before a notebook around this takes them for its own.
  function onKey(event) {
    if (!root.contains(event.target)) return;
    event.stopPropagation();
    keys.get(event.target)?.(event);
  }
  window.addEventListener("keydown", onKey, true);

  // Controls.

  const network = find(".network");
  network.addEventListener("change", () => send("use", { title: network.value }));
  find(".networks").hidden = model.get("controls").networks.length < 2;
  network.replaceChildren(...model.get("controls").networks.map((title) => new Option(title, title)));

  // The rows of one network; another has its own.
  let rows = {};
  function build(now) {
    find(".knobs-rows").replaceChildren();
    const line = () => find(".knobs-rows").appendChild(document.createElement("div"));
    const levels = [now.level, ...now.further].map((level) => {
      const to = (value, moving) => send("level", { name: level.name, value }, moving);
      return row(line(), { name: level.label }, level, to);
    });
    const seed = now.seeded && seedOf(levels.at(-1).line, (seed) => send("seed", { seed }));
    const auto = document.createElement("button");
    Object.assign(auto, { type: "button", className: "auto", textContent: "Auto" });
    auto.addEventListener("click", () => send("auto"));
    const knobs = now.knobs.map((knob) => {
      const to = (value, moving) => send("knob", { name: knob.name, value }, moving);
      const words = { ...knob.effect, symbol: knob.name, meaning: knob.meaning };
      return row(line(), words, { ...knob, step: 0.01 }, to);
    });
    if (knobs.length) knobs[0].line.append(auto);
    const places = now.pad.map((name) => now.knobs.findIndex((knob) => knob.name === name));
    const pad = places.length && padOf(line(), places.map((i) => now.knobs[i]), (values, moving) => {
      values.forEach((value, i) => knobs[places[i]].set(value));
      const named = Object.fromEntries(now.pad.map((name, i) => [name, values[i]]));
      send("knobs", { values: named }, moving);
    });
    const blend = row(line(), BLEND, { low: 0, high: 1, step: 0.01 }, (share, moving) => {
      send("blend", { share }, moving);
    });
    const latent = now.latents.length && latentOf(line(), line(), now, send);
    rows = { network: now.network, levels, seed, auto, knobs, pad, blend, latent };
  }

  picture.addEventListener("change", () => send("choose", { name: picture.value }));
  degrade.addEventListener("change", () => send("degrade", { degrading: degrade.checked }));
  left.addEventListener("change", () => showLeft());
  find(".download").addEventListener("click", () => send("download"));
  find(".open").addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    if (file.files.length) upload(file.files[0]);
    file.value = "";
  });
  view.addEventListener("dragover", (event) => event.preventDefault());
  view.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) upload(event.dataTransfer.files[0]);
  });

  async function upload(chosen) {
    const { name, size } = chosen;
    if (size > model.get("controls").max_bytes) return send("refuse", { name, size });
    const data = await chosen.arrayBuffer();
    const parts = Math.max(1, Math.ceil(size / CHUNK));
    for (let part = 0; part < parts; part++) {
      send("upload", { name, part, parts }, false, [data.slice(part * CHUNK, (part + 1) * CHUNK)]);
    }
  }

  function showControls() {
    const now = model.get("controls");
    if (now.serial < sent) return;
    sent = now.serial;
    if (rows.network !== now.network) build(now);
    network.value = now.network;
    const names = new Set([...now.pictures, now.picture]);
    picture.replaceChildren(...[...names].map((name) => new Option(name, name)));
    picture.value = now.picture;
    degrade.checked = now.degrading;
    find(".untick").textContent = `(${now.untick})`;
    if (rows.seed) rows.seed.set(now.seed, now.degrading);
    [now.level, ...now.further].forEach((level, i) => {
      rows.levels[i].set(level.value);
      rows.levels[i].enable(level.active);
    });
    now.knobs.forEach((knob, i) => rows.knobs[i].set(knob.value));
    rows.blend.set(now.blend);
    if (rows.pad) rows.pad.set(now.pad.map((name) => now.knobs.find((knob) => knob.name === name).value));
    if (rows.latent) rows.latent.set(now);
    rows.auto.disabled = !now.auto;
    const [level, knob, it] = rows.pad ? ["levels", "knobs", "them"] : ["level", "knob", "it"];
    const found = now.estimated ? `Estimate the ${level} and set` : "Set";
    rows.auto.title = now.auto ? `${found} the ${knob} for ${it}` : "How to set this network was not measured";
    view.style.setProperty("--shape", now.width / now.height);
    left.querySelector("[value=original]").disabled = !now.degrading;
    if (!now.degrading) left.value = "before";
    left.querySelector("[value=before]").textContent = now.before;
    showLeft();
  }

  // The picture and its divider.

  const showBefore = screen(find("img.before"));
  const showAfter = screen(find("img.after"));
  const showRegion = screen(find("img.region"));

  function showLeft() {
    showBefore(model.get(left.value)).then(showLens);
    showTags();
  }

  function showTags() {
    const { before_db, after_db, whole } = model.get("result");
    const where = whole ? "" : " in the region";
    const name = left.selectedOptions[0].textContent;
    tag(".left", name, left.value === "before" && before_db && before_db + where);
    tag(".right", "restored", after_db && after_db + where);
    divider.setAttribute("aria-valuetext", `${Math.round(at)} percent ${name}`);
  }

  function tag(which, name, decibels) {
    find(`.knobs-tag${which}`).textContent = decibels ? `${name}  ${decibels}` : name;
  }

  let at = 50;
  function moveTo(percent) {
    at = Math.min(100, Math.max(0, percent));
    view.style.setProperty("--at", `${at}%`);
    divider.setAttribute("aria-valuenow", Math.round(at));
    find(".knobs-tag.left").style.opacity = at < 15 ? 0 : 1;
    find(".knobs-tag.right").style.opacity = at > 85 ? 0 : 1;
    showTags();
  }

  const inside = (share) => Math.min(1, Math.max(0, share));
  const across = (event) => {
    const box = view.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(inside);
  };
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    view.setPointerCapture(event.pointerId);
    moveTo(100 * across(event)[0]);
    divider.focus({ preventScroll: true });
    event.preventDefault();
  });
  view.addEventListener("pointermove", (event) => {
    if (view.hasPointerCapture(event.pointerId)) moveTo(100 * across(event)[0]);
  });
  view.addEventListener("pointerup", (event) => {
    const [x, y] = rested = across(event);
    model.send({ do: "look", with: { x, y } });
  });
  keys.set(divider, (event) => {
    const step = event.shiftKey ? 10 : 1;
    const to = {
      ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step,
      PageDown: at - 10, PageUp: at + 10, Home: 0, End: 100,
    }[event.key];
    if (to === undefined) return;
    moveTo(to);
    event.preventDefault();
  });

  // The zoom: the same pictures, larger, around the pointer; before on its left, after on its right.
  // Of a picture that was sent smaller than it is, a part follows pixel by pixel where the pointer rests.

  const [lens, zoom] = [".knobs-lens", ".zoom"].map(find);
  let point = [0.5, 0.5];
  let rested = point; // where the pointer stayed, or clicked
  let close = {}; // that part: its box in pixels, and an address for each side
  function showLens() {
    const scale = +zoom.value / devicePixelRatio; // lengths on the page for one pixel of the picture
    lens.hidden = !scale;
    if (lens.hidden) return;
    const { width, height } = model.get("controls");
    const size = [lens.clientWidth / 2, lens.clientHeight];
    const at = [point[0] * width, point[1] * height];
    const sides = [[close.left, close.width, width], [close.top, close.height, height]];
    const near = sides.every(([start, length, all], i) => {
      const half = size[i] / 2 / scale;
      return Math.max(0, at[i] - half) >= start && Math.min(all, at[i] + half) <= start + length;
    });
    const whole = { left: 0, top: 0, width, height };
    const shown = near ? close : whole;
    for (const [side, name, img] of [["left", left.value, "before"], ["right", "after", "after"]]) {
      const part = find(`.lens-${side}`).style;
      part.backgroundImage = `url(${near ? close[name] : find(`img.${img}`).src})`;
      part.backgroundSize = `${scale * shown.width}px ${scale * shown.height}px`;
      const [x, y] = [size[0] / 2 - scale * (at[0] - shown.left), size[1] / 2 - scale * (at[1] - shown.top)];
      part.backgroundPosition = `${x}px ${y}px`;
    }
  }
  let resting;
  function movePoint(x, y) {
    point = [x, y].map(inside);
    showLens();
    clearTimeout(resting);
    resting = setTimeout(askForLens, 120);
  }
  function askForLens() {
    if (zoom.value === "0") return;
    rested = point;
    tellLens();
  }
  function tellLens() {
    const [x, y] = rested;
    model.send({ do: "magnify", with: { on: zoom.value !== "0", x, y } });
  }
  const CLOSE = ["original", "before", "after"];
  function forgetCloseUp() {
    CLOSE.filter((name) => close[name]).forEach((name) => URL.revokeObjectURL(close[name]));
    close = {};
  }
  function showCloseUp() {
    forgetCloseUp();
    const { left, top, width, height, ...images } = model.get("close_up");
    close = { left, top, width, height };
    for (const name of CLOSE.filter((name) => images[name])) {
      close[name] = URL.createObjectURL(new Blob([images[name]], { type: "image/png" }));
    }
    showLens();
  }
  zoom.addEventListener("change", () => {
    point = rested;
    showLens();
    tellLens();
  });
  view.addEventListener("pointermove", (event) => movePoint(...across(event)));
  view.addEventListener("pointerleave", () => { // on the way to a button
    clearTimeout(resting);
    point = rested;
    showLens();
  });
  keys.set(lens, (event) => {
    const { width, height } = model.get("controls");
    const step = event.shiftKey ? 50 : 5; // pixels
    const [right, down] = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    }[event.key] ?? [];
    if (right === undefined) return;
    movePoint(point[0] + (step * right) / width, point[1] + (step * down) / height);
    event.preventDefault();
  });

  function showTiles() {
    find(".knobs-tiles").replaceChildren(...model.get("tiles").map(({ text, image, network, knobs, here }) => {
      const [figure, img, caption] = ["figure", "img", "figcaption"].map((tag) => document.createElement(tag));
      const button = document.createElement("button");
      Object.assign(button, { type: "button", disabled: !network, title: network && "Set the slider so" });
      if (here) figure.setAttribute("aria-current", "true");
      button.addEventListener("click", () => {
        if (network !== model.get("controls").network) send("use", { title: network });
        send("knobs", { values: knobs });
        find(".knobs-tiles [aria-current]")?.removeAttribute("aria-current");
        figure.setAttribute("aria-current", "true");
      });
      Object.assign(img, { src: URL.createObjectURL(new Blob([image], { type: "image/png" })), alt: text });
      img.addEventListener("load", () => URL.revokeObjectURL(img.src), { once: true });
      caption.textContent = text;
      button.append(img);
      figure.append(button, caption);
      return figure;
    }));
  }
  find(".sheet").addEventListener("click", () => send("sheet"));
  find(".rivals").addEventListener("click", () => send("networks"));

  find(".cancel").addEventListener("click", () => model.send({ do: "cancel" }));
  const showProgress = () => (find("progress").value = model.get("progress"));

  async function showResult() {
    const { serial, box, whole, failed, did, note, command } = model.get("result");
    find(".knobs-command code").textContent = command;
    find(".knobs-did").textContent = whole || failed ? did : `${did}, the rest follows`;
    if (failed && serial >= sent) root.removeAttribute("aria-busy");
    if (find(".knobs-note").textContent !== note) find(".knobs-note").textContent = note;
    showTags();
    const region = find("img.region");
    if (whole) {
      const images = [showAfter(model.get("after")), showBefore(model.get(left.value))];
      if ((await Promise.all(images)).includes(false)) return;
      region.hidden = true;
      showLens();
      if (serial >= sent) root.removeAttribute("aria-busy");
    } else {
      if (!(await showRegion(model.get("region")))) return;
      ["left", "top", "width", "height"].forEach((side, i) => {
        region.style[side] = `${100 * box[i]}%`;
      });
      region.hidden = false;
    }
  }

  function save(message, buffers) {
    if (message.do !== "save") return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
    link.download = message.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  const changes = [
    ["change:controls", showControls],
    ["change:result", showResult],
    ["change:before", showLeft],
    ["change:original", showLeft],
    ["change:tiles", showTiles],
    ["change:close_up", showCloseUp],
    ["change:progress", showProgress],
    ["msg:custom", save],
  ];
  changes.forEach(([event, act]) => model.on(event, act));
  showControls();
  moveTo(50);
  showResult();
  return () => {
    changes.forEach(([event, act]) => model.off(event, act));
    window.removeEventListener("keydown", onKey, true);
    clearTimeout(resting);
    forgetCloseUp();
  };
}

const BLEND = { name: "Restored share", low: "image before", high: "restored", symbol: "blend" };

// A label, a range and a number that stay together; `set` moves both without sending.
function row(line, words, limits, send) {
  line.className = "knobs-row";
  const decimals = Math.max(0, Math.round(-Math.log10(limits.step)));
  const name = words.symbol ? `${words.name} (${words.symbol})` : words.name;
  const span = (className, textContent) => {
    return Object.assign(document.createElement("span"), { className, textContent });
  };
  const range = document.createElement("input");
  Object.assign(range, { type: "range", step: limits.step, min: limits.low, max: limits.high });
  range.setAttribute("aria-label", name);
  range.title = words.meaning ?? "";
  const label = span("knobs-label", words.name);
  if (words.symbol) label.append(" ", span("knobs-symbol", words.symbol));
  let held = false; // while it is, the range is the user's alone
  let moving = false; // an input that no rest has followed
  let at = limits.low;
  const number = numberOf(`${name}, as a number`, limits.step, () => at, (value) => {
    set(value);
    send(value, false);
  });
  function set(value) {
    if (held) return;
    at = value;
    range.min = Math.min(limits.low, at); // as far as it was set beyond its ends
    range.max = Math.max(limits.high, at);
    range.value = at;
    number.value = at.toFixed(decimals);
  }
  function rest() {
    if (moving) send(at, false);
    held = moving = false;
  }
  range.addEventListener("pointerdown", () => (held = true));
  range.addEventListener("input", () => {
    moving = true;
    at = +range.value;
    number.value = at.toFixed(decimals);
    send(at, true);
  });
  // A browser sends no "change" for a drag that ends where it began.
  for (const end of ["change", "pointerup", "pointercancel", "blur"]) {
    range.addEventListener(end, rest);
  }
  line.append(label, range, number);
  if (words.low) {
    const ends = span("knobs-ends knobs-hint", "");
    ends.title = words.meaning ?? "";
    ends.append(span("", words.low), span("", words.high));
    line.append(ends);
  }
  return { line, set, enable: (on) => [range, number].forEach((input) => (input.disabled = !on)) };
}

// A field for a number, with a comma or a point; what is none is put back to what stands.
function numberOf(name, step, standing, act) {
  const input = document.createElement("input");
  Object.assign(input, { type: "text", inputMode: "decimal", className: "number" });
  input.setAttribute("role", "spinbutton");
  input.setAttribute("aria-label", name);
  const decimals = Math.max(0, Math.round(-Math.log10(step)));
  let edited = false;
  const enter = () => {
    if (!edited) return;
    edited = false;
    const typed = input.value.trim().replace(",", ".");
    const value = typed === "" ? NaN : Number(typed);
    if (Number.isFinite(value)) act(value);
    else input.value = standing().toFixed(decimals);
  };
  input.addEventListener("input", () => (edited = true));
  input.addEventListener("change", enter);
  keys.set(input, (event) => {
    const by = { ArrowUp: step, ArrowDown: -step }[event.key];
    if (event.key === "Enter") enter();
    if (by === undefined) return;
    act(Number((standing() + by).toFixed(decimals)));
    event.preventDefault();
  });
  return input;
}

// Two knobs as one point on a square, to the right and upwards; `set` moves it without sending.
function padOf(line, [across, up], act) {
  line.className = "knobs-row knobs-pad-row";
  const [label, pad, dot, hint] = ["span", "div", "span", "span"].map((tag) => document.createElement(tag));
  Object.assign(label, { className: "knobs-label", textContent: `${across.name} and ${up.name}` });
  Object.assign(pad, { className: "knobs-pad", tabIndex: 0 });
  Object.assign(hint, {
    className: "knobs-hint",
    textContent: `${across.name} to the right, ${up.name} upwards: drag, or use the arrow keys (Shift: further)`,
  });
  dot.className = "knobs-dot";
  pad.append(dot);
  line.append(label, pad, hint);
  const attributes = {
    role: "slider",
    "aria-roledescription": "two-dimensional slider",
    "aria-label": `${across.name} (left and right) and ${up.name} (up and down)`,
    "aria-valuemin": across.low,
    "aria-valuemax": across.high,
  };
  Object.entries(attributes).forEach(([name, value]) => pad.setAttribute(name, value));
  const within = (value, { low, high }) => Math.min(high, Math.max(low, value));
  const share = (value, knob) => (within(value, knob) - knob.low) / (knob.high - knob.low);
  let at = [across.value, up.value];
  let held = false; // while it is, the point is the user's alone
  function show() {
    pad.style.setProperty("--x", share(at[0], across));
    pad.style.setProperty("--y", share(at[1], up));
    const [x, y] = at.map((value) => value.toFixed(2));
    pad.setAttribute("aria-valuenow", x);
    pad.setAttribute("aria-valuetext", `${across.name} ${x}, ${up.name} ${y}`);
  }
  function put(x, y, moving) {
    at = [within(x, across), within(y, up)].map((value) => Math.round(100 * value) / 100);
    show();
    act(at, moving);
  }
  function under(event) {
    const box = pad.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (box.bottom - event.clientY) / box.height];
    return [across.low + x * (across.high - across.low), up.low + y * (up.high - up.low)];
  }
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pad.setPointerCapture(event.pointerId);
    held = true;
    put(...under(event), true);
    pad.focus({ preventScroll: true });
    event.preventDefault();
  });
  pad.addEventListener("pointermove", (event) => held && put(...under(event), true));
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => {
      if (held) put(...at, false);
      held = false;
    });
  }
  keys.set(pad, (event) => {
    const [x, y] = at;
    const step = event.shiftKey ? 0.1 : 0.01;
    const to = {
      ArrowLeft: [x - step, y], ArrowRight: [x + step, y], ArrowDown: [x, y - step], ArrowUp: [x, y + step],
      PageDown: [x, y - 0.1], PageUp: [x, y + 0.1], Home: [across.low, up.low], End: [across.high, up.high],
    }[event.key];
    if (to === undefined) return;
    put(...to, false);
    event.preventDefault();
  });
  show();
  return {
    set(values) {
      if (held) return;
      at = values;
      show();
    },
  };
}

// Of which picture the restorer is told how degraded it is, and how degraded that one is.
function latentOf(line, below, now, send) {
  line.className = "knobs-row knobs-latent-row";
  const [label, of, hint] = ["span", "select", "span"].map((tag) => document.createElement(tag));
  Object.assign(label, { className: "knobs-label", textContent: "Damage as seen in" });
  Object.assign(hint, { className: "knobs-hint", textContent: "the image from which it learns what to remove" });
  of.setAttribute("aria-label", "Damage as seen in (latent)");
  of.className = "latent";
  of.append(...now.latents.map((name) => new Option(name, name)));
  line.append(label, of, hint);
  const name = `${now.level.label} there`;
  let there = now.latent_level;
  const level = row(below, { name }, now.level, (value, moving) => {
    there = value;
    send("latent", { of: of.value, level: value }, moving);
  });
  of.addEventListener("change", () => send("latent", { of: of.value, level: there }));
  return {
    set({ latents, latent_of, latent_level, level: { low, high } }) {
      of.value = latent_of;
      there = latent_level;
      level.set(latent_level);
      level.enable(latent_of !== latents[0] && low < high);
    },
  };
}

// A field for the seed of what is random in the degradation, at the end of a row.
function seedOf(line, act) {
  const label = document.createElement("label");
  let standing = 0;
  const seed = numberOf("seed", 1, () => standing, (value) => act(Math.max(0, Math.round(value))));
  label.title = "Another seed draws other noise";
  label.append("seed", seed);
  line.append(label);
  return {
    set(value, active) {
      standing = value;
      Object.assign(seed, { value, disabled: !active });
    },
  };
}

// Shows bytes in an <img> only once decoded, so that nothing flickers; the newest bytes win.
// What it returns resolves to whether these bytes are shown.
function screen(img) {
  let newest;
  let shown;
  async function load(bytes) {
    const url = URL.createObjectURL(new Blob([bytes]));
    const next = new Image();
    next.src = url;
    await next.decode();
    if (bytes !== newest) {
      URL.revokeObjectURL(url);
      return false;
    }
    const old = img.src;
    img.src = url;
    if (old) setTimeout(() => URL.revokeObjectURL(old), 1000);
    return true;
  }
  return (bytes) => {
    if (bytes !== newest) {
      newest = bytes;
      shown = load(bytes);
    }
    return shown;
  };
}

export default { render };
