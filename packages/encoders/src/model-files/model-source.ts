import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { NotFoundError, type OnProgress } from "@quaterion/core";
import { hubFile, isFile } from "@quaterion/core/node";

/** How files of a pretrained model are fetched. */
export interface ModelSourceOptions {
  /** Branch, tag or commit of a hub model. Default "main"; give a commit to get the same model for ever. */
  revision?: string | undefined;
  /** Called while files are fetched. */
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

/** The place of a model's file; undefined where the model has none of that name. */
export type Find = (path: string) => Promise<string | undefined>;

/** Where a model's files come from. */
export interface ModelSource {
  /** False: the hub. */
  readonly folder: boolean;
  readonly find: Find;
}

/**
 * A folder, or a name on the hub, as a place of files.
 * @throws {NotFoundError} when it is neither
 */
export async function openModelSource(model: string, { revision, onProgress, signal }: ModelSourceOptions): Promise<ModelSource> {
  if (await isFolder(model)) {
    return { folder: true, find: async (path) => ((await isFile(join(model, path))) ? join(model, path) : undefined) };
  }
  if (!/^\w[\w.-]*\/\w[\w.-]*$/.test(model)) {
    throw new NotFoundError(
      `There is no folder ${resolve(model)}, and "${model}" is not a name on the hub ("org/name"). Give a folder that is there, or a hub name.`,
    );
  }
  return { folder: false, find: (path) => hubFile(model, path, { revision, onProgress, signal }) };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
