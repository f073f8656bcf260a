import type { CodedError } from '../../model/errors.js';
import { farFailure, type Reason } from './far-failure.js';
import type { SessionEnd } from './far-session.js';

/** Why ssh gave up. */
export function sshFailure(host: string, end: SessionEnd): CodedError {
  const otherwise = `try ssh -o BatchMode=yes ${host} uname -a, which has to work without a question`;
  return farFailure('E_SSH', host, end, reasons(host), otherwise);
}

/** What ssh says of keys and names comes before its general complaints. */
const reasons = (host: string): readonly Reason[] => [
  {
    sign: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    what: 'its host key is not the one known from before',
    remedy:
      'find out why it changed (a new installation, or someone in between), then remove the old one: ssh-keygen -R',
  },
  {
    sign: /Host key verification failed|host key is known for/,
    what: 'its host key is unknown',
    remedy: `run ssh ${host} once by hand and compare the fingerprint it shows`,
  },
  {
    sign: /Permission denied|Too many authentication failures|No supported authentication methods/,
    what: 'it lets nobody in without a password, and rxray never asks for one',
    remedy: `load a key with ssh-add, until ssh -o BatchMode=yes ${host} true works`,
  },
  {
    sign: /Could not resolve hostname/,
    what: 'its name cannot be resolved',
    remedy: `check the name, or give ${host} a HostName in ~/.ssh/config`,
  },
  {
    sign: /Connection refused/,
    what: 'nothing listens on its ssh port',
    remedy: `check that sshd runs there, and on which port (Port for ${host} in ~/.ssh/config)`,
  },
  {
    sign: /timed out|Timeout, server|no answer in|No route to host|Network is unreachable/,
    what: 'it does not answer',
    remedy: `check that it is up and that its ssh port can be reached from here: ssh -v ${host}`,
  },
  {
    sign: /Bad configuration option|Bad owner or permissions|bad configuration options|Can't open user config/,
    what: 'your ssh configuration is not accepted',
    remedy: `mend it until ssh -G ${host} works`,
  },
  {
    sign: /ssh: not found|ssh: command not found/,
    what: 'there is no ssh program here',
    remedy: 'install the OpenSSH client (on Debian: apt-get install openssh-client)',
  },
  {
    sign: /[Ss]ession open refused|open failed|administratively prohibited/,
    what: 'it refuses a further session on the connection',
    remedy: 'allow a few with MaxSessions in its sshd_config',
  },
];
