import { expect, it } from 'vitest';
import { signedHeaders } from './signature.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const request = {
  host: 'example.amazonaws.com',
  service: 'service',
  region: 'us-east-1',
  now: Date.UTC(2015, 7, 30, 12, 36),
};

// The signatures that AWS publishes for these requests.
it.each([
  ['GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
] as const)('signs a %s as AWS does', async (method, signature) => {
  await expect(signedHeaders({ ...request, method }, credentials)).resolves.toEqual({
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  });
});

it('signs the token of credentials that end', async () => {
  const signed = await signedHeaders(
    { ...request, method: 'POST', body: 'a=b' },
    { ...credentials, sessionToken: 't' },
  );
  expect(signed).toMatchObject({ 'x-amz-security-token': 't' });
  expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});

// The signatures that AWS publishes for these requests.
it.each([
  ['Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['Param1=value2&Param1=value1', '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694'],
])('signs the parameters %s', async (parameters, signature) => {
  const signed = await signedHeaders(
    { ...request, method: 'GET', query: new URLSearchParams(parameters) },
    credentials,
  );
  expect(signed['authorization']).toContain(`Signature=${signature}`);
});

it('signs another path differently', async () => {
  const at = (path: string) => signedHeaders({ ...request, method: 'GET', path }, credentials);
  expect(await at('/')).not.toEqual(await at('/a'));
});

it('signs parameters by their names, whatever their order', async () => {
  const by = (text: string) =>
    signedHeaders({ ...request, method: 'GET', query: new URLSearchParams(text) }, credentials);
  const { authorization } = await by('a-b=1&a=2');
  expect(await by('a=2&a-b=1')).toMatchObject({ authorization });
  // Reckoned by hand from the canonical request, in which `a` comes before `a-b`.
  expect(authorization).toMatch(/Signature=3195c10f6c70f9392a7764f6f83099349c32cf39a12222f775fca70b6227a5a4$/);
});
