/** How good what is known of an object's type is; larger wins. */
export const Rank = {
  none: 0,
  /** Something of this type begins there; the object is larger. */
  part: 1,
  /** An array whose length is not the object's. */
  partArray: 2,
  /** By its shape alone: the only type of this size and with these pointers. */
  shape: 3,
  /** A pointer of the type, and the size is right. */
  fits: 4,
  exact: 9,
} as const;
