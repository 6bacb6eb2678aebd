// Drives mysql2, mariadb or mysql by the lines that README.md explains. Usage: node client.js mysql2|mariadb|mysql HOST PORT
'use strict';
const fs = require('fs');
const readline = require('readline');

const [kind, host, port] = process.argv.slice(2);
const library = require(kind === 'mysql2' ? 'mysql2/promise' : kind);
const connections = {};
const ids = {};

function show(value) {
  if (value === null) return 'null';
  if (Buffer.isBuffer(value)) return '0x' + value.toString('hex');
  if (value instanceof Date) return 'date ' + (isNaN(value) ? 'invalid' : value.toISOString());
  if (typeof value === 'bigint') return `bigint ${value}`;
  return `${typeof value} ${JSON.stringify(value)}`;
}

function isHeader(result) {
  return result !== null && typeof result === 'object' && !Array.isArray(result) && 'affectedRows' in result;
}

function one(result, fields) {
  if (isHeader(result)) {
    const rest = result.serverStatus === undefined ? '' : ` status=${result.serverStatus}`;
    return `ok affected=${result.affectedRows} insert_id=${result.insertId} warnings=${
      result.warningStatus ?? result.warningCount ?? 0}${rest} info=${JSON.stringify(result.info ?? result.message ?? '')}`;
  }
  const names = fields.map((field) => `${typeof field.name === 'function' ? field.name() : field.name}/${
    field.columnType ?? field.type}`);
  const rows = result.map((row) => '(' + fields.map((_, index) => show(row[index])).join(', ') + ')');
  return `rows ${names.join('|')}: ${rows.join(' ')}`;
}

// mysql of old knows callbacks alone, and rows as objects alone.
class Callbacks {
  constructor(link) { this.link = link; }

  static open(options) {
    const link = library.createConnection(options);
    link.on('error', () => {});
    return new Promise((resolve, reject) => link.connect((error) => (error ? reject(error) : resolve(new Callbacks(link)))));
  }

  query(sql, values) {
    return new Promise((resolve, reject) => this.link.query(sql, values, (error, rows, fields) => {
      if (error) return reject(error);
      const several = Array.isArray(fields) && fields.length > 0 && (fields[0] === undefined || Array.isArray(fields[0]));
      const line = (found, columns) => (isHeader(found) ? found : found.map((row) => columns.map((column) => row[column.name])));
      if (several || (Array.isArray(rows) && rows.some(isHeader))) {
        return resolve([rows.map((each, index) => line(each, fields[index])), fields]);
      }
      resolve([line(rows, fields), fields]);
    }));
  }

  act(name, ...rest) {
    return new Promise((resolve, reject) => this.link[name](...rest, (error) => (error ? reject(error) : resolve())));
  }

  ping() { return this.act('ping'); }
  changeUser(options) { return this.act('changeUser', options); }
  beginTransaction() { return this.act('beginTransaction'); }
  commit() { return this.act('commit'); }
  rollback() { return this.act('rollback'); }
  end() { return this.act('end'); }
}

// What a way to connect adds; undefined where the client has none for it.
function way(name) {
  const ca = fs.readFileSync(process.env.STOCK_CA);
  if (name === 'socket') return { host: undefined, port: undefined, socketPath: process.env.STOCK_SOCKET };
  if (name === 'compress') return kind === 'mysql' ? undefined : { compress: true };
  if (name === 'tls') return { ssl: { rejectUnauthorized: false } };
  return name === 'tls_ca' ? { ssl: { ca } } : {};
}

function options(extra, user, password, database) {
  const place = { host, port: Number(port), ...extra };
  // Of its own accord mariadb gives a busy machine one second.
  const patience = { multipleStatements: true, connectTimeout: 30000 };
  const common = { ...place, ...patience, user, password, database: database || undefined };
  if (kind === 'mysql2') return { ...common, rowsAsArray: true, timezone: 'Z', charset: 'utf8mb4' };
  if (kind === 'mariadb') return { ...common, rowsAsArray: true, timezone: 'Z', metaAsArray: true, allowPublicKeyRetrieval: true };
  return { ...common, timezone: 'Z', charset: 'utf8mb4' };
}

async function open(extra, words) {
  if (kind === 'mysql') return Callbacks.open(options(extra, ...words));
  const link = await library.createConnection(options(extra, ...words));
  link.on('error', () => {});
  return link;
}

async function query(link, method, sql, values) {
  const answer = await link[method](sql, values);
  if (isHeader(answer)) return one(answer);
  const [rows, fields] = answer;
  if (isHeader(rows)) {
    if (kind === 'mariadb') return answer.map((each) => (isHeader(each) ? one(each) : one(each[0], each[1]))).join(' ; ');
    if (!Array.isArray(fields)) return one(rows);
  }
  const several = kind === 'mariadb'
    ? !(fields && fields.length > 0 && fields[0] && fields[0].collation)
    : Array.isArray(fields) && (fields[0] === undefined || Array.isArray(fields[0]));
  if (!several) return one(rows, fields);
  if (kind === 'mariadb') return answer.map((each) => (isHeader(each) ? one(each) : one(each[0], each[1]))).join(' ; ');
  return rows.map((each, index) => one(each, fields[index])).join(' ; ');
}

// What a word like i:5 means.
function typed(word) {
  const text = word.slice(2);
  const made = {
    i: () => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
    f: () => Number(text),
    s: () => text,
    n: () => null,
    B: () => text === '1',
    b: () => Buffer.from(text, 'hex'),
    D: () => text,
    d: () => new Date(`${text}T00:00:00Z`),
    t: () => new Date(`${text}Z`),
    T: () => text,
  };
  return made[word[0]]();
}

const verbs = {
  typed: (link, sql, ...values) => query(link, 'query', sql, values.map(typed)),
  bound: (link, sql, ...values) => (link.execute ? query(link, 'execute', sql, values.map(typed)) : 'unsupported'),
  query: (link, sql) => query(link, 'query', sql),
  multi: (link, sql) => query(link, 'query', sql),
  multi_fails: (link, sql) => query(link, 'query', sql),
  param: (link, sql, ...values) => query(link, 'query', sql, values),
  prepare: (link, sql, ...values) => (link.execute ? query(link, 'execute', sql, values) : 'unsupported'),
  ping: async (link) => { await link.ping(); return 'ok'; },
  reset: async (link) => { if (!link.reset) return 'unsupported'; await link.reset(); return 'ok'; },
  change_user: async (link, user, password, database) => {
    await link.changeUser({ user, password, database });
    return 'ok';
  },
  begin: async (link) => { await link.beginTransaction(); return 'ok'; },
  commit: async (link) => { await link.commit(); return 'ok'; },
  rollback: async (link) => { await link.rollback(); return 'ok'; },
  quit: async (link) => { await link.end(); return 'ok'; },
};

async function answer(line) {
  const [name, verb, ...rest] = line.split('\t');
  const words = rest.map((word) => word.replace(/\{(\w+)\}/g, (whole, id) => ids[id] ?? whole));
  try {
    if (verb === 'connect' || verb === 'connect_with') {
      const extra = way(verb === 'connect' ? 'plain' : words.shift());
      if (extra === undefined) return 'unsupported';
      connections[name] = await open(extra, words);
      const found = await connections[name].query('SELECT CONNECTION_ID()');
      ids[name] = String(found[0][0]);
      return 'ok';
    }
    if (!verbs[verb]) return 'unsupported';
    return await verbs[verb](connections[name], ...words);
  } catch (error) {
    const text = error.sqlMessage ?? error.message;
    return `error ${error.errno ?? '-'} ${error.sqlState ?? '-'} ${error.code ?? '-'} ${text}`;
  }
}

(async () => {
  console.log(`Node ${process.version} ${kind}`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log((await answer(line)).replace(/\n/g, '\\n').replace(/\r/g, '\\r'));
  }
  process.exit(0);
})();
