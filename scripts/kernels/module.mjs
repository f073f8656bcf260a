// Builds the module that holds a CPU, against Debian's headers of a kernel. Without the kernel's own build programs:
// those are made for the suite of the kernel, and would not run on an older one.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, step } from '../step.mjs';

const SOURCE = fileURLToPath(new URL('guest/hold.c', import.meta.url));
const NAME = 'rxray_hold';

/** Compiler flags that the kernel's build sets by architecture, as far as a module of one file needs them. */
const FLAGS = {
  amd64: [
    ...['-m64', '-mno-sse', '-mno-mmx', '-mno-sse2', '-mno-3dnow', '-mno-avx', '-mno-80387', '-mno-fp-ret-in-387'],
    ...['-mno-red-zone', '-mcmodel=kernel', '-mskip-rax-setup', '-fcf-protection=branch', '-fno-jump-tables'],
  ],
  arm64: ['-mgeneral-regs-only', '-mlittle-endian', '-fno-pic'],
};
const COMMON = [
  ...['-std=gnu11', '-O2', '-fno-strict-aliasing', '-fno-common', '-fshort-wchar', '-fno-stack-protector'],
  ...['-fno-PIE', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-fno-delete-null-pointer-checks'],
  ...['-fms-extensions', '-nostdinc', '-w', '-D__KERNEL__', '-DMODULE', '-DCC_USING_FENTRY'],
  ...[`-DKBUILD_MODNAME="${NAME}"`, `-DKBUILD_BASENAME="${NAME}"`, `-D__KBUILD_MODNAME=kmod_${NAME}`],
  `-DKBUILD_MODFILE="${NAME}"`,
];

/** Sections that the loader of arm64 fills with jumps to what is far away (arch/arm64/include/asm/module.lds.h). */
const ARM64_SECTIONS = `asm(".section .plt, \\"ax\\"; .byte 0; .section .init.plt, \\"ax\\"; .byte 0;"
    ".section .text.ftrace_trampoline, \\"ax\\"; .byte 0; .section .init.text.ftrace_trampoline, \\"ax\\"; .byte 0; .previous");
`;

/**
 * @param headers folder with the unpacked header packages
 * @returns the module's file
 */
export function holdModule(kernel, headers, folder) {
  const sources = join(headers, 'usr/src');
  const [own, common] = sourceFolders(sources);
  const arch = kernel.architecture === 'amd64' ? 'x86' : 'arm64';
  const cc = kernel.architecture === 'amd64' ? 'x86_64-linux-gnu-gcc' : 'aarch64-linux-gnu-gcc';
  const include = [own, common].flatMap((base) => [
    join(base, `arch/${arch}/include`),
    join(base, `arch/${arch}/include/generated`),
    join(base, 'include'),
    join(base, `arch/${arch}/include/uapi`),
    join(base, `arch/${arch}/include/generated/uapi`),
    join(base, 'include/uapi'),
    join(base, 'include/generated/uapi'),
  ]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const flags = [
    ...COMMON,
    ...FLAGS[kernel.architecture],
    ...['-isystem', output(cc, ['-print-file-name=include'])],
    ...include.filter((path) => existsSync(path)).map((path) => `-I${path}`),
    ...['-include', join(common, 'include/linux/kconfig.h')],
    ...['-include', join(common, 'include/linux/compiler_types.h')],
  ];
  const compile = (from, to) => step(cc, [...flags, '-c', from, '-o', to], { quiet: true });
  const [object, about, module] = ['hold.o', 'about.o', `${NAME}.ko`].map((name) => join(folder, name));
  compile(SOURCE, object);
  writeFileSync(
    join(folder, 'about.c'),
    aboutModule(undefinedSymbols(cc.replace('gcc', 'nm'), object), own, kernel.architecture),
  );
  compile(join(folder, 'about.c'), about);
  step(cc.replace('gcc', 'ld'), ['-r', '-o', module, object, about], { quiet: true });
  return module;
}

/** The folder of the configured headers, and the one with what all flavours share. */
function sourceFolders(sources) {
  const all = readdirSync(sources).filter((name) => name.startsWith('linux-headers-'));
  const common = all.find((name) => /-common(-rt)?$/.test(name));
  const own = all.find((name) => name !== common);
  return [join(sources, own), join(sources, common)];
}

/** Names that the kernel has to provide. */
function undefinedSymbols(nm, object) {
  return (output(nm, ['-u', object]) ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).at(-1))
    .filter((name) => name !== '');
}

/** What modpost would write: the module's structure, what it was built for, and the versions of what it takes. */
function aboutModule(symbols, own, architecture) {
  const versions = new Map(
    readFileSync(join(own, 'Module.symvers'), 'utf8')
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([version, name]) => [name, version]),
  );
  const taken = ['module_layout', ...symbols].flatMap((name) =>
    versions.has(name) ? [`\t{ ${versions.get(name)}, "${name}" },`] : [],
  );
  return `#define INCLUDE_VERMAGIC
#include <linux/module.h>
#include <linux/vermagic.h>

MODULE_INFO(vermagic, VERMAGIC_STRING);
MODULE_INFO(name, KBUILD_MODNAME);
__visible struct module __this_module __section(".gnu.linkonce.this_module") = {
	.name = KBUILD_MODNAME,
	.init = init_module,
	.exit = cleanup_module,
	.arch = MODULE_ARCH_INIT,
};
${architecture === 'arm64' ? ARM64_SECTIONS : ''}static const struct modversion_info versions[] __used __section("__versions") = {
${taken.join('\n')}
};
`;
}
