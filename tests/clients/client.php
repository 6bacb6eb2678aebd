<?php
// Drives PHP's mysqli or PDO by the lines that README.md explains. Usage: php client.php mysqli|pdo HOST PORT

[, $kind, $host, $port] = $argv;
$connections = [];
$ids = [];

function show(mixed $value): string
{
    if (is_string($value)) {
        $value = preg_match('//u', $value) ? $value : '0x' . bin2hex($value);
        return 'string ' . json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
    }
    return gettype($value) . ' ' . json_encode($value);
}

function table(array $names, array $rows): string
{
    $lines = array_map(fn ($row) => '(' . implode(', ', array_map('show', $row)) . ')', $rows);
    return 'rows ' . implode('|', $names) . ': ' . implode(' ', $lines);
}

final class Mysqli_
{
    public mysqli $link;

    public function __construct(string $host, int $port, string $user, string $password, string $database)
    {
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        $this->link = new mysqli($host, $user, $password, $database, $port);
    }

    private function result(mysqli_result|bool $result): string
    {
        if ($result instanceof mysqli_result) {
            return table(array_column($result->fetch_fields(), 'name'), $result->fetch_all(MYSQLI_NUM));
        }
        return "ok affected={$this->link->affected_rows} insert_id={$this->link->insert_id}"
            . " warnings={$this->link->warning_count} info=" . json_encode($this->link->info);
    }

    public function query(string $sql): string
    {
        return $this->result($this->link->query($sql));
    }

    public function multi(string $sql): string
    {
        $this->link->multi_query($sql);
        $all = [];
        do {
            $result = $this->link->store_result();
            $all[] = $this->result($result);
        } while ($this->link->more_results() && $this->link->next_result());
        return implode(' ; ', $all);
    }

    public function multi_fails(string $sql): string
    {
        return $this->multi($sql);
    }

    public function prepare(string $sql, string ...$values): string
    {
        $statement = $this->link->prepare($sql);
        $statement->execute($values);
        $result = $statement->get_result();
        return $result ? $this->result($result) : "ok affected={$statement->affected_rows}";
    }

    public function param(string $sql, string ...$values): string
    {
        return $this->prepare($sql, ...$values);
    }

    public function use(string $database): string
    {
        $this->link->select_db($database);
        return 'ok';
    }

    public function change_user(string $user, string $password, string $database): string
    {
        $this->link->change_user($user, $password, $database);
        return 'ok';
    }

    public function ping(): string
    {
        return $this->link->ping() ? 'ok' : 'no';
    }

    public function statistics(): string
    {
        return 'text ' . preg_replace('/[0-9.]+/', 'N', $this->link->stat());
    }

    public function escape(string $text): string
    {
        return show($this->link->real_escape_string($text));
    }

    public function charset(string $name): string
    {
        $this->link->set_charset($name);
        return 'text ' . $this->link->character_set_name();
    }

    public function begin(): string
    {
        $this->link->begin_transaction();
        return 'ok';
    }

    public function commit(): string
    {
        $this->link->commit();
        return 'ok';
    }

    public function rollback(): string
    {
        $this->link->rollback();
        return 'ok';
    }

    public function autocommit(string $on): string
    {
        $this->link->autocommit($on === '1');
        return 'ok';
    }

    public function server(): string
    {
        return "text {$this->link->server_version} protocol {$this->link->protocol_version}";
    }

    public function quit(): string
    {
        $this->link->close();
        return 'ok';
    }
}

final class Pdo_
{
    private ?PDO $link;

    public function __construct(string $host, int $port, string $user, string $password, string $database)
    {
        $name = "mysql:host=$host;port=$port;charset=utf8mb4" . ($database === '' ? '' : ";dbname=$database");
        $this->link = new PDO($name, $user, $password, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    }

    private function result(PDOStatement $statement): string
    {
        if (!$statement->columnCount()) {
            return "ok affected={$statement->rowCount()} insert_id={$this->link->lastInsertId()}";
        }
        $names = [];
        for ($index = 0; $index < $statement->columnCount(); $index++) {
            $meta = $statement->getColumnMeta($index);
            $names[] = $meta['name'] . '/' . ($meta['native_type'] ?? '?') . '/' . implode('+', $meta['flags']);
        }
        return table($names, $statement->fetchAll(PDO::FETCH_NUM));
    }

    public function query(string $sql): string
    {
        return $this->result($this->link->query($sql));
    }

    public function multi(string $sql): string
    {
        $statement = $this->link->query($sql);
        $all = [];
        do {
            $all[] = $this->result($statement);
        } while ($statement->nextRowset());
        return implode(' ; ', $all);
    }

    public function multi_fails(string $sql): string
    {
        return $this->multi($sql);
    }

    private function execute(bool $emulated, string $sql, array $values): string
    {
        $this->link->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulated);
        $statement = $this->link->prepare($sql);
        $statement->execute($values);
        return $this->result($statement);
    }

    public function prepare(string $sql, string ...$values): string
    {
        return $this->execute(false, $sql, $values);
    }

    public function param(string $sql, string ...$values): string
    {
        return $this->execute(true, $sql, $values);
    }

    public function begin(): string
    {
        return $this->link->beginTransaction() ? 'ok ' . json_encode($this->link->inTransaction()) : 'no';
    }

    public function commit(): string
    {
        return $this->link->commit() ? 'ok ' . json_encode($this->link->inTransaction()) : 'no';
    }

    public function rollback(): string
    {
        return $this->link->rollBack() ? 'ok ' . json_encode($this->link->inTransaction()) : 'no';
    }

    public function statistics(): string
    {
        return 'text ' . preg_replace('/[0-9.]+/', 'N', $this->link->getAttribute(PDO::ATTR_SERVER_INFO));
    }

    public function autocommit(string $on): string
    {
        $this->link->setAttribute(PDO::ATTR_AUTOCOMMIT, $on === '1');
        return 'ok';
    }

    public function escape(string $text): string
    {
        return show($this->link->quote($text));
    }

    public function quit(): string
    {
        $this->link = null;
        return 'ok';
    }
}

fwrite(STDOUT, 'PHP ' . PHP_VERSION . " $kind\n");
while (($line = fgets(STDIN)) !== false) {
    [$name, $verb, ] = $words = explode("\t", rtrim($line, "\n"));
    $words = preg_replace_callback('/\{(\w+)\}/', fn ($found) => $ids[$found[1]] ?? $found[0], array_slice($words, 2));
    try {
        if ($verb === 'connect') {
            unset($connections[$name]);
            $class = $kind === 'pdo' ? 'Pdo_' : 'Mysqli_';
            $connections[$name] = new $class($host, (int) $port, ...$words);
            preg_match('/(\d+)"?\)$/', $connections[$name]->query('SELECT CONNECTION_ID()'), $found);
            $ids[$name] = $found[1];
            $answer = 'ok';
        } elseif (!method_exists($connections[$name], $verb)) {
            $answer = 'unsupported';
        } else {
            $answer = $connections[$name]->$verb(...$words);
        }
    } catch (PDOException $error) {
        $info = $error->errorInfo ?? ['?', $error->getCode(), $error->getMessage()];
        $answer = "error {$info[1]} {$info[0]} {$info[2]}";
    } catch (mysqli_sql_exception $error) {
        $answer = "error {$error->getCode()} {$error->getSqlState()} {$error->getMessage()}";
    } catch (Error $error) {
        $answer = 'refused by the client: ' . $error->getMessage();
    }
    fwrite(STDOUT, str_replace(["\n", "\r"], ['\n', '\r'], $answer) . "\n");
}
