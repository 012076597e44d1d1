import { angularMiner, euclideanDistances } from "@quaterion/losses";
import type { MinerMapping } from "../../mapping.js";

export const mapping: MinerMapping = {
  AngularMiner: {
    options: ["angle"],
    say: ({ options }) => {
      const { angle = 20 } = options as { angle?: number }; // degrees
      // The peer does not normalise the rows before it measures, whatever its distance says.
      return { miner: angularMiner({ angle: (angle * Math.PI) / 180 }), distances: euclideanDistances };
    },
  },
};
