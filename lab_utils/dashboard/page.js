// Writes what the page's process tells into the HTML, and only where it differs: what a reader has
// selected, scrolled to or is listening to stays.
window.labPage = (() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const WORDS = {
    waiting: "waiting", live: "live", lacking: "no readings", paused: "paused",
    gone: "endpoint gone", broken: "stopped", lost: "page's process gone",
  };
  let now = {};
  let heard = "";
  let isLost = false;

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // The same, with what stands between backticks as code.
  function writeWords(element, text) {
    if (element.dataset.text === text) return;
    element.dataset.text = text;
    element.replaceChildren(...text.split("`").map((part, place) => {
      if (place % 2 === 0) return part;
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }));
  }

  function mark(zone, place) {
    const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "mark");
    svg.setAttribute("width", "26");
    svg.setAttribute("height", "8");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    const at = {x1: 0, x2: 26, y1: 4, y2: 4, "stroke-width": 2.5};
    for (const [name, value] of Object.entries(at)) line.setAttribute(name, value);
    line.setAttribute("stroke-dasharray", dashes[place % dashes.length].join(" "));
    line.style.stroke = `var(--zone-${(zone - 1) % 6})`;
    svg.append(line);
    return svg;
  }

  function writeRow(row, cells, look) {
    while (row.cells.length < cells.length) row.insertCell().append(document.createElement("span"));
    while (row.cells.length > cells.length) row.deleteCell(-1);
    cells.forEach((text, place) => write(row.cells[place].querySelector("span"), text));
    const wanted = look ? look.join("/") : "";
    if ((row.dataset.look || "") !== wanted) {
      row.dataset.look = wanted;
      row.cells[0].querySelector("svg")?.remove();
      if (look) row.cells[0].prepend(mark(look[0], look[1]));
    }
  }

  function writePart(name, part) {
    const says = byId(`${name}-says`);
    const table = byId(`${name}-table`);
    writeWords(says, part.says);
    says.classList.toggle("lack", part.is_lacking);
    const body = table.tBodies[0];
    while (body.rows.length < part.rows.length) body.insertRow();
    while (body.rows.length > part.rows.length) body.deleteRow(-1);
    part.rows.forEach((cells, place) => writeRow(body.rows[place], cells, part.marks[place]));
    table.hidden = part.rows.length === 0;
    for (const drawn of says.parentElement.querySelectorAll(".figure, .key")) {
      drawn.classList.toggle("empty", part.is_lacking);
    }
  }

  function ago(moment) {
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(moment)) / 1000));
    if (seconds < 120) return `${seconds} s`;
    return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  }

  function clock(moment) {
    return new Date(moment).toLocaleTimeString("en-GB");
  }

  function notice() {
    const old = now.taken_at ? ` The data below are ${ago(now.taken_at)} old.` : "";
    if (isLost) {
      return `The page's process does not answer since ${clock(now.sent_at)}.${old} Start it again ` +
        "(`lab dashboard`, or `lab.dashboard()` in a notebook); the page then comes back by itself.";
    }
    if (now.status === "gone") {
      return `The endpoint is gone since ${clock(now.gone_since)} (${ago(now.gone_since)}).${old} ` +
        `${now.gone_why} The page comes back by itself.`;
    }
    if (now.status === "broken") return `The page's reader has failed.${old} See its process's output.`;
    if (now.status === "paused") return `Paused.${old}`;
    const late = now.taken_at && Date.now() - Date.parse(now.taken_at) > 1000 * (now.interval_s + 5);
    if (late) return `An answer is awaited for long.${old}`;
    return "";
  }

  function tick() {
    const text = notice();
    writeWords(byId("notice"), text);
    byId("notice").hidden = text === "";
    const status = isLost ? "lost" : now.status || "waiting";
    byId("badge").dataset.status = status;
    write(byId("status"), WORDS[status]);
    byId("data").classList.toggle("old", ["gone", "lost", "broken"].includes(status));
    const news = [WORDS[status], now.switches].filter(Boolean).join("; ");
    if (news !== heard) {
      heard = news;
      write(byId("live"), news);
    }
  }

  function show(content) {
    now = content;
    if (now.lab_time) {
      write(byId("lab-time"), `lab time ${now.lab_time} UTC`);
      write(byId("speed"), now.speed === 1 ? "" : `(${now.speed} × real time)`);
      write(byId("took"), `The last look took ${now.took_ms} ms.`);
    }
    remember(now.choice);
    for (const [name, part] of Object.entries(now.parts || {})) writePart(name, part);
    byId("data").dataset.looks = now.looks;
    tick();
  }

  // The address holds what was chosen, for a reader who loads the page again or sends it on.
  function remember(choice) {
    const wanted = `?zone=${choice.zone}&window=${choice.window}`;
    if (window.location.search !== wanted) window.history.replaceState(null, "", wanted);
  }

  function lose() {
    isLost = true;
    tick();
    const timer = window.setInterval(async () => {
      const answer = await fetch(window.location.href, {cache: "no-store"}).catch(() => null);
      if (answer?.ok) {
        window.clearInterval(timer);
        window.location.reload();
      }
    }, 2000);
  }

  // Bokeh lets the keyboard into its canvas, where there is nothing to do: the tables tell it.
  function passOver(root) {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) passOver(element.shadowRoot);
      if (element.matches(".bk-events[tabindex]")) element.tabIndex = -1;
    }
  }

  function attach(texts, reader) {
    for (const figure of document.querySelectorAll(".figure")) passOver(figure);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const tell = () => {
      reader.data = {is_dark: [dark.matches], is_hidden: [document.hidden]};
    };
    dark.addEventListener("change", tell);
    document.addEventListener("visibilitychange", tell);
    if (dark.matches || document.hidden) tell();
    const read = () => show(JSON.parse(texts.data.json[0]));
    texts.properties.data.change.connect(read);
    read();
    texts.document.on_event("connection_lost", lose);
    window.setInterval(tick, 1000);
  }

  return {attach};
})();
