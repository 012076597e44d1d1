import type { Tensor as RuntimeTensor } from "onnxruntime-node";
import { currentSettings } from "./configure.js";
import { DeviceMemory } from "./device-memory.js";
import { runtimeTensor, viewOfDeviceTensor } from "./run-sync.js";
import type { Value } from "./value.js";

/**
 * Where values are when graphs run on the GPU. What a graph makes stays there, unless it is what the program reads; an array that is fed a second
 * time, and that a tensor holds, moves there. So weights, optimizer state and constant inputs travel once.
 */
export class DeviceValues {
  readonly memory = new DeviceMemory();

  /** Graphs run on the GPU, and their results can stay there. (ONNX Runtime's Node interface has device tensors for WebGPU alone.) */
  get isActive(): boolean {
    return currentSettings().device === "webgpu";
  }

  /** The tensor that a graph is fed for a computed value: on the device, if it runs there and the value is there, or better moved there. */
  feed(leaf: Value): RuntimeTensor {
    const owner = leaf.origin ?? leaf;
    if (!this.isActive) {
      if (owner.onDevice) this.bringHome(owner);
      return hostTensor(leaf);
    }
    if (!owner.onDevice) {
      const isNew = owner.tensor === undefined;
      const tensor = hostTensor(leaf);
      if (isNew || owner.holders === 0) {
        hostTensor(owner);
        this.memory.uploadedBytes += leaf.data!.byteLength;
        return tensor;
      }
      owner.tensor = this.memory.upload(owner.dtype as "float32", owner.data!, owner.shape);
      owner.onDevice = true;
    }
    return leaf === owner ? owner.tensor! : viewOfDeviceTensor(owner.tensor!, leaf.shape);
  }

  /** Gives a computed value its elements as an array, too. */
  read(value: Value): void {
    const owner = value.origin ?? value;
    owner.data ??= this.memory.download(owner.tensor!);
    value.data = owner.data;
  }

  /** A graph has run, and given `wanted` as an array; without one nobody has waited for the device yet. */
  fetched(wanted: Value | undefined): void {
    if (wanted === undefined) this.memory.wait();
    else this.memory.downloadedBytes += wanted.data!.byteLength;
  }

  /** Frees the buffer of a value that nobody holds. */
  release(value: Value): void {
    if (!value.onDevice) return;
    this.memory.give(value.tensor!);
    value.tensor = undefined;
    value.onDevice = false;
  }

  /** Makes a value an array, and frees its buffer. */
  private bringHome(owner: Value): void {
    this.read(owner);
    this.release(owner);
    // Graphs on the processor no longer need what is free on the device.
    this.memory.clear();
  }
}

/** A tensor over a value's array. */
function hostTensor(value: Value): RuntimeTensor {
  value.data ??= value.origin!.data;
  value.tensor ??= runtimeTensor(value.dtype as "float32", value.data!, value.shape);
  return value.tensor;
}
