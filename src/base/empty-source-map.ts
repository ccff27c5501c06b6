/** What maps nothing: takes the place of a map that is no longer wanted. */
export const EMPTY_SOURCE_MAP = `data:application/json,${encodeURIComponent('{"version":3,"sources":[],"names":[],"mappings":""}')}`;
