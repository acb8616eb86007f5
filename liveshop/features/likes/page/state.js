/** The number of likes, which rides the pulse. */

export const begun = { likes: 0 };

export const onSession = {
  pulse: (session, { likes = session.likes }) => ({ ...session, likes }),
};
