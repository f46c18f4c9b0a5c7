/** Messages of programs that reach no network: resolvers first, in the words of glibc, musl, Go, Node, Java, Rust, curl, apt. */
const unreachable =
  /Could not resolve|[Nn]ame or service not known|Temporary failure (?:in name resolution|resolving)|Name does not resolve|getaddrinfo (?:ENOTFOUND|EAI_AGAIN|failed)|lookup \S+: no such host|dial (?:tcp|udp) \S+: .{0,60}(?:no such host|network is unreachable)|failed to lookup address|Failed to resolve|[Uu]nable to resolve host|UnknownHostException|bad address '|[Nn]etwork is unreachable|ENETUNREACH|ENOTFOUND/;

/** How much of the end of the output is searched, in bytes: programs print a stack after the message, package managers more. */
const tailBytes = 32 * 1024;

/** Notices that a step without network failed for the want of it, by the end of its output. */
export class NetworkHint {
  readonly #isWatching: boolean;
  #tail: Buffer | undefined;
  #length = 0;

  /** @param isCut  whether the step's sandbox has no network */
  constructor(isCut: boolean) {
    this.#isWatching = isCut;
  }

  watch(bytes: Uint8Array): void {
    if (!this.#isWatching) return;
    this.#tail ??= Buffer.alloc(tailBytes);
    const added = bytes.subarray(-tailBytes);
    const kept = Math.min(this.#length, tailBytes - added.length);
    this.#tail.copyWithin(0, this.#length - kept, this.#length);
    this.#tail.set(added, kept);
    this.#length = kept + added.length;
  }

  /** The hint for the end of the log of a step that did not succeed, if there is one. */
  get hint(): string | undefined {
    const text = this.#tail?.toString('latin1', 0, this.#length) ?? '';
    if (!unreachable.test(text)) return undefined;
    return 'hint: this step has no network; "network: host" in the step gives it the machine’s, where the server lets whoever starts the run have it (millrace config explain network_max)';
  }
}
