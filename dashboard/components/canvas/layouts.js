// Layouts. What is pinned stays where it is; what was there before moves little.

export const LAYOUTS = ["fcose", "concentric", "breadthfirst", "circle", "grid"];
export const CROWD = 300; // nodes
const TURNED = ["fcose", "breadthfirst"];

export function runLayout(cy, name, fresh, places) {
  if (name === "breadthfirst" && Object.keys(places).length) return putInPlace(cy, places);
  const shown = cy.elements().not(".filtered");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const turned = TURNED.includes(name) && !cy.nodes(".pinned").length && cy.height() > cy.width();
  const many = shown.nodes().length > CROWD;
  const common = {
    name,
    animate: !still && !turned && !many,
    animationDuration: 400,
    fit: true,
    padding: turned ? 16 : 36,
    // Measuring as many labels as would overlap anyway takes seconds.
    nodeDimensionsIncludeLabels: !many,
    stop: () => {
      if (turned) turn(cy, shown);
    },
  };
  const options = {
    fcose: {
      numIter: many ? 400 : 2500,
      randomize: fresh,
      nodeRepulsion: 9000,
      idealEdgeLength: 110,
      packComponents: false,
      fixedNodeConstraint: cy
        .nodes(".pinned")
        .not(".filtered")
        .map((node) => ({ nodeId: node.id(), position: { ...node.position() } })),
    },
    concentric: { concentric: (node) => node.degree(), levelWidth: () => 3, minNodeSpacing: 30 },
    breadthfirst: { directed: true, spacingFactor: 1.1 },
  };
  const pinned = cy.nodes(".pinned");
  if (name !== "fcose") pinned.lock();
  shown.layout({ ...common, ...options[name] }).run();
  pinned.unlock();
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
  cy.fit(undefined, tall ? 16 : 36);
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
