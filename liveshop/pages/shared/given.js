/** The messages that came with the page's script, by language: the server puts them here. */

export const GIVEN = {};
