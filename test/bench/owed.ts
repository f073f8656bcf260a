/** What has to be undone whatever happens, also when the bench is interrupted. */
const owed: (() => unknown)[] = [];

/** Does the work, then undoes; when a signal ends the bench in between, it is undone as well. */
export async function owing<T>(undo: () => unknown, work: () => Promise<T>): Promise<T> {
  owed.push(undo);
  try {
    return await work();
  } finally {
    owed.splice(owed.lastIndexOf(undo), 1);
    await undo();
  }
}

/** From now on SIGINT, SIGTERM and SIGHUP undo what is owed, the latest first, and end the process. */
export function undoOnSignal(): void {
  let ending = false;
  const end = async (status: number): Promise<void> => {
    if (ending) return;
    ending = true;
    console.error('interrupted: cleaning up');
    for (const undo of owed.reverse()) {
      try {
        await undo();
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
      }
    }
    process.exit(status);
  };
  process.on('SIGINT', () => void end(130));
  process.on('SIGTERM', () => void end(143));
  process.on('SIGHUP', () => void end(129));
}
