import 'reflect-metadata';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** A certificate authority that several simulators share: `ca.pem` for clients, `ca.key` for the simulators. */
export interface Authority {
  /** Path of the certificate as PEM. */
  readonly certificatePath: string;
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** Opens the authority of a directory; the first simulator that comes makes it. */
export async function openAuthority(directory: string): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto);
  mkdirSync(directory, { recursive: true });
  const secretPath = join(directory, 'ca.key');
  const bundle = read(secretPath) ?? (await make(directory, secretPath));
  const [key = '', certificate = ''] = bundle.split(/(?=-----BEGIN CERTIFICATE-----)/);
  const certificatePath = join(directory, 'ca.pem');
  if (read(certificatePath) !== certificate) replace(directory, certificatePath, certificate);
  const der = x509.PemConverter.decodeFirst(key);
  return {
    certificatePath,
    certificate: new x509.X509Certificate(certificate),
    key: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']),
  };
}

/** A certificate for this simulator, made anew at each start. */
export async function issueCertificate(
  authority: Authority,
  hosts: readonly string[],
): Promise<{ key: string; cert: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const names = hosts.map((host) =>
    /^[\d.]+$|:/.test(host) ? { type: 'ip' as const, value: host } : { type: 'dns' as const, value: host },
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=localhost',
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 397 * DAY_MS),
    signingKey: authority.key,
    publicKey: keys.publicKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return {
    key: await pemOf(keys.privateKey),
    cert: `${certificate.toString('pem')}\n${authority.certificate.toString('pem')}\n`,
  };
}

/** Two simulators may come at once: a link is made by one of them only, the other reads what that one made. */
async function make(directory: string, secretPath: string): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sandbox Certificate Authority, O=Mailporter sandbox',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const scratch = mkdtempSync(join(directory, 'new-'));
  writeFileSync(
    join(scratch, 'ca.key'),
    `${await pemOf(keys.privateKey)}\n${certificate.toString('pem')}\n`,
    { mode: 0o600 },
  );
  try {
    linkSync(join(scratch, 'ca.key'), secretPath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return readFileSync(secretPath, 'utf8');
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function replace(directory: string, path: string, text: string): void {
  const scratch = mkdtempSync(join(directory, 'new-'));
  writeFileSync(join(scratch, 'file'), text);
  renameSync(join(scratch, 'file'), path);
  rmSync(scratch, { recursive: true });
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString('hex');
}
