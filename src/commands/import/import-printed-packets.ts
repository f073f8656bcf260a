import type { PacketSink } from '../../imports/capture/file/capture-file.js';
import { type PrintedCapture, readPrintedPackets } from '../../imports/text/printed-packets.js';
import { CodedError } from '../../model/errors.js';
import type { Io } from '../terminal/io.js';
import { importPackets } from './import-capture.js';
import type { ImportOptions } from './import-options.js';
import type { TextFile } from './import-text.js';

/** `import` of what tcpdump or tshark printed: as if it were the capture itself. */
export async function importPrintedPackets(text: TextFile, options: ImportOptions, io: Io): Promise<number> {
  const names = new Map<string, string>();
  let read: PrintedCapture | undefined;
  return importPackets(
    {
      name: text.name,
      tool: 'printed by tcpdump or tshark',
      timestamps: 'kernel',
      dated: () => read?.dated ?? false,
      nameOf: (address) => names.get(address) ?? address,
      progress: () => [text.lines.length, text.lines.length],
      read: async (sink) => {
        read = checked(text.name, text.lines, sink, names, (about) => {
          read = about;
        });
        return { bytes: text.lines.length, damages: [], cutOff: text.damage.length > 0 };
      },
      notes: () => [
        ...text.damage,
        'these are lines about packets, not the packets: what the lines do not show (IP identification, all of the options) is not known; the capture itself (tcpdump -w) tells more',
      ],
    },
    options,
    io,
  );
}

function checked(
  name: string,
  lines: readonly string[],
  sink: PacketSink,
  names: Map<string, string>,
  begun: (about: PrintedCapture) => void,
): PrintedCapture {
  const about = readPrintedPackets(lines, sink, names, begun);
  if (about.packets > 0 && !about.untimed) return about;
  throw new CodedError(
    'E_IMPORT_FORMAT',
    about.packets === 0
      ? `no line of ${name} shows a SYN, an answer to one, or an echo`
      : `the lines of ${name} have no times (tcpdump -t leaves them out)`,
    'give the capture itself, written by tcpdump -w, or print it with times',
    2,
  );
}
