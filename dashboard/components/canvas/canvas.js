// The graph view: draws what the server sends, and tells it what the user does.
//
// The server owns what is shown, selected, hidden and pinned; this page owns where things are.

import { CROWD, LAYOUTS, PADDING, placeNew, runLayout } from "./layouts.js";
import { ready, setHeight, setValue } from "./streamlit.js";
import { sizeOf, stylesheet } from "./style.js";

const SMALL = 500; // pixels across
const DOUBLE_CLICK_MS = 350;
const EDGE_LABELS_UP_TO = 80;
const ICONS = {
  expand: "M12 5v14M5 12h14",
  hide: "M3 3l18 18M10 5a9 9 0 0 1 11 7 12 12 0 0 1-3 4M6 7a12 12 0 0 0-3 5c2 5 8 8 13 5",
  pin: "M9 3h6l-1 7 4 4H6l4-4zM12 14v7",
  zoomIn: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14M11 8v6M8 11h6M16 16l5 5",
  zoomOut: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 11h6M16 16l5 5",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  png: "M12 4v11M7 11l5 5 5-5M4 20h16",
  full: "M9 9L4 4m0 5V4h5M15 9l5-5m0 5V4h-5M9 15l-5 5m0-5v5h5M15 15l5 5m0-5v5h-5",
};

const $ = (id) => document.getElementById(id);
let args = null;
let colors = {};
let cy = null;
let count = 0;
let told = null; // the last event; what the app draws before it has heard of it is out of date
let left = null; // where the last selected element is, or was
let hub = ""; // the node whose edges are gone through
let moving = 0;
let styled = ""; // what the stylesheet was made of
const buttons = {};

// With every event goes what is selected and pinned: of two in quick succession the app may see but one.
function tell(event, data = {}) {
  count += 1;
  told = `${args.session}-${Date.now()}-${count}`;
  setValue({ event, number: told, selected: selected().id() ?? null, pins: pinned(), ...data });
}

function say(text) {
  $("say").textContent = text;
}

// "{name}" gives way to a value, "{name:one|many}" to one word or the other.
function words(key, values = {}) {
  return (args.messages[key] || key).replace(
    /\{(\w+)(?::([^|{}]*)\|([^{}]*))?\}/g,
    (_, name, one, many) => (one === undefined ? values[name] : values[name] == 1 ? one : many),
  );
}

// --- Toolbar and legend

function button(name, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "icon";
  made.dataset.action = name;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  made.append(svg);
  made.addEventListener("click", action);
  buttons[name] = made;
  return made;
}

function makeBar() {
  const layout = document.createElement("select");
  layout.id = "layout";
  layout.addEventListener("change", () => {
    tell("layout", { layout: layout.value });
    runLayout(cy, layout.value, true, args.places);
  });
  const gap = document.createElement("span");
  gap.className = "gap";
  $("bar").append(
    layout,
    button("expand", () => act("expand")),
    button("hide", () => act("hide")),
    button("pin", () => act("pin")),
    gap,
    button("zoomIn", () => zoom(1.3)),
    button("zoomOut", () => zoom(1 / 1.3)),
    button("fit", () => cy.animate({ fit: { padding: PADDING }, duration: 250 })),
    button("png", savePicture),
    button("full", toggleFull),
  );
}

function labelBar() {
  $("bar").setAttribute("aria-label", words("toolbar"));
  for (const [name, made] of Object.entries(buttons)) {
    made.title = words(name);
    made.setAttribute("aria-label", words(name));
  }
  buttons.full.hidden = !document.fullscreenEnabled;
  const layout = $("layout");
  layout.setAttribute("aria-label", words("layout"));
  layout.replaceChildren(
    ...LAYOUTS.map((name) => new Option(words(`layout_${name}`), name, false, name === args.layout)),
  );
  $("graph").setAttribute("aria-label", words("canvas"));
}

function drawLegend() {
  const had = document.activeElement?.dataset.type; // drawn anew, a chip keeps the focus
  $("legend").setAttribute("aria-label", words("legend"));
  $("legend").replaceChildren(
    ...args.legend.map((entry) => {
      const chip = document.createElement("button");
      chip.type = "button";
      const shown = !args.hiddenTypes.includes(entry.key);
      chip.setAttribute("aria-pressed", String(shown));
      chip.dataset.type = entry.key;
      const dot = document.createElement("i");
      dot.className = entry.kind;
      dot.style.background = colorOf(entry);
      chip.append(dot, document.createTextNode(`${entry.label} ${entry.count}`));
      chip.addEventListener("click", () => {
        const hidden = new Set(args.hiddenTypes);
        if (shown) hidden.add(entry.key);
        else hidden.delete(entry.key);
        args.hiddenTypes = [...hidden];
        filter();
        drawLegend();
        tell("legend", { hidden: args.hiddenTypes });
      });
      return chip;
    }),
  );
  if (had) [...$("legend").children].find((chip) => chip.dataset.type === had)?.focus();
}

function colorOf(entry) {
  return colors.dark ? entry.dark : entry.light;
}

// --- What the user does

function selected() {
  return cy.$(":selected").first();
}

function act(name, element = selected()) {
  if (!element.length) return;
  if (name === "expand" && element.isNode()) {
    say(words("expanding", { name: element.data("name") }));
    tell("expand", { id: element.id() });
  } else if (name === "hide" && element.isNode()) {
    tell("hide", { id: element.id() });
  } else if (name === "pin" && element.isNode()) {
    element.toggleClass("pinned");
    tellPins();
    say(words(element.hasClass("pinned") ? "pinned" : "unpinned", { name: element.data("name") }));
  }
}

function pinned() {
  const pins = {};
  cy.nodes(".pinned").forEach((node) => {
    const { x, y } = node.position();
    pins[node.id()] = [Math.round(x), Math.round(y)];
  });
  return pins;
}

function tellPins() {
  tell("pins");
}

function zoom(factor) {
  const graph = $("graph");
  cy.zoom({
    level: cy.zoom() * factor,
    renderedPosition: { x: graph.clientWidth / 2, y: graph.clientHeight / 2 },
  });
}

function savePicture() {
  const link = document.createElement("a");
  link.href = cy.png({ full: true, scale: 2, bg: colors.ground, maxWidth: 6000, maxHeight: 6000 });
  link.download = "graph.png";
  link.click();
}

function toggleFull() {
  if (document.fullscreenElement) document.exitFullscreen();
  else $("frame").requestFullscreen();
}

function choose(element) {
  cy.$(":selected").not(element).unselect();
  element.select();
  highlight();
  const data = element.data();
  const ends = element.isEdge() && [element.source(), element.target()].map((end) => end.data("name"));
  say(ends ? `${ends[0]} – ${data.label} – ${ends[1]}` : `${data.name}, ${data.typeLabel}`);
  tell("select");
}

function highlight() {
  const current = selected();
  if (current.length) left = { ...middle(current) };
  cy.batch(() => {
    cy.elements().removeClass("near far");
    if (!current.length) return;
    const near = current.isNode() ? current.closedNeighborhood() : current.union(current.connectedNodes());
    cy.elements().not(near).addClass("far");
    near.edges().addClass("near");
  });
  for (const name of ["expand", "hide", "pin"]) {
    const made = buttons[name];
    const off = !current.length || !current.isNode();
    if (off && document.activeElement === made) $("graph").focus();
    made.disabled = off;
  }
}

function filter() {
  cy.batch(() => {
    cy.nodes().forEach((node) => {
      node.toggleClass("filtered", args.hiddenTypes.includes(node.data("typeKey")));
    });
  });
}

// Arrow keys go to the nearest node in that direction, from what is selected or was last.
function step(dx, dy) {
  const nodes = cy.nodes().not(".filtered");
  const from = selected();
  const { x, y } = from.length ? middle(from) : (left ?? {});
  if (x === undefined) {
    if (nodes.length) choose(nodes.first());
    return;
  }
  let best = null;
  let least = Infinity;
  nodes.not(from).forEach((node) => {
    const a = node.position().x - x;
    const b = node.position().y - y;
    const along = a * dx + b * dy;
    if (along <= 0) return;
    const cost = along + 2 * Math.abs(a * dy - b * dx);
    if (cost < least) {
      least = cost;
      best = node;
    }
  });
  if (best) show(best);
}

function middle(element) {
  if (element.isNode()) return element.position();
  const [a, b] = [element.source().position(), element.target().position()];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function show(element) {
  choose(element);
  cy.animate({ center: { eles: element }, duration: 150 });
}

// Through the edges of the node that was selected, round and round.
function turnTo(next) {
  const current = selected();
  if (!current.length) return;
  if (current.isNode()) hub = current.id();
  const node = current.isNode() ? current : current.connectedNodes().filter((end) => end.id() === hub);
  const edges = (node.length ? node : current.source()).connectedEdges(":visible").toArray();
  edges.sort((a, b) => (a.id() < b.id() ? -1 : 1));
  const at = edges.findIndex((edge) => edge.same(current));
  const found = at < 0 ? undefined : edges[at + next];
  if (edges.length) show(found ?? edges.at(next < 0 ? -1 : 0));
}

// By keyboard as by dragging; what is put in a place is pinned there.
function move(dx, dy) {
  const node = selected();
  if (!node.length || !node.isNode()) return;
  node.addClass("pinned").shift({ x: 24 * dx, y: 24 * dy });
  told = "moving";
  clearTimeout(moving);
  moving = setTimeout(tellPins, 400);
}

// To what the app shows of the selection beside this view.
function leave() {
  const panel = window.parent.document.querySelector(".st-key-panel");
  if (!panel || !selected().length) return;
  if (!panel.hasAttribute("tabindex")) panel.tabIndex = -1;
  panel.focus();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const actions = {
    Enter: leave,
    PageDown: () => turnTo(1),
    PageUp: () => turnTo(-1),
    e: () => act("expand"),
    h: () => act("hide"),
    Delete: () => act("hide"),
    p: () => act("pin"),
    "+": () => zoom(1.3),
    "=": () => zoom(1.3),
    "-": () => zoom(1 / 1.3),
    0: () => cy.fit(undefined, PADDING),
    Escape: clear,
  };
  if (moves[event.key]) (event.shiftKey ? move : step)(...moves[event.key]);
  else if (actions[event.key]) actions[event.key]();
  else return;
  event.preventDefault();
}

function clear() {
  if (!selected().length) return;
  cy.$(":selected").unselect();
  highlight();
  tell("select");
}

function showTip(event) {
  const data = event.target.data();
  const tip = $("tip");
  const first = document.createElement("b");
  first.textContent = event.target.isNode() ? data.name : data.label;
  const second = document.createElement("span");
  second.textContent = event.target.isNode()
    ? `${data.typeLabel} · ${words("connections", { count: data.degree, shown: event.target.degree() })}`
    : words("edge_tip", { support: data.support, confidence: data.confidence.toFixed(2) });
  tip.replaceChildren(first, second);
  tip.style.display = "block";
  const { x, y } = event.renderedPosition;
  const frame = $("graph");
  tip.style.left = `${Math.max(4, Math.min(x + 12, frame.clientWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${frame.offsetTop + Math.min(y + 12, frame.clientHeight - tip.offsetHeight - 8)}px`;
}

// --- Drawing

function makeGraph() {
  cytoscape.warnings(false);
  cy = cytoscape({
    container: $("graph"),
    boxSelectionEnabled: false,
    selectionType: "single",
    minZoom: 0.05,
    maxZoom: 4,
  });
  let last = { id: null, time: 0 };
  cy.on("tap", "node", (event) => {
    const now = Date.now();
    const id = event.target.id();
    const twice = last.id === id && now - last.time < DOUBLE_CLICK_MS;
    last = { id, time: twice ? 0 : now };
    if (twice) act("expand", event.target);
    else choose(event.target);
  });
  cy.on("tap", "edge", (event) => choose(event.target));
  cy.on("tap", (event) => {
    if (event.target === cy) clear();
  });
  cy.on("dragfree", "node.pinned", tellPins);
  cy.on("mouseover", "node, edge", showTip);
  cy.on("mouseout drag viewport", () => {
    $("tip").style.display = "none";
  });
  $("graph").addEventListener("keydown", key);
  new ResizeObserver(() => {
    cy.resize();
    cy.fit(undefined, PADDING);
  }).observe($("graph"));
  window.graph = cy; // for tests, and for the curious
}

function crowded() {
  return args.nodes.length > CROWD;
}

function nodeData(node) {
  const entry = args.legend.find((item) => item.key === node.typeKey);
  const rest = node.degree - (args.shownDegree[node.id] || 0);
  return {
    ...node,
    typeLabel: entry ? entry.label : node.typeKey,
    color: entry ? colorOf(entry) : colors.quiet,
    size: sizeOf(node, crowded()),
    label: rest > 0 ? `${node.name}  +${rest}` : node.name,
  };
}

// Before anything is added, and only where it changes: working styles out anew for 1,000 nodes takes
// a second.
function setStyle() {
  const small = $("graph").clientWidth < SMALL;
  const labels = args.edges.length <= EDGE_LABELS_UP_TO;
  const now = JSON.stringify([colors, labels, small, crowded()]);
  if (now === styled) return;
  styled = now;
  cy.style(stylesheet(colors, labels, small ? 1.7 : 1, crowded()));
}

function update() {
  const wanted = new Set([...args.nodes, ...args.edges].map((item) => item.id));
  const known = new Set(cy.elements().map((element) => element.id()));
  const first = cy.nodes().length === 0;
  let added = cy.collection();
  args.shownDegree = {};
  for (const edge of args.edges) {
    for (const end of [edge.source, edge.target]) {
      args.shownDegree[end] = (args.shownDegree[end] || 0) + 1;
    }
  }
  setStyle();
  cy.batch(() => {
    cy.elements().filter((element) => !wanted.has(element.id())).remove();
    for (const node of args.nodes) {
      if (known.has(node.id)) cy.getElementById(node.id).data(nodeData(node));
      else added = added.union(cy.add({ group: "nodes", data: nodeData(node) }));
    }
    for (const edge of args.edges) {
      if (known.has(edge.id)) cy.getElementById(edge.id).data(edge);
      else cy.add({ group: "edges", data: edge });
    }
  });
  placeNew(cy, added);
  cy.nodes().forEach((node) => {
    const pin = args.pins[node.id()];
    node.toggleClass("pinned", Boolean(pin));
    if (pin && added.contains(node)) node.position({ x: pin[0], y: pin[1] });
  });
  filter();
  if (added.length) runLayout(cy, args.layout, first, args.places);
  cy.$(":selected").unselect();
  if (args.selected) cy.getElementById(args.selected).select();
  highlight();
}

// What the user has done that the app has not heard of.
function mine() {
  const { hiddenTypes } = args;
  return { hiddenTypes, selected: selected().id() ?? null, pins: pinned(), layout: $("layout").value };
}

function render(received, theme) {
  args = told && received.answered !== told ? { ...received, ...mine() } : received;
  const dark = args.dark;
  const text = theme?.textColor || (dark ? "#e8edf5" : "#16202e");
  const ground = theme?.backgroundColor || (dark ? "#0e131b" : "#ffffff");
  colors = {
    dark,
    text,
    ground,
    quiet: dark ? "#a4b0c2" : "#566377",
    line: dark ? "#8593ab" : "#5f6c82",
    accent: dark ? "#8fb3ff" : "#2b59c3",
    font: theme?.font || "system-ui, sans-serif",
  };
  const root = document.documentElement;
  root.lang = args.language;
  const properties = {
    "--text": text,
    "--ground": ground,
    "--quiet": colors.quiet,
    "--accent": colors.accent,
    "--raised": theme?.secondaryBackgroundColor || ground,
    "--line": dark ? "#39465a" : "#c9d1dd",
    "--font": colors.font,
  };
  for (const [name, value] of Object.entries(properties)) root.style.setProperty(name, value);
  setHeight(args.height);
  $("frame").style.height = `${args.height}px`;
  if (!cy) {
    makeBar();
    makeGraph();
  }
  labelBar();
  drawLegend();
  update();
}

ready(render);
