/** docs/reference/metrics.md from the table of metrics. */
export function metricsPage({ METRICS, METRIC_PREFIX, MOST_SERIES, RTT_BUCKETS }) {
  const groups = [
    ['Paths', /^(path|edge|rtt|findings)_/],
    ['Arrivals at the own node', /^inbound_/],
    ['Kernel', /^(kernel|culprit)_/],
    ['Node', /^node_/],
    ['The agent itself', /^agent_/],
  ];
  const placed = (name) => groups.some(([, pattern]) => pattern.test(name));
  const missing = Object.keys(METRICS).filter((name) => !placed(name));
  if (missing.length > 0) throw new Error(`metrics of no group: ${missing.join(', ')}`);
  const sections = groups.map(([title, pattern]) => {
    const rows = Object.entries(METRICS)
      .filter(([name]) => pattern.test(name))
      .map(([name, { type, labels, tier, help }]) => {
        const named = labels.map((label) => `\`${label}\``).join(' ');
        return `| \`${METRIC_PREFIX}${name}\` | ${type} | ${named} | ${tier} | ${help} |`;
      });
    return `## ${title}\n\n| metric | type | labels | tier | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Metrics

What \`rxray agent\` shows under \`/metrics\`. This page is made from \`src/model/fleet/metrics-table.ts\` by \`npm run generate\`.

An agent has at most ${MOST_SERIES} series, however large its fleet is: it probes ten neighbours, and series of members that are gone are removed. \`from\` is not a label of paths: it is the node of the scraped agent, which \`${METRIC_PREFIX}agent_info\` names. \`to\` is the name of a node; \`kind\` is \`node\`, \`pod\` or \`nodeport\`; \`protocol\` is \`icmp\` or \`syn\`. Timestamps are those of the agent's own clock, in seconds since 1970, and exist so that stalls of several paths can be matched: counters cannot show that two things happened at once. The tier says from which rights on a metric is there.

Bounds of \`${METRIC_PREFIX}rtt_seconds\`: ${RTT_BUCKETS.join(', ')} s.

${sections.join('\n')}`;
}
