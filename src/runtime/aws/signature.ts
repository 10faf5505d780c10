/** Signature Version 4, by which AWS knows who asks. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that end. */
  readonly sessionToken?: string;
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** As it stands in the URL; default `/`. */
  readonly path?: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly service: string;
  readonly region: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The headers of a request, with its signature. Names of `headers` are in lower case. */
export async function signedHeaders(
  request: SignedRequest,
  credentials: AwsCredentials,
): Promise<Readonly<Record<string, string>>> {
  const { method, host, path = '/', query, headers = {}, body = '', service, region, now } = request;
  // Loaded by those who sign: it takes 14 MB.
  const { SignatureV4 } = await import('@smithy/signature-v4');
  // The hash of the body is part of the signature; services other than S3 do not want it as a header too.
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    {
      method,
      protocol: 'https:',
      hostname: host,
      path,
      query: Object.fromEntries([...new Set(query?.keys())].map((name) => [name, query?.getAll(name) ?? []])),
      headers: { ...headers, host },
      body,
    },
    { signingDate: new Date(now) },
  );
  return signed.headers;
}

/** Node's own SHA-256, keyed if there is a key, as the signer wants it. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
