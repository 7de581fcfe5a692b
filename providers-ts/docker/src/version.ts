/** The provider's version, as people and the gateway see it. */
export const VERSION = "0.1.0";
