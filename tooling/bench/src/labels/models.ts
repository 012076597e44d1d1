import {
  type EmbeddingCache,
  type EmbeddingModel,
  type FrozenEncoder,
  type LabelPolicy,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import { collidedIds } from "@quaterion/datasets";
import { linearHead } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { type DecisionRule, logistic } from "@quaterion/serving";
import { fit } from "@quaterion/trainer";
import { combined, type Task } from "./label-sets.js";

/** A line of the table: how its model comes about, and what it is asked. */
export interface Candidate {
  readonly name: string;
  /** Spaces that it is asked about; its references are theirs. */
  readonly spaces: readonly string[];
  /** Does it depend on the seed? */
  readonly trained: boolean;
  readonly rule?: DecisionRule;
  make(seed: number): Promise<EmbeddingModel<string>>;
}

/** What is the same for all models: the reference app's settings. */
export interface Training {
  readonly encoder: FrozenEncoder<string>;
  readonly cache: EmbeddingCache;
  readonly steps?: number;
}

/** Every model that is compared on a task. */
export function candidates(task: Task, training: Training): Candidate[] {
  const all = Object.keys(task.train);
  const train = (data: TrainingData<string>, policy: LabelPolicy) => async (seed: number) => {
    const { encoder, cache, steps } = training;
    const loss = supervisedContrastive({ temperature: 0.1 });
    const sizes = { labelsPerBatch: 64, samplesPerLabel: 4 };
    return (
      await fit({
        data,
        encoder,
        cache,
        head: linearHead(),
        loss,
        policy,
        steps,
        learningRate: 3e-4,
        ...sizes,
        engine: "onnxruntime",
        seed,
      })
    ).model;
  };
  const untrained = { spaces: all, trained: false, make: async () => training.encoder };
  if (task.learned) {
    return [
      { name: "untrained, rule chosen", ...untrained },
      {
        name: "combined, trained on the other half of the labels",
        spaces: all,
        trained: true,
        make: train(combined(task.learned), "schedule"),
      },
      { name: "combined, trained on all labels", spaces: all, trained: true, make: train(combined(task.train), "schedule") },
    ];
  }
  const policies = ["schedule", "separate", "distinct", "masked"] as const;
  return [
    { name: "untrained, rule chosen", ...untrained },
    { name: "untrained, logistic regression", ...untrained, rule: logistic() },
    ...all.map((name) => ({ name: `${name} alone`, spaces: [name], trained: true, make: train(combined(task.train, [name]), "separate") })),
    ...policies.map((policy) => ({
      name: `combined, \`${policy}\``,
      spaces: all,
      trained: true,
      make: train(combined(task.train), policy),
    })),
    ...(task.narrower.length > 0
      ? [
          {
            name: "combined, `schedule`, `narrower` declared",
            spaces: all,
            trained: true,
            make: train(combined(task.train, all, task.narrower), "schedule"),
          },
        ]
      : []),
    {
      name: "the classic mistake: labels numbered, numbers compared",
      spaces: all,
      trained: true,
      make: train(collidedIds(combined(task.train)) as TrainingData<string>, "separate"),
    },
  ];
}

/**
 * The models that know one of these sets or more, each asked about those alone.
 * @param names all sets where absent
 */
export function askedAbout(
  names: readonly string[] | undefined,
  task: Pick<Task, "train">,
  models: readonly Candidate[],
): readonly Candidate[] {
  if (names === undefined) return models;
  const known = Object.keys(task.train);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--ask: no set is called "${unknown}".${suggestion(unknown, known)}`);
  return models
    .map((model) => ({ ...model, spaces: model.spaces.filter((space) => names.includes(space)) }))
    .filter(({ spaces }) => spaces.length > 0);
}
