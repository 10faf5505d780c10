/** Which requests go through a proxy. */
import { describe, expect, it } from 'vitest';
import { proxyFromEnvironment } from './proxy-from-environment.ts';

const server = 'https://api.example.com:6443';
const proxy = 'http://proxy:3128';

describe('a proxy of the environment', () => {
  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    [server, {}, undefined],
    [server, { HTTPS_PROXY: proxy }, proxy],
    [server, { https_proxy: 'proxy:3128' }, proxy],
    [server, { HTTP_PROXY: proxy }, undefined],
    ['http://api.example.com', { HTTP_PROXY: proxy }, proxy],
    ['https://127.0.0.1:6443', { HTTPS_PROXY: proxy }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY: proxy }, undefined],
    ['https://localhost', { HTTPS_PROXY: proxy }, undefined],
    [server, { HTTPS_PROXY: proxy, NO_PROXY: '*' }, undefined],
    [server, { HTTPS_PROXY: proxy, NO_PROXY: 'other, example.com' }, undefined],
    [server, { HTTPS_PROXY: proxy, NO_PROXY: '.example.com' }, undefined],
    ['https://example.com', { HTTPS_PROXY: proxy, NO_PROXY: '.example.com' }, proxy],
    ['https://badexample.com', { HTTPS_PROXY: proxy, NO_PROXY: 'example.com' }, proxy],
    [server, { HTTPS_PROXY: proxy, no_proxy: 'example.com:6443' }, undefined],
    [server, { HTTPS_PROXY: proxy, no_proxy: 'example.com:443' }, proxy],
    ['https://10.1.2.3', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY: proxy, NO_PROXY: '10.0.0.0/8,11.1.2.4' }, proxy],
    ['https://11.1.2.3', { HTTPS_PROXY: proxy, NO_PROXY: '11.1.2.3' }, undefined],
    ['https://10.1.2.3', { HTTPS_PROXY: proxy, NO_PROXY: 'x/8,10.0.0.0/x' }, proxy],
  ])('for %s with %j is %s', (address, env, wanted) => {
    expect(proxyFromEnvironment(address, env)?.url).toBe(wanted);
  });
});
