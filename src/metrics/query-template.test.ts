import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueryInputs } from './builtin-queries.ts';
import { queryTemplateProblem, renderQuery } from './query-template.ts';

const inputs: QueryInputs = {
  name: 'podinfo',
  namespace: 'test',
  target: 'app',
  service: 'svc',
  ingress: 'ing',
  route: 'way',
  interval: '1m',
  variables: { direction: 'inbound', code: '5..' },
};

const rendered = (template: string, more: Partial<QueryInputs> = {}) => renderQuery(template, { ...inputs, ...more });

function failure(template: string): string {
  const result = rendered(template);
  return result.ok ? `rendered: ${result.query}` : result.message;
}

describe('renderQuery', () => {
  it.each([
    // The functions of a query.
    [
      'rate(x{ns="{{ namespace }}",t=~"{{ target }}",d="{{ variables.direction }}"}[{{ interval }}])',
      'rate(x{ns="test",t=~"app",d="inbound"}[1m])',
    ],
    ['{{name}} {{service}} {{ingress}} {{route}}', 'podinfo svc ing way'],
    ['{{ index variables "direction" }}', 'inbound'],
    ['[{{ index variables "missing" }}]', '[]'],
    ['{{ (variables).direction }}', 'inbound'],
    ['{{ variables }}', 'map[code:5.. direction:inbound]'],
    // Text and trimming.
    ['no template } {', 'no template } {'],
    ['a {{- name -}} b', 'apodinfob'],
    ['a {{- /* a note with }} in it */ -}} b', 'ab'],
    ['a{{/* note */}}b', 'ab'],
    ['{{-3}}{{- 3 -}}', '-33'],
    ['a\n  {{- if true }}\n  b\n  {{- end }}', 'a\n  b'],
    // Literals.
    ['{{ "a\\t\\"b\\" \\u00e9 }}" }}{{ `raw \\n "x"` }}', 'a\t"b" é }}raw \\n "x"'],
    ['{{ 42 }} {{ -1.5 }} {{ 0x1F }} {{ 1_000 }} {{ true }}', '42 -1.5 31 1000 true'],
    // Pipelines.
    ['{{ printf "%s-%s" namespace target }}', 'test-app'],
    ['{{ target | printf "%s-%s" namespace }}', 'test-app'],
    ['{{ printf "%q" (printf "%s" name) | len }}', '9'],
    [
      '{{ printf "%d|%5d|%-5d|%05d|%+d|%.2f|%v|%t|%x|%%" 1 2 3 4 5 1.005 "v" true 255 }}',
      '1|    2|3    |00004|+5|1.00|v|true|ff|%',
    ],
    ['{{ print name 1 2 "x" }}', 'podinfo1 2x'],
    ['{{ urlquery "a b&c" }}', 'a+b%26c'],
    // Decisions.
    ['{{ if eq namespace "test" }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if eq namespace "a" "test" }}yes{{ end }}', 'yes'],
    ['{{ if ne target "app" }}a{{ else if gt (len target) 2 }}b{{ else }}c{{ end }}', 'b'],
    ['{{ if lt 1 2 }}a{{ end }}{{ if le 2 2 }}b{{ end }}{{ if ge 1 2 }}c{{ end }}', 'ab'],
    ['{{ if and (eq name "podinfo") (not false) }}yes{{ end }}', 'yes'],
    ['{{ and "" variables.missing }}{{ or name variables.missing }}', 'podinfo'],
    ['{{ if index variables "missing" }}a{{ else }}b{{ end }}', 'b'],
    ['{{ with index variables "code" }}{{ . }}{{ else }}none{{ end }}', '5..'],
    ['{{ with index variables "x" }}{{ . }}{{ else with name }}{{ . }}{{ end }}', 'podinfo'],
    // Variables and repetition.
    ['{{ $x := target }}{{ $x }}{{ if true }}{{ $x = "b" }}{{ $y := 1 }}{{ end }}{{ $x }}', 'appb'],
    ['{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}', '21'],
    ['{{ range $k, $v := variables }}{{ $k }}="{{ $v }}",{{ end }}', 'code="5..",direction="inbound",'],
    ['{{ range $v := variables }}{{ $v }};{{ end }}', '5..;inbound;'],
    ['{{ range variables }}{{ . }};{{ end }}', '5..;inbound;'],
    ['{{ $f := index variables "code" }}{{ range variables }}{{ $f }}{{ end }}', '5..5..'],
    // As the ready-made template for Skipper builds its selector.
    [
      '{{- $route := printf "kube_%s__%s" namespace ingress }}\nsum(x{r=~"{{ $route }}"})',
      '\nsum(x{r=~"kube_test__ing"})',
    ],
  ])('%s is %s [integrations-24]', (template, expected) => {
    expect(rendered(template)).toEqual({ ok: true, query: expected });
  });

  it('goes to else when there is nothing to range over', () => {
    expect(rendered('{{ range variables }}a{{ else }}b{{ end }}', { variables: {} })).toEqual({ ok: true, query: 'b' });
  });

  it.each([
    ['{{ variables.nope }}', 'map has no entry for key "nope": set are code, direction'],
    ['\n{{ . }}', 'line 2: a query template has no data: use a function like namespace or target'],
    ['{{ .Name }}', 'a query template has no data'],
    ['{{ $ }}', 'a query template has no data'],
    ['{{ name.first }}', 'cannot look up "first" in podinfo'],
    ['{{ name "x" }}', 'function "name" takes no arguments'],
    ['{{ "a" "b" }}', 'only a function can be given arguments'],
    ['{{ variables .direction }}', 'function "variables" takes no arguments'],
    ['{{ eq 1 "1" }}', 'cannot compare 1 with 1: they are of different kinds'],
    ['{{ printf "%d" "x" }}', 'printf "%d": %d does not fit x'],
    ['{{ printf "%s" }}', 'an argument is missing for %s'],
    ['{{ printf "x" 1 }}', '1 arguments too many'],
    ['{{ range name }}{{ end }}', 'cannot range over podinfo'],
  ])('fails on %s [integrations-24]', (template, message) => {
    expect(failure(template)).toContain(message);
    expect(failure(template)).toMatch(/^template execution failed: line \d+: /);
    expect(queryTemplateProblem(template)).toBeUndefined();
  });

  it.each([
    ['{{ env "HOME" }}', 'function "env" not defined'],
    ['{{ constructor }}', 'function "constructor" not defined'],
    ['a\n{{ nope }}', 'line 2: function "nope" not defined'],
    ['{{ $x }}', 'undefined variable "$x"'],
    ['{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}', 'undefined variable "$x"'],
    ['{{ name', 'an action is not closed'],
    ['{{ }}', 'a value is missing'],
    ['{{ name | }}', 'a value is missing'],
    ['{{ (name }}', '")" is missing'],
    ['{{ name ) }}', 'unexpected ")"'],
    ['{{ name ! }}', 'unexpected "!"'],
    ['{{ "a\\z" }}', 'unknown escape "\\z"'],
    ['{{ if true }}', '{{if}} has no {{end}}'],
    ['{{ end }}', 'unexpected {{end}}'],
    ['{{ if true }}{{ else }}{{ else }}{{ end }}', 'has a second {{else}}'],
    ['{{ template "x" }}', '"template" cannot be used in a query'],
    ['{{ if true }}'.repeat(60), 'nested more than 50 deep'],
  ])('refuses %s [integrations-24]', (template, message) => {
    expect(failure(template)).toContain(message);
    expect(failure(template)).toMatch(/^template parsing failed: line \d+: /);
    expect(queryTemplateProblem(template)).toContain(message);
  });

  it('stops a template that grows without end', () => {
    const doubling = '{{ $x := "0123456789" }}' + '{{ $x = printf "%s%s" $x $x }}'.repeat(20) + '{{ $x }}';
    expect(failure(doubling)).toContain('longer than');
    const long = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 'v']));
    const nested =
      '{{ range variables }}{{ range variables }}{{ end }}{{ range variables }}{{ $x := 1 }}{{ end }}{{ end }}';
    expect(rendered(nested.replaceAll('range variables', 'range $v := variables'), { variables: long })).toMatchObject({
      ok: false,
      message: expect.stringContaining('steps'),
    });
  });

  it('answers any text with a query or a reason', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{{- ',
      ' -}}',
      'name',
      'variables',
      '.x',
      '$x',
      ':=',
      '|',
      '(',
      ')',
      '"s"',
      'if',
      'range',
      'else',
      'end',
      ' ',
      '/*',
      '*/',
      '`',
      '1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const result = rendered(pieces.join(' '));
        expect(result.ok || /^template (parsing|execution) failed: line/.test(result.message)).toBe(true);
      }),
    );
  });
});
