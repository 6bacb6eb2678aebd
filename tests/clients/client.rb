# Drives Ruby's mysql2 by the lines that README.md explains. Usage: ruby client.rb mysql2 HOST PORT
require 'mysql2'
require 'bigdecimal'

_, host, port = ARGV
connections = {}
ids = {}
$stdout.sync = true
$stdin.set_encoding('UTF-8')

def show(value)
  case value
  when String then value.encoding == Encoding::BINARY ? "0x#{value.unpack1('H*')}" : value.inspect
  when BigDecimal then "decimal #{value.to_s('F')}"
  when Time then "time #{value.strftime('%F %T.%6N')}"
  else "#{value.class} #{value.inspect}"
  end
end

def result(client, found, affected = nil)
  return "ok affected=#{affected || client.affected_rows} insert_id=#{client.last_id}" if found.nil?

  rows = found.map { |row| "(#{row.map { |value| show(value) }.join(', ')})" }
  types = found.respond_to?(:field_types) ? found.field_types : []
  "rows #{found.fields.zip(types).map { |pair| pair.compact.join('/') }.join('|')}: #{rows.join(' ')}"
end

VERBS = {
  'query' => ->(client, sql) { result(client, client.query(sql)) },
  'param' => ->(client, sql, *values) { result(client, client.prepare(sql).execute(*values, as: :array)) },
  'prepare' => ->(client, sql, *values) { result(client, client.prepare(sql).execute(*values, as: :array)) },
  'multi' => lambda do |client, sql|
    all = [result(client, client.query(sql))]
    while client.next_result
      all << result(client, client.store_result)
    end
    all.join(' ; ')
  end,
  'multi_fails' => ->(client, sql) { VERBS['multi'].call(client, sql) },
  'ping' => ->(client) { client.ping ? 'ok' : 'no' },
  'use' => ->(client, database) { client.select_db(database) && 'ok' },
  'escape' => ->(client, text) { client.escape(text).inspect },
  'server' => ->(client) { "text #{client.server_info[:id]}" },
  'option' => ->(client, on) { client.set_server_option(on == '1' ? 0 : 1) ? 'ok' : 'no' },
  'quit' => ->(client) { client.close || 'ok' }
}.freeze

puts "Ruby #{RUBY_VERSION} mysql2 #{Mysql2::VERSION}"
while (line = $stdin.gets)
  name, verb, *words = line.chomp.split("\t", -1)
  words.map! { |word| word.gsub(/\{(\w+)\}/) { ids.fetch(Regexp.last_match(1), Regexp.last_match(0)).to_s } }
  begin
    if verb == 'connect'
      user, password, database = words
      options = { host: host, port: Integer(port), username: user, password: password, encoding: 'utf8mb4',
                  flags: Mysql2::Client::MULTI_STATEMENTS, as: :array, database_timezone: :utc }
      options[:database] = database unless database.empty?
      connections[name] = Mysql2::Client.new(options)
      ids[name] = connections[name].thread_id
      answer = 'ok'
    elsif !VERBS.key?(verb)
      answer = 'unsupported'
    else
      answer = VERBS[verb].call(connections[name], *words)
    end
  rescue Mysql2::Error => e
    answer = "error #{e.errno} #{e.sql_state} #{e.message}"
  end
  puts answer.encode('UTF-8', invalid: :replace, undef: :replace).gsub("\n", '\\n').gsub("\r", '\\r')
end
