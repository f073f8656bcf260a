/** This machine as packages name it: `linux-x64`. */
export const PLATFORM = `${process.platform}-${process.arch}`;

/** What rxray has ready-made helpers for. */
export const PACKAGED_PLATFORMS = ['linux-x64', 'linux-arm64'];

/** The npm package with the helpers of a platform. */
export function platformPackage(platform: string): string {
  return `@rxray/${platform}`;
}
