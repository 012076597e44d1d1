/** What images are resized to, in pixels: both edges, whatever the image's shape, or its shorter one, which keeps the shape. */
export type ImageSize = { readonly height: number; readonly width: number } | { readonly shortestEdge: number };

/** The middle of the resized image that is read; false: all of it. */
export type ImageCrop = { readonly height: number; readonly width: number } | false;

/** What is read of an image that is resized. */
export interface ImageWindow {
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  /** Columns and rows left out at the left and the top; below 0 where the window is greater than the image. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The window of an image of `width` × `height`; sizes are rounded down, as in Hugging Face's transformers. @param size false: as it is */
export function imageWindow(width: number, height: number, size: ImageSize | false, crop: ImageCrop): ImageWindow {
  let [resizedWidth, resizedHeight] = [width, height];
  if (size !== false && "shortestEdge" in size) {
    const edge = size.shortestEdge;
    resizedWidth = width <= height ? edge : Math.trunc((edge * width) / height);
    resizedHeight = width <= height ? Math.trunc((edge * height) / width) : edge;
  } else if (size !== false) {
    [resizedWidth, resizedHeight] = [size.width, size.height];
  }
  if (crop === false) return { resizedWidth, resizedHeight, left: 0, top: 0, width: resizedWidth, height: resizedHeight };
  return {
    resizedWidth,
    resizedHeight,
    left: Math.floor((resizedWidth - crop.width) / 2),
    top: Math.floor((resizedHeight - crop.height) / 2),
    width: crop.width,
    height: crop.height,
  };
}
