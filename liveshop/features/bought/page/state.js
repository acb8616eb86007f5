/** Purchases of just now: the newest last, each with the instant of its pulse. */

const BOUGHT_MAX = 20;

export const initial = { bought: [] };

export const onState = {
  pulse: (state, { bought, now_ms: at_ms }) => !bought ? state : {
    ...state,
    bought: [...state.bought, ...bought.map((each) => ({ ...each, at_ms }))].slice(-BOUGHT_MAX),
  },
};
