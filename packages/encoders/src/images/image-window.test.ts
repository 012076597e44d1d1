import { expect, it } from "vitest";
import { imageWindow } from "./image-window.js";

it.each([
  [
    "rounds the longer edge down",
    [500, 333, { shortestEdge: 224 }, false],
    { resizedWidth: 336, resizedHeight: 224, left: 0, top: 0, width: 336, height: 224 },
  ],
  ["whichever edge is the shorter one", [333, 500, { shortestEdge: 224 }, false], { resizedWidth: 224, resizedHeight: 336 }],
  [
    "leaves out one column more at the right where their number is odd",
    [225, 230, false, { width: 224, height: 224 }],
    { left: 0, top: 3, width: 224, height: 224 },
  ],
  ["puts one row more above an image that is too small", [20, 9, false, { width: 20, height: 12 }], { left: 0, top: -2, height: 12 }],
  ["squeezes to both edges", [10, 20, { width: 7, height: 5 }, false], { resizedWidth: 7, resizedHeight: 5, width: 7, height: 5 }],
] as const)("%s", (_, [width, height, size, crop], expected) => {
  expect(imageWindow(width, height, size, crop)).toMatchObject(expected);
});
