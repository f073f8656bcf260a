import { createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import { CodedError } from '../../model/errors.js';

/** What a pair of nodes shares; keys of their probes are made of it. Undefined where nothing is shared. */
export interface PairSecrets {
  between(one: PairMember, other: PairMember): Buffer | undefined;
}

export interface PairMember {
  readonly name: string;
  /** Public key, 32 bytes in base64. */
  readonly key?: string | undefined;
}

/** One secret for the whole fleet: whoever has it can make the keys of any pair. */
export function sharedSecret(secret: Buffer): PairSecrets {
  return {
    between: (one, other) => hmac(secret, 'pair', ...[one.name, other.name].sort()),
  };
}

/**
 * A private key of this node, and public ones of the others (X25519): a node can make the keys of its own pairs only, so
 * none can forge probes of another.
 */
export function ownKey(privateKey: KeyObject): PairSecrets {
  const made = new Map<string, Buffer>();
  return {
    between: (one, other) => {
      const own = publicKeyOf(privateKey);
      const far = one.key === own ? other : one;
      if (far.key === undefined) return undefined;
      let agreed = made.get(far.key);
      if (agreed === undefined) {
        const publicKey = createPublicKey({ key: Buffer.concat([SPKI, Buffer.from(far.key, 'base64')]), ...DER });
        agreed = diffieHellman({ privateKey, publicKey });
        made.set(far.key, agreed);
      }
      return hmac(agreed, 'pair', ...[one.name, other.name].sort());
    },
  };
}

/** How X25519 keys stand in DER (RFC 8410), before their 32 bytes. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const DER = { format: 'der', type: 'spki' } as const;

/** The public key of a private one, in base64. */
export function publicKeyOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return spki.subarray(SPKI.length).toString('base64');
}

const SECRET_BYTES = 32;

/**
 * The content of a key file: 32 bytes, as they are, in hexadecimal or base64.
 *
 * @throws CodedError E_KEY, without the content
 */
export function readKeyText(content: Buffer, file: string): Buffer {
  if (content.length === SECRET_BYTES) return content;
  const text = content.toString('utf8').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  throw new CodedError(
    'E_KEY',
    `${file}: no key of 32 bytes, in hexadecimal, base64 or as they are`,
    `make one with: head -c 32 /dev/urandom | base64 > ${file}; chmod 600 ${file}`,
    2,
  );
}

/** A private key of 32 bytes. */
export function privateKeyFrom(bytes: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: 'der', type: 'pkcs8' });
}

/** The secret of one path: of its sender, its target and the port it is sent to (0 for echoes), 32 hexadecimal digits. */
export function pathSecret(pair: Buffer, sender: string, target: string, port: number): string {
  const info = `rxray probe\0${sender}\0${target}\0${port}`;
  return Buffer.from(hkdfSync('sha256', pair, '', info, 16)).toString('hex');
}

function hmac(key: Buffer, ...words: readonly string[]): Buffer {
  return createHmac('sha256', key).update(words.join('\0')).digest();
}
