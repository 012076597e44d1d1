import { escaped } from "./escaped.js";

type Point = readonly [step: number, value: number];

const [width, height, margin] = [420, 200, { left: 56, right: 8, top: 8, bottom: 22 }];
const colours = ["#2563eb", "#dc2626", "#059669", "#d97706"];
/** Points drawn of a line: more are not seen. */
const mostPoints = 800;

/** Lines over the steps of a run, as an SVG figure. Points that are not finite are left out. */
export function curve(title: string, lines: Readonly<Record<string, readonly Point[]>>): string {
  const drawn = Object.entries(lines)
    .map(([name, points]) => [name, thinned(points.filter(([, value]) => Number.isFinite(value)))] as const)
    .filter(([, points]) => points.length > 0);
  const all = drawn.flatMap(([, points]) => points);
  if (all.length === 0) return "";
  const [steps, values] = [all.map(([step]) => step), all.map(([, value]) => value)];
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (step: number) => margin.left + ((step - first) / (last - first || 1)) * (width - margin.left - margin.right);
  const y = (value: number) => height - margin.bottom - ((value - low) / (high - low || 1)) * (height - margin.top - margin.bottom);
  const paths = drawn.map(([name, points], i) => {
    const d = points.map(([step, value], j) => `${j === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    const label =
      drawn.length > 1 ? `<text x="${width - 90}" y="${20 + 14 * i}" style="fill:${colours[i % 4]}">${escaped(name)}</text>` : "";
    const dots =
      points.length < 40
        ? points
            .map(([step, value]) => `<circle cx="${x(step).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2" fill="${colours[i % 4]}"/>`)
            .join("")
        : "";
    return `<path d="${d}" fill="none" stroke="${colours[i % 4]}"/>${dots}${label}`;
  });
  const axes = `<path d="M${margin.left} ${margin.top}V${height - margin.bottom}H${width - margin.right}" fill="none" stroke="#999"/>
<text x="4" y="${margin.top + 8}">${high.toPrecision(3)}</text><text x="4" y="${height - margin.bottom}">${low.toPrecision(3)}</text>
<text x="${margin.left}" y="${height - 6}">step ${first}</text><text x="${width - 60}" y="${height - 6}">${last}</text>`;
  return `<figure><figcaption>${escaped(title)}</figcaption><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">${axes}${paths.join("")}</svg></figure>`;
}

function thinned(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
