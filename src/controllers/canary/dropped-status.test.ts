import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { droppedStatus } from './dropped-status.ts';

const answered = (status: object): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { namespace: 'shop', name: 'web' },
  status,
});

describe('droppedStatus', () => {
  it('says nothing when the answer has all that was written, and more', () => {
    expect(droppedStatus({ phase: 'Failed', draining: undefined }, answered({ phase: 'Failed', x: 1 }))).toBe(
      undefined,
    );
  });

  it('names the fields that a CRD of the original lacks, and the remedy', () => {
    const wanted = { phase: 'Progressing', decisions: [], draining: { for: 'rollback' } };
    expect(droppedStatus(wanted, answered({ phase: 'Progressing' }))).toBe(
      'Cannot keep "decisions", "draining" in the status of web.shop: the CRD canaries.flagger.app lacks them, apply deploy/crds',
    );
  });
});
