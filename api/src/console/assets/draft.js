// A job on its way from one view to another.

let kept;

export const draft = {
  put: (job) => { kept = job; },
  /** What was put, once. */
  take: () => {
    const job = kept;
    kept = undefined;
    return job;
  },
};
