// Draws the region page's figures when they scroll into view. The tables say the same without it.
const script = document.currentScript;
const root = document.documentElement;
const plots = JSON.parse(document.getElementById("plots").textContent);
const boxes = [...document.querySelectorAll("[data-chart]")];
const config = { displayModeBar: false, displaylogo: false, responsive: true, scrollZoom: false };
// plotly.js brings styles for maps, which the content security policy would refuse and report. It
// leaves them out where an element with this name stands.
const MAP_STYLES = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
let loading;

for (const box of boxes) box.classList.add("awaited");
for (const details of document.querySelectorAll("details.numbers")) {
  details.open = !details.parentElement.querySelector("[data-chart]");
}

function load() {
  loading ??= new Promise((done, failed) => {
    root.append(Object.assign(document.createElement("template"), { id: MAP_STYLES }));
    const tag = Object.assign(document.createElement("script"), { src: script.dataset.plotly });
    tag.onload = done;
    tag.onerror = failed;
    document.head.append(tag);
  });
  return loading;
}

// A colour that begins with -- is a token of the style sheet.
function coloured(value, style) {
  if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
  if (Array.isArray(value)) return value.map((one) => coloured(one, style));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, style)]));
}

async function draw(box) {
  try {
    await load();
    const { data, layout } = coloured(plots[box.dataset.chart], getComputedStyle(root));
    layout.font.family = getComputedStyle(document.body).fontFamily;
    if (box.clientWidth < 480 && layout.xaxis.dtick > 1) layout.xaxis.dtick *= 2;
    await Plotly.react(box, data, layout, config);
    box.classList.add("drawn");
  } catch {
    box.textContent = box.dataset.failed;
    box.classList.replace("awaited", "failed");
    box.parentElement.querySelector("details").open = true;
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target);
  }
}, { rootMargin: "300px" });
for (const box of boxes) seen.observe(box);

function redraw() {
  for (const box of boxes) if (box.classList.contains("drawn")) draw(box);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(root, { attributeFilter: ["data-theme"] });
