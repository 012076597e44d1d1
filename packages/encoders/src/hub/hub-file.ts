import { NotFoundError, type OnProgress } from "@quaterion/core";

/** What a fetch from the hub heeds. */
export interface HubFileOptions {
  readonly revision?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export async function hubFile(model: string, path: string, _options: HubFileOptions): Promise<string | undefined> {
  throw new NotFoundError(`${model}/${path}: hub`);
}
