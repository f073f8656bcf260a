import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { imported, refusal } from './import-io.js';

const FOLDER = 'test/fixtures/pasted';

/** `path sent received lost+errors slowest`, in whole ms, of each path; and the exit status where it is not 0. */
const READ: readonly [file: string, paths: readonly string[], status?: number][] = [
  ['busybox', ['192.0.2.7/icmp 4 2 2 350']],
  ['cp850', ['192.0.2.7/icmp 4 2 2 12']],
  ['curl-1', ['unknown/syn 2 2 0 1003']],
  ['curl-2', ['unknown/syn 2 2 0 3004']],
  ['curl-json', ['192.0.2.7:80/syn 2 2 0 1002']],
  ['dead-then-fine', ['192.0.2.7/icmp 5 0 4 -', '192.0.2.8/icmp 2 2 0 0']],
  ['fping-C', ['192.0.2.7/icmp 4 3 1 350', '192.0.2.8/icmp 4 4 0 1']],
  ['fping-c', ['192.0.2.7/icmp 2 2 0 350', '192.0.2.8/icmp 2 1 1 1']],
  ['fping-e', ['192.0.2.7/icmp 1 1 0 1', '192.0.2.8/icmp 1 0 1 -']],
  ['go-ping', ['192.0.2.7/icmp 3 3 0 1200']],
  ['hping2', ['192.0.2.7/syn 4 2 1 1']],
  ['html', ['192.0.2.7/icmp 2 2 0 350']],
  ['httping', ['192.0.2.7:80/syn 2 2 0 350']],
  ['journald', ['192.0.2.7/icmp 3 3 0 350']],
  ['kill-quit', ['192.0.2.7/icmp 2 2 0 1']],
  ['kubectl', ['192.0.2.7/icmp 3 3 0 350']],
  ['lin-fr', ['192.0.2.7/icmp 4 3 1 350']],
  ['lin-ja', ['192.0.2.7/icmp 2 2 0 350']],
  ['lin-ru', ['192.0.2.7/icmp 2 2 0 350']],
  ['lin-zh', ['192.0.2.7/icmp 3 2 1 350']],
  ['macos', ['192.0.2.7/icmp 5 5 0 2210']],
  ['negative', ['192.0.2.7/icmp 3 3 0 1']],
  ['notime', ['192.0.2.7/icmp 2 2 0 -']],
  ['nping-echo-sum', ['192.0.2.7:80/syn 1 1 0 1']],
  ['paping', ['192.0.2.7:80/syn 3 2 1 350']],
  ['ping-D-v6', ['fe80::1/icmp 3 3 0 350']],
  ['ping-R', ['192.0.2.7/icmp 2 2 0 1']],
  ['psping', ['192.0.2.7:80/syn 3 2 1 350']],
  ['script', ['192.0.2.7/icmp 3 3 0 350']],
  ['solaris', ['192.0.2.7/icmp 2 2 0 350']],
  ['t-any-v6', ['2001:db8::99>2001:db8::7/icmp 1 1 0 1', '2001:db8::99>[2001:db8::7]:443/syn 1 1 0 150']],
  ['t-e-v', ['192.0.2.99>192.0.2.7/icmp 1 1 0 150']],
  ['t-names', ['client.example>web.example:443/syn 1 1 0 150']],
  ['t-old', ['192.0.2.99>192.0.2.7:80/syn 2 1 1 1']],
  ['t-quoted-ecn', ['192.0.2.99>192.0.2.7:80/syn 1 1 0 200']],
  ['t-tt', ['192.0.2.99>192.0.2.7/icmp 1 1 0 150']],
  ['t-ttt', ['192.0.2.99>192.0.2.7/icmp 2 2 0 150']],
  ['t-tttt', ['192.0.2.99>192.0.2.7/icmp 1 1 0 150']],
  ['t-vlan-e', ['192.0.2.99>192.0.2.7/icmp 1 1 0 150']],
  ['t-vxlan', ['192.0.2.99>192.0.2.7:80/syn 1 1 0 150']],
  ['tcping-go', ['192.0.2.7:80/syn 3 2 1 1003']],
  ['tcping-pj', ['192.0.2.7:443/syn 3 2 1 350']],
  ['tcpping', ['192.0.2.7/syn 3 2 1 350']],
  ['tcptraceroute', ['192.0.2.1/icmp 3 3 0 0', '192.0.2.7/icmp 3 3 0 301']],
  ['time-nc', ['192.0.2.7:80/syn 2 2 0 1019']],
  ['traceroute', ['192.0.2.1/icmp 3 3 0 0', '192.0.2.7/icmp 3 2 1 150']],
  ['tracert', ['192.0.2.1/icmp 3 3 0 1', '192.0.2.7/icmp 3 3 0 150']],
  ['truncated', ['192.0.2.7/icmp 100 98 2 1']],
  ['tshark-old', ['192.0.2.99>192.0.2.7/icmp 1 1 0 150', '192.0.2.99>192.0.2.7:80/syn 1 1 0 200']],
  ['tshark', ['192.0.2.99>192.0.2.7/icmp 1 1 0 0', '192.0.2.99>192.0.2.7:80/syn 2 1 1 1']],
  ['ttl-exceeded', ['192.0.2.7/icmp 3 1 2 1']],
  ['two-noheader', ['192.0.2.7/icmp 3 3 0 82', '192.0.2.7/icmp#2 2 2 0 2']],
  ['utf16', ['192.0.2.7/icmp 4 2 2 12']],
  ['win-de', ['192.0.2.7/icmp 4 2 2 12']],
  ['win-dead', ['192.0.2.7/icmp 4 0 4 -'], 1],
  ['win-es', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-fr', ['192.0.2.7/icmp 3 2 1 312']],
  ['win-it', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-ja', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-nl', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-pl', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-pt', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-ru', ['192.0.2.7/icmp 3 2 1 12']],
  ['win-v6', ['2001:db8::7/icmp 3 2 1 12']],
  ['win-zh', ['192.0.2.7/icmp 3 2 1 12']],
];

const REFUSED: readonly [file: string, says: RegExp][] = [
  ['cisco', /Success rate is 100 percent/],
  ['fping-N', /fping -N/],
  ['fping-Q', /10 sent, 10 received/],
  ['hping-quiet', /1000 sent, 997 received; RTT min\/avg\/max 0\.3\/4\.7\/141 ms/],
  ['mtr-csv', /a report of mtr/],
  ['mtr-curses', /hop 2, 192\.0\.2\.7: 10 sent, 10\.0 % lost/],
  ['mtr-json', /hop 2, 192\.0\.2\.7: 10 sent, 10 % lost/],
];

describe('what people paste', () => {
  for (const [file, paths, status] of READ) {
    it(`${file} is read`, async () => {
      const seen = await imported({ files: [`${FOLDER}/${file}.txt`] });
      const told = seen.records('summary').map(({ path, sent, received, lost, errors, rttNs }) => {
        const max = (rttNs as { max: number } | null)?.max;
        const slowest = max === undefined ? '-' : Math.round(max / 1e6);
        const name = String(path).replace('local>', '');
        return `${name} ${sent} ${received} ${(lost as number) + (errors as number)} ${slowest}`;
      });
      assert.deepEqual(told, paths);
      assert.equal(seen.status, status ?? 0);
    });
  }
  for (const [file, says] of REFUSED) {
    it(`${file} has no single probes, and says so with its numbers`, async () => {
      assert.equal(await refusal({ files: [`${FOLDER}/${file}.txt`] }), 'E_IMPORT_NO_PROBES');
      await assert.rejects(imported({ files: [`${FOLDER}/${file}.txt`] }), says);
    });
  }

  it('every file has its row', () => {
    const told = [...READ.map(([file]) => file), ...REFUSED.map(([file]) => file)];
    const there = readdirSync(FOLDER).filter((file) => file !== 'README.md');
    assert.deepEqual(told.sort(), there.map((file) => file.replace('.txt', '')).sort());
  });

  it('where the lines are fewer than the summary says, nothing is said of which were lost', async () => {
    const { records, err } = await imported({ files: [`${FOLDER}/truncated.txt`] });
    assert.match(err, /says 100 sent and 98 received, but its lines show 2 answers/);
    assert.deepEqual([records('finding').length, records('summary')[0]?.lossFromReport], [0, true]);
    const text = (await imported({ files: [`${FOLDER}/truncated.txt`], format: 'text' })).out;
    assert.match(text, /100 packets transmitted, 98 received, 2% packet loss by its own summary/);
  });

  it('--only that matches nothing names the paths that there are', async () => {
    for (const file of [`${FOLDER}/fping-c.txt`, 'test/fixtures/hunt/pcap-qinq.pcap']) {
      await assert.rejects(imported({ files: [file], only: ['foo*'] }), (error: Error & { remedy?: string }) => {
        assert.match(error.message, /--only foo\* matches no path/);
        assert.match(String(error.remedy ?? error), /192\.0\.2\.7\/icmp/);
        return true;
      });
    }
  });
});
