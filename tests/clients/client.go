// Drives go-sql-driver/mysql by the lines that README.md explains. Usage: client mysql HOST PORT
package main

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
)

type link struct {
	pool *sql.DB
	conn *sql.Conn
}

var (
	links     = map[string]*link{}
	ids       = map[string]string{}
	reference = regexp.MustCompile(`\{(\w+)\}`)
	everybody = context.Background()
)

func show(value interface{}) string {
	switch typed := value.(type) {
	case nil:
		return "nil"
	case []byte:
		if utf8.Valid(typed) {
			return fmt.Sprintf("bytes %q", string(typed))
		}
		return fmt.Sprintf("0x%x", typed)
	case time.Time:
		return "time " + typed.Format("2006-01-02 15:04:05.999999")
	}
	return fmt.Sprintf("%T %v", value, value)
}

func table(rows *sql.Rows) (string, error) {
	defer rows.Close()
	var all []string
	for {
		names, err := rows.Columns()
		if err != nil {
			return "", err
		}
		types, err := rows.ColumnTypes()
		if err != nil {
			return "", err
		}
		for index, each := range types {
			nullable, _ := each.Nullable()
			names[index] += fmt.Sprintf("/%s/%v", each.DatabaseTypeName(), nullable)
		}
		var lines []string
		for rows.Next() {
			values := make([]interface{}, len(names))
			places := make([]interface{}, len(names))
			for index := range values {
				places[index] = &values[index]
			}
			if err := rows.Scan(places...); err != nil {
				return "", err
			}
			shown := make([]string, len(values))
			for index, value := range values {
				shown[index] = show(value)
			}
			lines = append(lines, "("+strings.Join(shown, ", ")+")")
		}
		if err := rows.Err(); err != nil {
			return "", err
		}
		all = append(all, "rows "+strings.Join(names, "|")+": "+strings.Join(lines, " "))
		if !rows.NextResultSet() {
			break
		}
	}
	return strings.Join(all, " ; "), rows.Err()
}

func run(conn *sql.Conn, statement string, values ...interface{}) (string, error) {
	first := strings.ToUpper(strings.SplitN(strings.TrimSpace(statement), " ", 2)[0])
	if first == "SELECT" || first == "SHOW" || first == "VALUES" {
		rows, err := conn.QueryContext(everybody, statement, values...)
		if err != nil {
			return "", err
		}
		return table(rows)
	}
	result, err := conn.ExecContext(everybody, statement, values...)
	if err != nil {
		return "", err
	}
	affected, _ := result.RowsAffected()
	inserted, _ := result.LastInsertId()
	return fmt.Sprintf("ok affected=%d insert_id=%d", affected, inserted), nil
}

func arguments(words []string) []interface{} {
	values := make([]interface{}, len(words))
	for index, word := range words {
		values[index] = word
	}
	return values
}

func connect(name string, words []string) (string, error) {
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", os.Args[2]+":"+os.Args[3]
	config.User, config.Passwd, config.DBName = words[0], words[1], words[2]
	config.MultiStatements, config.ParseTime = true, true
	pool, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return "", err
	}
	conn, err := pool.Conn(everybody)
	if err != nil {
		pool.Close()
		return "", err
	}
	links[name] = &link{pool, conn}
	var id string
	if err := conn.QueryRowContext(everybody, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		return "", err
	}
	ids[name] = id
	return "ok", nil
}

func do(name, verb string, words []string) (string, error) {
	if verb == "connect" {
		return connect(name, words)
	}
	open := links[name]
	switch verb {
	case "query", "multi":
		return run(open.conn, words[0])
	case "param":
		return run(open.conn, words[0], arguments(words[1:])...)
	case "prepare":
		statement, err := open.conn.PrepareContext(everybody, words[0])
		if err != nil {
			return "", err
		}
		defer statement.Close()
		rows, err := statement.QueryContext(everybody, arguments(words[1:])...)
		if err != nil {
			return "", err
		}
		return table(rows)
	case "ping":
		return "ok", open.conn.PingContext(everybody)
	case "reset":
		return "ok", open.conn.Raw(func(raw interface{}) error {
			return raw.(driver.SessionResetter).ResetSession(everybody)
		})
	case "quit":
		if err := open.conn.Close(); err != nil {
			return "", err
		}
		return "ok", open.pool.Close()
	}
	return "unsupported", nil
}

func main() {
	mysql.SetLogger(silence{})
	fmt.Println(runtime.Version(), "go-sql-driver/mysql")
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 18<<20)
	for lines.Scan() {
		words := strings.Split(lines.Text(), "\t")
		for index := range words {
			words[index] = reference.ReplaceAllStringFunc(words[index], func(found string) string {
				if id, known := ids[found[1:len(found)-1]]; known {
					return id
				}
				return found
			})
		}
		answer, err := do(words[0], words[1], words[2:])
		var refused *mysql.MySQLError
		if errors.As(err, &refused) {
			answer = fmt.Sprintf("error %d - %s", refused.Number, refused.Message)
		} else if err != nil {
			answer = "error - - " + err.Error()
		}
		fmt.Println(strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(answer))
	}
}

type silence struct{}

func (silence) Print(_ ...interface{}) {}
