import { type AgentPart, labels, NAME, partName, SELECTOR } from '../parts.js';
import { joined, type ObjectTemplate, set, type Template, value, when, YamlText } from '../template.js';

/** Where the file is in the pods. */
export const CONFIG_FOLDER = '/etc/rxray';
export const KEYS_FOLDER = '/etc/rxray-keys';
export const WEB_FOLDER = '/etc/rxray-web';

/** `agent.yaml` of a part, in a ConfigMap. */
export function agentConfigMap(part: AgentPart): ObjectTemplate['object'] {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: partName(part), labels: labels(part) },
    data: {
      'agent.yaml': new YamlText(agentYaml(part)),
      'web.yml': new YamlText({ basic_auth_users: {} }),
    },
  };
}

function agentYaml(part: AgentPart): Template {
  return {
    tier: part,
    members: {
      kubernetes: {
        selector: Object.entries(SELECTOR)
          .map(([key, one]) => `${key}=${one}`)
          .join(),
        nodePort: when(set('paths.nodePort'), value('paths.nodePort')),
        port: value('agent.port'),
      },
    },
    ring: { neighbours: value('agent.neighbours') },
    probe: { interval: value('agent.interval'), flows: value('agent.flows') },
    keys: when(set('keys.existingSecret'), { secretFile: `${KEYS_FOLDER}/fleet` }),
    recorder: { folder: `/var/lib/${NAME}` },
    listen: {
      address: joined('[::]:', value('agent.port')),
      // Off loopback an agent wants to be told who may ask; what it recorded is for nobody without a password anyway.
      webConfig: when(set('webConfig.existingSecret'), `${WEB_FOLDER}/web.yml`, `${CONFIG_FOLDER}/web.yml`),
    },
  };
}
