// What others use of this provider.

export {};
