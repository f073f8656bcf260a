/** Fields of a record as the generated tables give them: name, width, byte offset. */
export type Fields = readonly (readonly [name: string, width: 'u8' | 'u16' | 'u32' | 'i64' | 'u64', offset: number])[];

export type FieldValues<F extends Fields> = { readonly [Name in F[number][0]]: number };

/** In the frames, for a CPU that is not known. */
export const UNKNOWN_CPU = 255;

/** The same for 16-bit numbers of CPUs and queues. */
export const UNKNOWN_INDEX = 0xffff;

/** A 64-bit integer as a number: exact below 2^53, which is 104 days in nanoseconds. */
export function readInteger(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
}

export function writeInteger(view: DataView, at: number, value: number): void {
  view.setBigInt64(at, BigInt(value), true);
}

export function readRecord<F extends Fields>(view: DataView, at: number, fields: F): FieldValues<F> {
  const values: Record<string, number> = {};
  for (const [name, width, offset] of fields) {
    values[name] =
      width === 'u8'
        ? view.getUint8(at + offset)
        : width === 'u16'
          ? view.getUint16(at + offset, true)
          : width === 'u32'
            ? view.getUint32(at + offset, true)
            : readInteger(view, at + offset);
  }
  return values as FieldValues<F>;
}

export function writeRecord<F extends Fields>(view: DataView, at: number, fields: F, values: FieldValues<F>): void {
  for (const [name, width, offset] of fields) {
    const value = (values as Readonly<Record<string, number>>)[name] ?? 0;
    if (width === 'u8') view.setUint8(at + offset, value);
    else if (width === 'u16') view.setUint16(at + offset, value, true);
    else if (width === 'u32') view.setUint32(at + offset, value, true);
    else writeInteger(view, at + offset, value);
  }
}

/** Text in an array of bytes, ended by a zero byte or by the array's end. */
export function readText(view: DataView, at: number, [offset, length]: readonly [number, number]): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + offset, length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
