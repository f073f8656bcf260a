// The kernels that rxray is tried on: Debian's own, of several suites.

/**
 * `image` is Debian's name for the newest kernel of its kind there; `machine` the emulator's kind of machine and `cpu`
 * its processor.
 */
export const KERNELS = [
  { name: '5.10', suite: 'bullseye', architecture: 'amd64', image: 'linux-image-amd64' },
  { name: '6.1', suite: 'bookworm', architecture: 'amd64', image: 'linux-image-amd64' },
  { name: '6.12', suite: 'trixie', architecture: 'amd64', image: 'linux-image-amd64' },
  { name: '6.12-rt', suite: 'trixie', architecture: 'amd64', image: 'linux-image-rt-amd64' },
  { name: 'sid', suite: 'sid', architecture: 'amd64', image: 'linux-image-amd64' },
  { name: '6.1-arm64', suite: 'bookworm', architecture: 'arm64', image: 'linux-image-arm64' },
  { name: '6.12-arm64', suite: 'trixie', architecture: 'arm64', image: 'linux-image-arm64' },
];

/**
 * How a machine of an architecture is emulated, and what its kernel is told. Where the emulator itself is kept from the
 * processor for long, a kernel of x86-64 would take the timer for broken, and panic.
 */
export const EMULATORS = {
  amd64: {
    program: 'qemu-system-x86_64',
    machine: ['-M', 'q35', '-cpu', 'max', '-accel', 'tcg,thread=multi'],
    parameters: 'console=ttyS0 no_timer_check',
    package: 'qemu-system-x86',
  },
  arm64: {
    program: 'qemu-system-aarch64',
    // Without pointer authentication: its emulation costs half of the speed.
    machine: ['-M', 'virt', '-cpu', 'cortex-a72', '-accel', 'tcg,thread=multi'],
    parameters: 'console=ttyAMA0',
    package: 'qemu-system-arm',
  },
};
