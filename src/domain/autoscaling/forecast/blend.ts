/** How much of the squared error of a step is left a step later: a memory of a few hundred steps. */
const FORGETTING = 0.995;
/** Squared connections; keeps weights finite when a model was exactly right. */
const LEAST_ERROR = 1e-9;

/** The best models get nearly all the weight; of two that are as good as each other, both are used. */
const SHARPNESS = 4;

/** Mixes forecasts by how accurate each was recently: weights are a power of the inverse of mean squared errors. */
export class Blend {
  /** Sums of squared errors that fade out, by model. */
  readonly #errors: Float64Array;

  constructor(models: number) {
    this.#errors = new Float64Array(models);
  }

  /** Takes what each model had expected, and what came. */
  learn(expected: readonly number[], actual: number): void {
    for (const [model, value] of expected.entries()) {
      this.#errors[model] = (this.#errors[model] as number) * FORGETTING + (actual - value) ** 2;
    }
  }

  /** The mixed forecast; before anything was learned, the plain mean. */
  mix(expected: readonly number[]): number {
    const least = Math.min(...this.#errors) + LEAST_ERROR;
    let sum = 0;
    let weights = 0;
    for (const [model, value] of expected.entries()) {
      const weight = (least / ((this.#errors[model] as number) + LEAST_ERROR)) ** SHARPNESS;
      sum += weight * value;
      weights += weight;
    }
    return sum / weights;
  }
}
