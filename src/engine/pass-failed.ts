/** The world refuses what a pass needs: the pass ends here, and a later one tries again. */

/** The message is the text of the Warning that the user sees. */
export class PassFailed extends Error {
  override readonly name = 'PassFailed';
}
