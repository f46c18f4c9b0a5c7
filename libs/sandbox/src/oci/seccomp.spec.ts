import { describe, expect, it } from 'vitest';
import { seccompProfile } from './seccomp.ts';

interface Profile {
  readonly defaultAction: string;
  readonly architectures?: readonly string[];
  readonly syscalls: readonly {
    readonly names: readonly string[];
    readonly action: string;
    readonly args?: unknown;
  }[];
}
const profile = (architecture = 'x64') => seccompProfile(architecture) as Profile;
const allowedAlways = profile()
  .syscalls.filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined)
  .flatMap(({ names }) => names);

describe('the system calls of a step', () => {
  it('are refused unless they are named', () => {
    expect(profile().defaultAction).toBe('SCMP_ACT_ERRNO');
  });

  it('are each named once, in order', () => {
    expect(new Set(allowedAlways).size).toBe(allowedAlways.length);
  });

  it.each(
    `mount umount2 pivot_root chroot unshare setns clone clone3 socket personality ptrace process_vm_readv
    process_vm_writev kcmp pidfd_getfd bpf perf_event_open userfaultfd io_setup io_submit io_uring_setup io_uring_enter io_uring_register
    keyctl add_key request_key open_by_handle_at name_to_handle_at init_module finit_module delete_module kexec_load
    kexec_file_load reboot settimeofday clock_settime sethostname setdomainname syslog swapon acct iopl ioperm
    fsopen fsmount open_tree move_mount mount_setattr quotactl vhangup`.split(/\s+/),
  )('do not simply include %s', (name) => {
    expect(allowedAlways).not.toContain(name);
  });

  it.each(
    'openat execve read write mmap futex mknod mknodat memfd_create landlock_create_ruleset statx rseq'.split(
      ' ',
    ),
  )('include %s', (name) => {
    expect(allowedAlways).toContain(name);
  });

  it('are those of the machine’s own architecture', () => {
    expect(profile('x64').architectures).toEqual(['SCMP_ARCH_X86_64']);
    expect(profile('arm64').architectures).toEqual(['SCMP_ARCH_AARCH64']);
    expect(profile('riscv64').architectures).toBeUndefined();
  });
});
