// Layouts. What is pinned stays where it is; what was there before moves little.

export const LAYOUTS = ["force", "concentric", "breadthfirst", "circle", "grid"];
export const CROWD = 300; // nodes
export const PADDING = 36; // pixels
const EDGE_LENGTH = 110;

export function runLayout(cy, name, fresh, places) {
  cy.resize(); // the legend may have taken some of the frame since
  if (name === "breadthfirst" && Object.keys(places).length) return putInPlace(cy, places);
  const shown = cy.elements().not(".filtered");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const turned = name === "breadthfirst" && !cy.nodes(".pinned").length && cy.height() > cy.width();
  const many = shown.nodes().length > CROWD;
  const common = {
    name: name === "force" ? "preset" : name,
    animate: !still && !turned && !many,
    animationDuration: 400,
    fit: true,
    padding: turned ? 16 : PADDING,
    // Measuring as many labels as would overlap anyway takes seconds.
    nodeDimensionsIncludeLabels: !many,
    stop: () => {
      if (turned) turn(cy, shown);
    },
  };
  const options = {
    force: () => {
      const found = forced(cy, shown, fresh, many);
      return { positions: (node) => found.get(node.id()) };
    },
    concentric: () => ({
      concentric: (node) => node.degree(),
      levelWidth: () => 3,
      minNodeSpacing: 30,
    }),
    breadthfirst: () => ({ directed: true, spacingFactor: 1.1 }),
  };
  const pinned = cy.nodes(".pinned");
  pinned.lock();
  shown.layout({ ...common, ...options[name]?.() }).run();
  pinned.unlock();
}

// Springs along edges, and nodes that push each other away: forces are summed up over the cells of a
// tree (Barnes and Hut 1986), so that 1,000 nodes take a second or two. The same graph gets the same picture.
function forced(cy, shown, fresh, many) {
  const steps = many ? 150 : 300;
  const ends = shown.nodes();
  const nodes = ends.map((node) => {
    const { x, y } = node.position();
    const box = node.layoutDimensions({ nodeDimensionsIncludeLabels: !many });
    const known = { id: node.id(), room: Math.max(box.w * 0.6, box.h) / 2 + 8 };
    if (node.hasClass("pinned")) return { ...known, x, y, fx: x, fy: y };
    return fresh ? known : { ...known, x, y };
  });
  const links = ends.edgesWith(ends).map((edge) => {
    const { source, target } = edge.data();
    return { source, target };
  });
  const springs = d3.forceLink(links).id((node) => node.id).distance(EDGE_LENGTH);
  const middle = centre(nodes.filter((node) => node.fx !== undefined));
  // As wide or tall as the screen: what draws all together is weaker along its longer side.
  const wide = Math.sqrt(cy.width() / cy.height()) || 1;
  const simulation = d3
    .forceSimulation(nodes)
    .force("springs", springs)
    .force("charge", d3.forceManyBody().strength(many ? -120 : -500))
    .force("x", d3.forceX(middle.x).strength(0.06 / wide))
    .force("y", d3.forceY(middle.y).strength(0.06 * wide))
    .force("room", d3.forceCollide((node) => node.room))
    .alpha(fresh ? 1 : 0.3)
    .alphaDecay(1 - 0.001 ** (1 / steps))
    .stop();
  simulation.tick(steps);
  return new Map(nodes.map(({ id, x, y }) => [id, { x, y }]));
}

function centre(nodes) {
  const mean = (axis) => nodes.reduce((sum, node) => sum + node[axis], 0) / (nodes.length || 1);
  return { x: mean("x"), y: mean("y") };
}

// Where the server knows an order: each place is how far along a node is, from 0 to 1, and its row.
// Along is across the screen, or down where the screen is tall.
function putInPlace(cy, places) {
  const tall = cy.height() > cy.width();
  const [along, across] = tall ? [560, 130] : [800, 64];
  cy.nodes().positions((node) => {
    const [far, row] = places[node.id()] ?? [0.5, 0];
    const x = far * along;
    const y = row * across;
    return tall ? { x: y, y: x } : { x, y };
  });
  cy.fit(undefined, tall ? 16 : PADDING);
}

// A wide drawing on a tall screen would be small: it is laid on its side.
function turn(cy, shown) {
  const box = shown.boundingBox({ includeLabels: false });
  if (box.w <= box.h) return;
  shown.nodes().positions((node) => ({ x: -node.position("y"), y: node.position("x") }));
  cy.fit(shown, 16);
}

// Near the neighbour that is already there, so that an expansion grows out of its node.
export function placeNew(cy, added) {
  added.forEach((node, index) => {
    const anchor = node.neighborhood("node").not(added).first();
    if (!anchor.length) return;
    const angle = index * 2.4;
    const { x, y } = anchor.position();
    node.position({ x: x + 90 * Math.cos(angle), y: y + 90 * Math.sin(angle) });
  });
}
