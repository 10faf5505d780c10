/** The forms of names, labels and keys in Kubernetes: each check gives the API server's texts for what is wrong, none if all is well. */

type Check = (text: string) => readonly string[];

const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dnsSubdomain = `${dnsLabel}(\\.${dnsLabel})*`;
const namePart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${namePart})?`;
const configKey = '[-._a-zA-Z0-9]+';
const variableName = '[-._a-zA-Z][-._a-zA-Z0-9]*';

const tooLong = (most: number): string => `must be no more than ${most} characters`;

/** The form, with examples, and the expression that says it. */
const form = (rule: string, pattern: string, ...examples: readonly string[]): string => {
  const quoted = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${quoted}regex used for validation is '${pattern}')`;
};

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

/** Compiled once: every label of every pod template is looked at. */
const compiled: ReadonlyMap<string, RegExp> = new Map(
  [dnsLabel, dnsSubdomain, namePart, labelValue, configKey, variableName].map((pattern) => [pattern, whole(pattern)]),
);

const matches = (text: string, pattern: string): boolean => (compiled.get(pattern) ?? whole(pattern)).test(text);

const bounded = (text: string, most: number, pattern: string, wrong: string): readonly string[] => [
  ...(text.length > most ? [tooLong(most)] : []),
  ...(matches(text, pattern) ? [] : [wrong]),
];

const labelForm = form(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  dnsLabel,
  'my-name',
  '123-abc',
);

const subdomainForm = form(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  dnsSubdomain,
  'example.com',
);

const namePartForm = form(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  namePart,
  'MyName',
  'my.name',
  '123-abc',
);

const labelValueForm = form(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  labelValue,
  'MyValue',
  'my_value',
  '12345',
);

/** Names of containers, volumes and hosts. */
export const dnsLabelProblems: Check = (text) => {
  const isDotted = text.includes('.') && matches(text, dnsSubdomain);
  return bounded(text, 63, dnsLabel, isDotted ? 'must not contain dots' : labelForm);
};

const variableNameForm = form(
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  variableName,
  'my.env-name',
  'MY_ENV.NAME',
  'MyEnvName1',
);

/** Names that become names of files. */
function upwardProblems(text: string): readonly string[] {
  if (text === '.') return ["must not be '.'"];
  if (text === '..') return ["must not be '..'"];
  return text.startsWith('..') ? ["must not start with '..'"] : [];
}

/** Names of most objects. */
export const dnsSubdomainProblems: Check = (text) => bounded(text, 253, dnsSubdomain, subdomainForm);

/** Values of labels. */
export const labelValueProblems: Check = (text) => bounded(text, 63, labelValue, labelValueForm);

/** Keys of labels and annotations: `name` or `prefix/name`. */
export const qualifiedNameProblems: Check = (text) => {
  const parts = text.split('/');
  if (parts.length > 2)
    return [
      `a qualified name ${namePartForm} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const [name = '', prefix] = parts.toReversed();
  return [...prefixProblems(prefix), ...namePartProblems(name)];
};

function prefixProblems(prefix: string | undefined): readonly string[] {
  if (prefix === undefined) return [];
  if (prefix === '') return ['prefix part must be non-empty'];
  return dnsSubdomainProblems(prefix).map((problem) => `prefix part ${problem}`);
}

function namePartProblems(name: string): readonly string[] {
  if (name === '') return ['name part must be non-empty', `name part ${namePartForm}`];
  return bounded(name, 63, namePart, namePartForm).map((problem) => `name part ${problem}`);
}

/** Names of ports. */
export const portNameProblems: Check = (text) => [
  ...(text.length > 15 ? [tooLong(15)] : []),
  ...(/^[-a-z0-9]+$/.test(text) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(text) ? [] : ['must contain at least one letter (a-z)']),
  ...(text.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(text.startsWith('-') || text.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
];

/** Names of environment variables. */
export const variableNameProblems: Check = (text) => {
  if (!matches(text, variableName)) return [variableNameForm];
  return upwardProblems(text);
};

/** Keys of ConfigMaps and Secrets. */
export const configKeyProblems: Check = (text) => [
  ...bounded(
    text,
    253,
    configKey,
    form(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      configKey,
      'key.name',
      'KEY_NAME',
      'key-name',
    ),
  ),
  ...upwardProblems(text),
];

export const portNumberProblems = (port: number): readonly string[] =>
  Number.isInteger(port) && port > 0 && port < 65_536 ? [] : ['must be between 1 and 65535, inclusive'];

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

export const addressProblems: Check = (text) =>
  ipv4.test(text) || isIpv6(text) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

/** Eight groups, of which one run of zeros may be left out, and the last two written as IPv4. */
function isIpv6(text: string): boolean {
  const [, head = '', tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (tail !== undefined && !ipv4.test(tail)) return false;
  const groups = (tail === undefined ? text : `${head}0:0`).split('::');
  const count = groups.flatMap((part) => (part === '' ? [] : part.split(':')));
  const isWhole = groups.length === 1 && count.length === 8;
  return (
    count.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (isWhole || (groups.length === 2 && count.length < 8))
  );
}
