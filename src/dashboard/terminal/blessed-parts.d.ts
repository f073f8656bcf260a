// The parts of blessed that are used, by the files they are in: its index loads all widgets by computed names, which no
// bundler can follow.
declare module 'blessed/lib/widgets/screen.js' {
  import type { Widgets } from 'blessed';

  const screen: (options: Widgets.IScreenOptions) => Widgets.Screen;
  export default screen;
}
declare module 'blessed/lib/widgets/box.js' {
  import type { Widgets } from 'blessed';

  const box: (options: Widgets.BoxOptions) => Widgets.BoxElement;
  export default box;
}
declare module 'blessed/lib/tput.js' {
  interface Tput {
    parseTerminfo(bytes: Buffer, file: string): object;
    readTerminfo(name: string): object;
  }
  const tput: { readonly prototype: Tput };
  export default tput;
}
