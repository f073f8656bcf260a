#!/usr/bin/env node
// Makes the C header and the TypeScript tables of the frame format from native/frames/frames.json.
// `--check` writes nothing and exits 1 when a generated file is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const definition = JSON.parse(readFileSync(join(root, 'native/frames/frames.json'), 'utf8'));

// An instant that counts from the epoch of its stream is an i64 that moves when the stream is put on another time line.
const SIZES = { u8: 1, u16: 2, u32: 4, i64: 8, u64: 8, time: 8 };
const C_TYPES = { u8: 'uint8_t', u16: 'uint16_t', u32: 'uint32_t', i64: 'int64_t', u64: 'uint64_t', time: 'int64_t' };

const snake = (name) => name.replaceAll('-', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const upper = (name) => snake(name).toUpperCase();
const pascal = (name) => name[0].toUpperCase() + name.slice(1);

/** Gives every field its offset; refuses a layout that C would pad, so that both sides agree on any compiler. */
function layout(fields, owner) {
  let offset = 0;
  let widest = 1;
  const placed = fields.map(([name, type, doc]) => {
    const match = /^(u8|u16|u32|i64|u64|time)(?:\[(\d+)\])?$/.exec(type);
    if (!match) throw new Error(`${owner}.${name}: unknown type ${type}`);
    const size = SIZES[match[1]];
    if (offset % size !== 0) throw new Error(`${owner}.${name}: offset ${offset} is not a multiple of ${size}`);
    const length = match[2] ? Number(match[2]) : undefined;
    const field = { name, scalar: match[1], length, doc, offset };
    offset += size * (length ?? 1);
    widest = Math.max(widest, size);
    return field;
  });
  if (offset % widest !== 0) throw new Error(`${owner}: ${offset} bytes is not a multiple of ${widest}`);
  return { fields: placed, bytes: offset };
}

const widthOf = (field) => (field.scalar === 'time' ? 'i64' : field.scalar);

const structs = [['header', definition.header], ['block', definition.block], ...Object.entries(definition.records)].map(
  ([name, struct]) => ({
    name,
    type: struct.type,
    doc: struct.doc,
    leastBytes: struct.leastBytes,
    ...layout(struct.fields, name),
  }),
);

function cHeader() {
  const out = [
    '/* Made by scripts/generate-frames.mjs from native/frames/frames.json. Do not edit. */',
    '/* SPDX-License-Identifier: MIT */',
    '#ifndef RXRAY_FRAMES_GEN_H',
    '#define RXRAY_FRAMES_GEN_H',
    '',
    '#include <assert.h>',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    `#define RXRAY_FRAMES_VERSION ${definition.version}`,
    `#define RXRAY_FRAMES_MAGIC { ${definition.magic
      .match(/../g)
      .map((byte) => `0x${byte}`)
      .join(', ')} }`,
    `#define RXRAY_BLOCK_MAGIC 0x${definition.blockMagic.match(/../g).reverse().join('')}u`,
    '',
  ];
  for (const [name, values] of Object.entries(definition.enums)) {
    out.push(`enum rxray_${snake(name)} {`);
    for (const [key, value] of Object.entries(values)) out.push(`\tRXRAY_${upper(name)}_${upper(key)} = ${value},`);
    out.push('};', '');
  }
  for (const [name, values] of Object.entries(definition.flags)) {
    for (const [key, [value, doc]] of Object.entries(values)) {
      out.push(`/* ${doc} */`, `#define RXRAY_${upper(name)}_${upper(key)} 0x${value.toString(16).padStart(2, '0')}u`);
    }
    out.push('');
  }
  for (const struct of structs) {
    const cName = `rxray_frame_${snake(struct.name)}`;
    if (struct.type !== undefined) out.push(`#define RXRAY_RECORD_${upper(struct.name)} ${struct.type}`);
    out.push(`/* ${struct.doc} */`, `struct ${cName} {`);
    for (const field of struct.fields) {
      const suffix = field.length === undefined ? '' : `[${field.length}]`;
      out.push(`\t${C_TYPES[field.scalar]} ${snake(field.name)}${suffix}; /* ${field.doc} */`);
    }
    out.push('};', `static_assert(sizeof(struct ${cName}) == ${struct.bytes}, "${struct.name}");`);
    for (const field of struct.fields) {
      out.push(
        `static_assert(offsetof(struct ${cName}, ${snake(field.name)}) == ${field.offset}, "${struct.name}.${field.name}");`,
      );
    }
    out.push('');
  }
  out.push('#endif');
  return `${out.join('\n')}\n`;
}

function typescriptTables() {
  const out = [
    '// Made by scripts/generate-frames.mjs from native/frames/frames.json. Do not edit.',
    '',
    `export const FRAMES_VERSION = ${definition.version};`,
    `export const FRAMES_MAGIC = [${definition.magic
      .match(/../g)
      .map((byte) => `0x${byte}`)
      .join(', ')}] as const;`,
    `export const BLOCK_MAGIC = 0x${definition.blockMagic.match(/../g).reverse().join('')};`,
    '',
  ];
  for (const [name, values] of Object.entries(definition.enums)) {
    out.push(`export const ${upper(name)} = {`);
    for (const [key, value] of Object.entries(values))
      out.push(`  ${/^[a-z]+$/.test(key) ? key : `'${key}'`}: ${value},`);
    out.push('} as const;', '');
  }
  for (const [name, values] of Object.entries(definition.flags)) {
    out.push(`export const ${upper(name)} = {`);
    for (const [key, [value, doc]] of Object.entries(values))
      out.push(`  /** ${pascal(doc)}. */`, `  ${key}: ${value},`);
    out.push('} as const;', '');
  }
  for (const struct of structs) {
    out.push(`/** ${struct.doc} Byte offsets of the fields. */`, `export const ${upper(struct.name)}_LAYOUT = {`);
    if (struct.type !== undefined) out.push(`  type: ${struct.type},`);
    out.push(`  bytes: ${struct.bytes},`);
    if (struct.leastBytes !== undefined)
      out.push(
        '  /** Size in the first version; fields behind it may be missing. */',
        `  leastBytes: ${struct.leastBytes},`,
      );
    for (const field of struct.fields) {
      if (field.name === 'reserved') continue;
      out.push(
        `  /** ${widthOf(field)}${field.length === undefined ? '' : `[${field.length}]`}: ${field.doc}. */`,
        `  ${field.name}: ${field.offset},`,
      );
    }
    out.push('} as const;', '');
    const times = struct.fields.filter((field) => field.scalar === 'time').map((field) => `'${field.name}'`);
    if (struct.type !== undefined && times.length > 0) {
      out.push(
        `/** Instants in records of type ${struct.name}, since the epoch of the stream. */`,
        `export const ${upper(struct.name)}_TIMES = [${times.join(', ')}] as const;`,
        '',
      );
    }
    if (struct.type === undefined || struct.name === 'sample' || struct.name === 'text') continue;
    out.push(
      `/** Fields of a ${struct.name} record: name, width and byte offset. */`,
      `export const ${upper(struct.name)}_FIELDS = [`,
    );
    const shown = struct.fields.filter((field) => field.name !== 'reserved');
    for (const field of shown) {
      if (field.length === undefined) out.push(`  ['${field.name}', '${widthOf(field)}', ${field.offset}],`);
    }
    out.push('] as const;', '');
    const arrays = shown.filter((field) => field.length !== undefined);
    if (arrays.length === 0) continue;
    out.push(
      `/** Arrays of a ${struct.name} record: name, byte offset and number of elements. */`,
      `export const ${upper(struct.name)}_ARRAYS = {`,
      ...arrays.map((field) => `  ${field.name}: [${field.offset}, ${field.length}],`),
      '} as const;',
      '',
    );
  }
  return `${out.join('\n').trimEnd()}\n`;
}

const files = { 'native/frames/frames.gen.h': cHeader(), 'src/codec/frames.gen.ts': typescriptTables() };
let stale = 0;
for (const [path, text] of Object.entries(files)) {
  const full = join(root, path);
  if (process.argv.includes('--check')) {
    let current = '';
    try {
      current = readFileSync(full, 'utf8');
    } catch {
      // A missing file is as stale as a wrong one.
    }
    if (current !== text) {
      stale += 1;
      console.error(`${path} is not what scripts/generate-frames.mjs makes: run it and commit the result.`);
    }
  } else {
    writeFileSync(full, text);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
