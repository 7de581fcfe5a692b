/** Names of the browser's type library that @peculiar/x509 expects to be global, as Node.js knows them. */
import type { webcrypto } from "node:crypto";

declare global {
  type BufferSource = webcrypto.BufferSource;
  type Algorithm = webcrypto.Algorithm;
  type AlgorithmIdentifier = webcrypto.AlgorithmIdentifier;
  type EcKeyGenParams = webcrypto.EcKeyGenParams;
  type EcKeyImportParams = webcrypto.EcKeyImportParams;
  type EcdsaParams = webcrypto.EcdsaParams;
  type RsaHashedImportParams = webcrypto.RsaHashedImportParams;
  type KeyUsage = webcrypto.KeyUsage;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
  type CryptoKey = webcrypto.CryptoKey;
  type Crypto = webcrypto.Crypto;
}
