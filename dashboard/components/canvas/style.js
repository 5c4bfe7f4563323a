// How nodes and edges look. Labels are drawn on a canvas, so text is never markup.

const SHAPES = { entity: "ellipse", value: "round-rectangle", event: "diamond" };

// `scale` of text: on a small screen the drawing is shrunk to fit, and text has to stay readable. Where
// nodes are many (`crowded`), names show when one comes near, and edges are straight.
export function stylesheet(colors, labels, scale, crowded) {
  return [
    {
      selector: "node",
      style: {
        label: "data(label)",
        shape: (node) => SHAPES[node.data("kind")] || "ellipse",
        "background-color": "data(color)",
        width: "data(size)",
        height: "data(size)",
        color: colors.text,
        "font-size": 12 * scale,
        "font-family": colors.font,
        "min-zoomed-font-size": crowded ? 9 : 6,
        "text-valign": "bottom",
        "text-margin-y": 4,
        "text-wrap": "ellipsis",
        "text-max-width": 140 * scale,
        "text-outline-color": colors.ground,
        "text-outline-width": 2.5,
        "border-width": 1.5,
        "border-color": colors.ground,
      },
    },
    {
      selector: "edge",
      style: {
        width: (edge) => 1 + Math.min(3, Math.log2(1 + edge.data("support"))),
        "line-color": colors.line,
        "target-arrow-color": colors.line,
        "target-arrow-shape": (edge) => (edge.data("symmetric") ? "none" : "triangle"),
        "arrow-scale": 0.9,
        "curve-style": crowded ? "straight" : "bezier",
        opacity: (edge) => 0.6 + 0.4 * edge.data("confidence"),
        label: labels ? "data(label)" : "",
        color: colors.quiet,
        "font-size": 10 * scale,
        "font-family": colors.font,
        "min-zoomed-font-size": 7,
        "text-rotation": "autorotate",
        "text-outline-color": colors.ground,
        "text-outline-width": 2.5,
      },
    },
    { selector: 'edge[kind = "role"]', style: { "line-style": "dashed" } },
    { selector: ".filtered", style: { display: "none" } },
    { selector: ".far", style: { opacity: 0.65 } },
    { selector: ".pinned", style: { "border-width": 3, "border-color": colors.text } },
    {
      selector: "edge:selected, edge.near",
      style: {
        "line-color": colors.accent,
        "target-arrow-color": colors.accent,
        label: "data(label)",
        color: colors.text,
        opacity: 1,
      },
    },
    {
      selector: "node:selected",
      style: { "border-width": 4, "border-color": colors.accent, "font-weight": "bold" },
    },
  ];
}

const PER_DEGREE = 9;

export function sizeOf(node, crowded) {
  const base = node.kind === "value" ? 16 : 24;
  const size = base + Math.min(36, PER_DEGREE * Math.log2(1 + (node.degree || 0) / 2));
  return crowded ? size / 2 : size;
}
