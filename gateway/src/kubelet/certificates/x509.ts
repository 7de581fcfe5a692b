/** The X.509 library, loaded after the reflection library that it needs. Import it from here only. */
// oxlint-disable-next-line import/no-unassigned-import -- it works by being loaded
import "reflect-metadata";

export {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  type HashedAlgorithm,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate as ParsedCertificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
